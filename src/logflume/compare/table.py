"""The figures as text: a row a measure, a column a pattern."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from logflume.compare.figures import Comparison, Figures

GAP = 2
"""Characters between two columns."""

NOTHING = "–"
"""What does not apply, or could not be measured."""

Cell = Callable[[Figures], float | str | None]


def _latency(name: str) -> Cell:
    return lambda one: getattr(one.deliveries.latency_ms, name, None)


ROWS: tuple[tuple[str, Cell], ...] = (
    ("requests a line", lambda one: one.deliveries.requests_a_line),
    ("bytes a line", lambda one: one.deliveries.bytes_a_line),
    ("  the record's own", lambda one: one.deliveries.record_bytes_a_line),
    ("latency p50, ms", _latency("p50")),
    ("latency p95, ms", _latency("p95")),
    ("latency p99, ms", _latency("p99")),
    ("server CPU a line, µs", lambda one: one.deliveries.server_cpu_us),
    ("memory a watcher, KB", lambda one: one.memory_bytes and one.memory_bytes / 1000),
    ("cut: lines repeated", lambda one: str(one.cut.repeated)),
    ("cut: lines lost", lambda one: str(one.cut.lost)),
    ("cut: caught up in, s", lambda one: one.cut.caught_up_seconds),
    ("buffering proxy", lambda one: one.behind.verdict),
)


def cells(comparison: Comparison) -> list[list[str]]:
    """The table's rows as text, the heads of the columns first."""
    heads = ["", *(one.pattern for one in comparison.figures)]
    rows = [[name, *(text_of(cell(one)) for one in comparison.figures)] for name, cell in ROWS]
    return [heads, *rows]


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """For people at a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = " " * GAP
    return "\n".join(
        gap.join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    )


def separated(rows: Sequence[Sequence[str]]) -> str:
    """For programs: tabs between columns."""
    return "\n".join("\t".join(cell.strip() for cell in row) for row in rows)


def text_of(value: float | str | None) -> str:
    """Three digits that count, or all before the point."""
    if value is None or isinstance(value, str):
        return value or NOTHING
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


__all__ = ["aligned", "cells", "separated", "text_of"]
