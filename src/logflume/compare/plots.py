"""Plots as SVG, to stand in a page: bars, and the curves of how latency is spread.

Colours are the page's, by class; every bar and curve says in words what it is, so that nothing
depends on telling colours apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from logflume.compare.table import text_of

WIDTH = 560
"""Of every plot, in its own units; the page stretches it."""

LABEL_WIDTH = 120
VALUE_WIDTH = 100
BAR_HEIGHT, BAR_GAP = 18, 10

CURVE_HEIGHT = 220
CURVE_FOOT = 40
"""Below the curves, for what the axis says."""

LEAST_MS = 0.1
"""Where the axis of latencies begins at the earliest: less is not told apart on a network."""

LABEL_ROOM = 14
"""Between two labels of curves, so that they do not lie on each other."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: of which pattern it is, how long, and how much of it is drawn dark."""

    pattern: str
    label: str
    value: float | None
    part: float = 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """One curve: points of percent and milliseconds."""

    pattern: str
    label: str
    points: Sequence[tuple[float, float]]


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Bars, one below the other, each with its value."""
    longest = max((row.value or 0 for row in rows), default=0) or 1
    scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest
    height = len(rows) * (BAR_HEIGHT + BAR_GAP)
    drawn = [_bar(row, at * (BAR_HEIGHT + BAR_GAP), scale) for at, row in enumerate(rows)]
    return _figure(title, height, drawn)


def _bar(row: Bar, y: float, scale: float) -> str:
    middle = y + BAR_HEIGHT / 2
    length = max((row.value or 0) * scale, 1 if row.value else 0)
    part = row.part * scale
    return (
        f'<text x="{LABEL_WIDTH - 8}" y="{middle}" class="name">{escape(row.label)}</text>'
        f'<rect class="{row.pattern}" x="{LABEL_WIDTH}" y="{y}" width="{length:.1f}" '
        f'height="{BAR_HEIGHT}" rx="2"/>'
        + (
            f'<rect class="part" x="{LABEL_WIDTH}" y="{y}" width="{part:.1f}" '
            f'height="{BAR_HEIGHT}" rx="2"/>'
            if part
            else ""
        )
        + f'<text x="{LABEL_WIDTH + length + 6:.1f}" y="{middle}">{text_of(row.value)}</text>'
    )


def curves(title: str, rows: Sequence[Curve]) -> str:
    """What share of the lines had arrived after how many milliseconds, the latter by powers of
    ten."""
    values = [ms for row in rows for _, ms in row.points]
    first = math.floor(math.log10(max(min(values), LEAST_MS)))
    last = max(math.ceil(math.log10(max(*values, LEAST_MS))), first + 1)
    width = WIDTH - LABEL_WIDTH

    def x(ms: float) -> float:
        return width * (math.log10(max(ms, 10.0**first)) - first) / (last - first)

    def y(percent: float) -> float:
        return CURVE_HEIGHT * (1 - percent / 100)

    drawn = [_grid(x(10.0**power), 10.0**power) for power in range(first, last + 1)]
    drawn += [
        f'<text x="4" y="{y(percent) + 10:.1f}" class="tick">{percent} %</text>'
        f'<path class="grid" d="M0 {y(percent):.1f}H{width}"/>'
        for percent in (50, 95)
    ]
    taken: list[float] = []
    for row in rows:
        places = [f"{x(ms):.1f} {y(percent):.1f}" for percent, ms in row.points]
        drawn.append(f'<path class="curve {row.pattern}" d="M{"L".join(places)}"/>')
        middle = dict(row.points)[50]
        at = _free(CURVE_HEIGHT * 0.25 + LABEL_ROOM, taken)
        drawn.append(
            f'<rect class="{row.pattern}" x="{width + 10}" y="{at - 5:.1f}" width="10" height="10" '
            f'rx="2"/><text x="{width + 26}" y="{at:.1f}">{escape(row.label)}</text>'
            f"<title>{escape(row.label)}: {text_of(middle)} ms</title>"
        )
    return _figure(title, CURVE_HEIGHT + CURVE_FOOT, drawn)


def _free(wanted: float, taken: list[float]) -> float:
    """The next height at which no label stands yet."""
    while wanted in taken:
        wanted += LABEL_ROOM + 4
    taken.append(wanted)
    return wanted


def _grid(x: float, ms: float) -> str:
    anchor = "start" if x < 1 else "middle"
    return (
        f'<path class="grid" d="M{x:.1f} 0V{CURVE_HEIGHT}"/>'
        f'<text x="{x:.1f}" y="{CURVE_HEIGHT + 14}" class="tick" text-anchor="{anchor}">'
        f"{ms:g} ms</text>"
    )


def _figure(title: str, height: float, drawn: Sequence[str]) -> str:
    name = escape(title)
    return (
        f"<figure><figcaption>{name}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}">'
        f"{''.join(drawn)}</svg></figure>"
    )


__all__ = ["Bar", "Curve", "bars", "curves"]
