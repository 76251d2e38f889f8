"""The table of the peers: a row for each server, beside each other what they reach.

What has no place in it, the ratios with what is wanted of them, follows a row a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bench.peers.known import keeps
from bench.peers.measure import DELIVERIES, FIFTY, MEMORY, ONE, PACED
from bench.report import number, percent, rows
from bench.rounds import Figure

CELLS = {
    f"{ONE.title}, {DELIVERIES}": "deliveries/s",
    f"{ONE.title}, processor": "processor a delivery, µs",
    f"{FIFTY.title}, {DELIVERIES}": "50 lines a request: deliveries/s",
    f"{PACED.title}, p50": "append to receipt: p50, ms",
    f"{PACED.title}, p99": "p99, ms",
    MEMORY: "memory a watcher, KB",
}
"""The titles of the figures that the table is made of, and the heads of their columns."""

BUSY = ("server's core busy", "load's core busy")
"""In the runs of the first of these figures."""

LEFT_OUT = (", lines a read", ", p95", f"{FIFTY.title}, processor")
"""What is in the JSON only."""

Cells = Mapping[str, Figure]


def table(figures: Iterable[Figure]) -> str:
    servers: dict[str, dict[str, Figure]] = {}
    others = []
    for figure in figures:
        title, _, server = figure.name.rpartition(": ")
        is_cell = title in CELLS and " to " not in server
        if is_cell:
            servers.setdefault(server, {})[title] = figure
        if figure.want or not (is_cell or title.endswith(LEFT_OUT)):
            others.append(figure)
    heads = ["server", "keeps", *CELLS.values(), *BUSY]
    head = f"| {' | '.join(heads)} |"
    line = f"|---|---|{'--:|' * (len(heads) - 2)}"
    lines = [_server(name, cells) for name, cells in servers.items()]
    return "\n".join([head, line, *lines, "", rows(others)])


def _server(name: str, cells: Cells) -> str:
    first = cells.get(next(iter(CELLS)))
    if first is not None and first.missing:
        return f"| {name} | {keeps(name)} | missing: {first.missing} |{' |' * (len(CELLS) + 1)}"
    found = [_cell(cells.get(title)) for title in CELLS]
    if first is not None:
        found += [percent(first.server_cpu), percent(first.load_cpu)]
    return f"| {name} | {keeps(name)} | {' | '.join(found)} |"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return figure.missing if figure.median is None else number(figure.median)
