"""Something done for many, some at a time, so that everything else has its turn in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

SLICE = 256
"""Done in one go: 1 or 2 ms, the longest that anything else is kept waiting."""


def in_slices(many: Iterable[T], do: Callable[[T], None]) -> None:
    """Do it for the first of them at once, and for the others soon. `many` must not change."""
    _go_on(iter(many), do)


def _go_on(those: Iterator[T], do: Callable[[T], None]) -> None:
    done = 0
    for one in islice(those, SLICE):
        do(one)
        done += 1
    if done == SLICE:
        asyncio.get_running_loop().call_soon(_go_on, those, do)


__all__ = ["SLICE", "in_slices"]
