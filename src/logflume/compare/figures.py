"""What a comparison finds out, as values. `None` is what could not be measured here.

A *delivery* is one line at one watcher. Bytes are what goes through the watchers' sockets, in both
directions: heads, bodies, frames; not what TCP and IP add.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from logflume.compare.plan import LABELS

SPREAD_PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99, 100)
"""The points of the curve that the report draws."""


MUCH = 0.6
"""Of a core: from here on what has come waits for its watcher more often than not."""


@dataclass(frozen=True, slots=True)
class Latency:
    """From just before an append is sent to its line's arrival, in milliseconds."""

    p50: float
    p95: float
    p99: float
    spread: Sequence[tuple[float, float]]
    """Points of the distribution: percent of the deliveries, and milliseconds."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What it took to bring every line to every watcher."""

    deliveries: int
    repeated: int
    lost: int
    requests: int
    sent_bytes: int
    received_bytes: int
    record_bytes: int
    """Of these, what the records themselves have, as the history writes them."""
    latency_ms: Latency | None
    server_cpu_us: float | None
    """Processor time of the server for each delivery, its share of the append included."""
    watchers_busy: float
    """The share of a core that measuring itself took: near 1, it is what was measured."""

    @property
    def requests_a_line(self) -> float:
        return self.requests / max(self.deliveries, 1)

    @property
    def bytes_a_line(self) -> float:
        return (self.sent_bytes + self.received_bytes) / max(self.deliveries, 1)

    @property
    def record_bytes_a_line(self) -> float:
        return self.record_bytes / max(self.deliveries, 1)


@dataclass(frozen=True, slots=True)
class Cuts:
    """What connections cost that were cut in the middle of an answer, while the log grew on."""

    cuts: int
    repeated: int
    lost: int
    caught_up_seconds: float | None
    """From the cut until the watcher had every line that was stored by then: the median."""
    slowest_seconds: float | None


@dataclass(frozen=True, slots=True)
class Behind:
    """What came through a proxy that holds answers back: `in_time` while the log was open, the
    rest when it was closed."""

    lines: int
    in_time: int
    arrived: int

    @property
    def verdict(self) -> Literal["in time", "late", "lost"]:
        if self.in_time == self.lines:
            return "in time"
        return "late" if self.arrived == self.lines else "lost"


@dataclass(frozen=True, slots=True)
class Figures:
    """One pattern's."""

    pattern: str
    deliveries: Deliveries
    memory_bytes: float | None
    cut: Cuts
    behind: Behind

    @property
    def label(self) -> str:
        return LABELS[self.pattern]

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        found = self.deliveries
        return {
            "pattern": self.pattern,
            "label": self.label,
            "requests_a_line": found.requests_a_line,
            "bytes_a_line": found.bytes_a_line,
            "record_bytes_a_line": found.record_bytes_a_line,
            "latency_ms": found.latency_ms and asdict(found.latency_ms),
            "server_cpu_us_a_line": found.server_cpu_us,
            "memory_bytes_a_watcher": self.memory_bytes,
            "cut": asdict(self.cut),
            "buffering_proxy": {"verdict": self.behind.verdict, **asdict(self.behind)},
            "watchers_busy": found.watchers_busy,
            "counted": {name: getattr(found, name) for name in _COUNTED},
        }


_COUNTED = (
    *("deliveries", "repeated", "lost", "requests"),
    *("sent_bytes", "received_bytes", "record_bytes"),
)


@dataclass(slots=True)
class Comparison:
    """All that was measured, on what, and what was left out and why."""

    at: str
    machine: Mapping[str, str]
    plan: Mapping[str, Any]
    figures: list[Figures] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def remarks(self) -> list[str]:
        """What whoever reads the figures must know."""
        found = list(self.left_out)
        for one in self.figures:
            counted = one.deliveries
            if counted.lost or counted.repeated:
                found.append(
                    f"{one.label}: {counted.lost} lines were lost and {counted.repeated} repeated "
                    f"although nothing was cut; please report that"
                )
            if counted.watchers_busy > MUCH and counted.latency_ms:
                found.append(
                    f"{one.label}: the watchers took {counted.watchers_busy:.0%} of a core, so its "
                    f"latency is partly their own; fewer --watchers or a lower --rate tell more"
                )
        return found

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "at": self.at,
            "machine": dict(self.machine),
            "plan": dict(self.plan),
            "patterns": [figures.document() for figures in self.figures],
            "remarks": self.remarks(),
        }


def latency_of(seconds: Sequence[float]) -> Latency | None:
    """What these times come to; None of none."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    points = [(float(percent), percentile(ordered, percent)) for percent in SPREAD_PERCENTS]
    spread = [(percent, value * 1000) for percent, value in points]
    at = dict(spread)
    return Latency(at[50], at[95], at[99], spread)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest of the ordered values that at least `percent` of them do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


__all__ = [
    "Behind",
    "Comparison",
    "Cuts",
    "Deliveries",
    "Figures",
    "Latency",
    "latency_of",
    "percentile",
]
