"""The list of deployments as a table for the terminal it is shown in.

Ids are long and must be whole to be of use, so a narrow terminal shows fewer columns rather than
all of them cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from logflume.cli.escapes import plain
from logflume.client.records import Deployment

COLOURS = {"succeeded": "green", "failed": "red", "cancelled": "yellow", "running": "cyan"}

GAP = 2
"""Characters between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a deployment: how much room it wants, and how dear it is (0 the dearest)."""

    name: str
    width: int
    rank: int
    whole: bool = False


COLUMNS = (
    Column("status", 9, 0, whole=True),
    Column("created", 16, 4, whole=True),
    Column("project", 10, 2),
    Column("environment", 11, 5),
    Column("title", 12, 3),
    Column("ref", 8, 7),
    Column("lines", 7, 6, whole=True),
    Column("id", 41, 1, whole=True),
)


def print_table(deployments: list[Deployment]) -> None:
    """Print the table to the terminal that stdout is."""
    console = Console(highlight=False)
    columns = fitting(console.width)
    rows = [[_cell(deployment, column.name) for column in columns] for deployment in deployments]
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for column, width in zip(columns, _widths(columns, rows, console.width), strict=True):
        justify: JustifyMethod = "right" if column.name == "lines" else "left"
        name = column.name.upper()
        table.add_column(name, width=width, no_wrap=True, overflow="ellipsis", justify=justify)
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _widths(columns: list[Column], rows: list[list[Text]], room: int) -> list[int]:
    """A width for each column: what it needs, or a fair share of the room that is left."""
    needs = [
        column.width
        if column.whole
        else max([len(column.name), *(row[at].cell_len for row in rows)])
        for at, column in enumerate(columns)
    ]
    widths = dict.fromkeys(range(len(columns)), 0)
    room -= GAP * (len(columns) - 1)
    # Columns that must be whole first, then those that need least.
    for done, at in enumerate(sorted(widths, key=lambda at: (not columns[at].whole, needs[at]))):
        share = room if columns[at].whole else room // (len(columns) - done)
        widths[at] = min(needs[at], max(1, share))
        room -= widths[at]
    return list(widths.values())


def fitting(width: int) -> list[Column]:
    """The dearest columns that have room in `width` characters, in their order."""
    chosen: set[str] = set()
    for column in sorted(COLUMNS, key=lambda column: column.rank):
        width -= column.width + GAP
        if width < -GAP and chosen:
            break
        chosen.add(column.name)
    return [column for column in COLUMNS if column.name in chosen]


def _cell(deployment: Deployment, name: str) -> Text:
    if name == "created":
        local = datetime.fromisoformat(deployment.created_at).astimezone()
        return Text(local.strftime("%Y-%m-%d %H:%M"))
    value = getattr(deployment, name)
    style = COLOURS.get(deployment.status, "") if name == "status" else ""
    return Text("" if value is None else plain(str(value)), style)
