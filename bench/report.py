"""Figures as a line on the terminal, as JSON, and as the tables in docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from bench.rounds import Figure

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks.md"
Layout = Callable[[Iterable[Figure]], str]
BEGIN, END = "<!-- {}: begin -->\n", "<!-- {}: end -->\n"


@dataclass(slots=True)
class Report:
    machine: Mapping[str, str]
    tables: dict[str, list[Figure]] = field(default_factory=dict)
    layouts: Mapping[str, Layout] = field(default_factory=dict)
    """How a table is set out that is not a row a figure."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def machine_text(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.machine.items())

    def write(self, folder: Path) -> str:
        """Keep it as JSON in `folder`; the file's name."""
        path = folder / f"{self.at:%Y%m%dT%H%M%SZ}.json"
        every = chain.from_iterable(self.tables.values())
        figures = [{**asdict(figure), "median": figure.median} for figure in every]
        content = {"at": self.at.isoformat(), "machine": self.machine, "figures": figures}
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        return f"{path.parent.parent.name}/{path.parent.name}/{path.name}"

    def write_tables(self) -> str:
        """Replace what stands between their marks in docs/benchmarks.md; the file's name."""
        text = DOCS.read_text()
        for name, figures in self.tables.items():
            begin, end = BEGIN.format(name), END.format(name)
            before, _, rest = text.partition(begin)
            layout = self.layouts.get(name, rows)
            text = before + begin + self._markdown(layout(figures)) + end + rest.partition(end)[2]
        DOCS.write_text(text)
        return f"{', '.join(self.tables)} in {DOCS.parent.name}/{DOCS.name}"

    def _markdown(self, table: str) -> str:
        machine = "\n".join(f"- {name}: {value}" for name, value in self.machine.items())
        return f"Measured on {self.at:%Y-%m-%d}.\n\n{machine}\n\n{table}\n"


HEADER = (
    "| measure | unit | median | rounds | want | server that does nothing"
    " | server's core busy | load's core busy |\n|---|---|--:|--:|---|--:|--:|--:|"
)


def rows(figures: Iterable[Figure]) -> str:
    """A table of one row a figure."""
    return "\n".join([HEADER, *(_row(figure) for figure in figures)])


def print_figure(figure: Figure) -> None:
    beside = [f"want {figure.want}"] if figure.want else []
    if figure.nothing is not None:
        beside.append(f"nothing {number(figure.nothing)}")
    if figure.server_cpu is not None:
        beside.append(f"server {percent(figure.server_cpu)}, load {percent(figure.load_cpu)}")
    if figure.median is None:
        value = f"MISSING: {figure.missing}"
    else:
        value = f"{number(figure.median)} {figure.unit} ({_spread(figure)})"
    print(f"  {figure.name}: {value}{''.join(f' · {part}' for part in beside)}", flush=True)


def number(value: float) -> str:
    """Three digits that count, or all before the point."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _row(figure: Figure) -> str:
    nothing = "" if figure.nothing is None else number(figure.nothing)
    cells = [
        figure.name,
        figure.unit,
        "**missing**" if figure.median is None else f"**{number(figure.median)}**",
        _spread(figure),
        figure.want,
        nothing,
        percent(figure.server_cpu),
        percent(figure.load_cpu),
    ]
    return f"| {' | '.join(cells)} |"


def _spread(figure: Figure) -> str:
    if figure.missing:
        return figure.missing
    if len(figure.rounds) == 1:
        return "once"
    return f"{number(min(figure.rounds))}–{number(max(figure.rounds))}"


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
