"""What is to be compared: how many watchers, how many lines how fast, and what the lines say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from logflume.deployments.lines import MAX_LINE_BYTES

LABELS = {
    "history": "request/response",
    "poll": "short polling",
    "long-poll": "long polling",
    "sse": "SSE",
    "websocket": "WebSocket",
}
"""The patterns, by the names they are chosen by, in the order in which they are shown."""

WATCHERS = 50
"""Enough to share an append's cost, few enough for one process to read them all in time."""

LINES = 200
"""Of fewer, the 99th percentile would be a single line's."""

LINES_A_SECOND = 50.0
"""A busy build; with `LINES` it is 4 seconds a pattern, and a minute for all of them."""

SAMPLE = (
    "Resolving dependencies for shop 4.2.0",
    "  Downloading build image, layer 7 of 12: 48.3 MiB at 61.0 MiB/s",
    "\x1b[32m✓\x1b[0m compiled 214 modules in 3.81 s",
    "warning: unused variable `retry` in src/payments/refund.rs:118:9",
    "Running migration 0042_add_index_on_orders_created_at … done (0.412 s)",
    "Health check of shop-7d9c6b5f4-x2x8p: 200 in 14 ms",
    "Step 9/14 : COPY --from=build /srv/shop/target/release/shop /usr/local/bin/",
    "deployment.apps/shop: 3 of 5 replicas updated, waiting for 2 more",
)
"""Lines of a deployment, for those who do not bring their own."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One comparison. `texts` are said over and over until there are enough lines."""

    patterns: Sequence[str]
    watchers: int
    lines: int
    lines_a_second: float
    texts: Sequence[bytes]


def sample_texts() -> list[bytes]:
    """What is said if nobody brings a log."""
    return [text.encode() for text in SAMPLE]


def texts_of(path: Path, most: int) -> list[bytes]:
    """The first `most` lines of a file. A line is cut where it would become two records; carriage
    returns before a newline go, as the server drops them. Raises OSError, ValueError."""
    with path.open("rb") as file:
        rows = [row.removesuffix(b"\n").removesuffix(b"\r") for row in islice(file, most)]
    if not rows:
        raise ValueError(f"{path} has no line")
    return [row[:MAX_LINE_BYTES] for row in rows]


__all__ = ["LABELS", "LINES", "LINES_A_SECOND", "WATCHERS", "Plan", "sample_texts", "texts_of"]
