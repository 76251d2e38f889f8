"""Plots of what was measured, as SVG: bars beside their names, in docs/images.

Text and bars have colours for a light page and for a dark one, and no background of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bench.peers.measure import DELIVERIES, LIMIT, MEMORY, ONE, OURS, PACED
from bench.report import number
from bench.rounds import Figure

IMAGES = Path(__file__).parent.parent / "docs" / "images"

WIDTH, NAMES, VALUES = 760, 230, 120
"""Pixels: of the whole, of the names on the left, of the values on the right."""
TOP, ROW, BAR = 58, 30, 18

STYLE = """
text { font: 14px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 16px } .note { font-size: 12px; fill: #57606a }
.other { fill: #8c959f } .limit { fill: #d0d7de } .ours { fill: #0969da } .most { opacity: .45 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #8d96a0 }
  .other { fill: #6e7681 } .limit { fill: #3d444d } .ours { fill: #4493f8 }
}
"""


@dataclass(frozen=True, slots=True)
class Plot:
    file: str
    title: str
    note: str
    figures: Sequence[str]
    """The titles of the figures whose values are a row's bars, one over the other."""


PLOTS = {
    "peers": (
        Plot(
            "bench-deliveries.svg",
            "Deliveries a second, 1,000 watchers, one line a request",
            "server on one core; more is better",
            [f"{ONE.title}, {DELIVERIES}"],
        ),
        Plot(
            "bench-latency.svg",
            "Append to receipt in ms, 1,000 watchers, 50 lines a second",
            "p50, and paler p99; less is better; servers that cannot keep up are left out",
            [f"{PACED.title}, p50", f"{PACED.title}, p99"],
        ),
        Plot(
            "bench-memory.svg",
            "Server's memory a watcher in KB, 10,000 idle",
            "less is better",
            [MEMORY],
        ),
    )
}
"""The plots of each table."""


def draw(table: str, figures: Iterable[Figure], folder: Path = IMAGES) -> list[str]:
    """Write the plots of this table; the files' names. Those without figures stay as they are."""
    found = {figure.name: figure.median for figure in figures if figure.median is not None}
    drawn = []
    for plot in PLOTS.get(table, ()):
        rows = _rows(plot, found)
        if rows:
            (folder / plot.file).write_text(svg(plot.title, plot.note, rows))
            drawn.append(plot.file)
    return drawn


def svg(title: str, note: str, rows: dict[str, list[float]]) -> str:
    """Bars, a row for each name. The last value of a row is its longest bar."""
    height = TOP + ROW * len(rows) + 10
    most = max(max(values) for values in rows.values())
    scale = (WIDTH - NAMES - VALUES) / (most or 1)
    bars = "".join(_bars(place, name, rows[name], scale) for place, name in enumerate(rows))
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
        f'<text class="title" x="8" y="24">{escape(title)}</text>\n'
        f'<text class="note" x="8" y="44">{escape(note)}</text>\n{bars}</svg>\n'
    )


def _rows(plot: Plot, found: dict[str, float]) -> dict[str, list[float]]:
    """By server, in the order of the table; those that have all the values."""
    first = f"{plot.figures[0]}: "
    servers = [name.removeprefix(first) for name in found if name.startswith(first)]
    rows = {}
    for server in servers:
        values = [found.get(f"{title}: {server}") for title in plot.figures]
        if " to " not in server and None not in values:
            rows[server] = [value for value in values if value is not None]
    return rows


def _bars(place: int, name: str, values: list[float], scale: float) -> str:
    top = TOP + place * ROW
    kind = {OURS: "ours", LIMIT: "limit"}.get(name, "other")
    parts = [f'<text x="{NAMES - 10}" y="{top + 14}" text-anchor="end">{escape(name)}</text>']
    for index in reversed(range(len(values))):
        width = max(values[index] * scale, 1)
        paler = " most" if index else ""
        parts.append(
            f'<rect class="{kind}{paler}" x="{NAMES}" y="{top}" width="{width:.1f}"'
            f' height="{BAR}" rx="2"/>'
        )
    end = NAMES + max(values) * scale + 8
    label = " · ".join(number(value) for value in values)
    parts.append(f'<text x="{end:.1f}" y="{top + 14}">{label}</text>')
    return "\n".join(parts) + "\n"
