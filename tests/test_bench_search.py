"""The benchmark's measure of search, small: a real server, real sockets, one round."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import search
from bench.rounds import Bench, Cores

pytestmark = pytest.mark.live

LINES = 20_480


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """One round of each; the cores that it chooses are given back."""
    cores = os.sched_getaffinity(0)
    yield Bench(Cores.choose(), tmp_path, 1)
    os.sched_setaffinity(0, cores)


def test_every_search_is_timed_and_what_others_notice_of_it(bench: Bench) -> None:
    figures = {figure.name: figure for figure in search.measure(bench, count=LINES)}
    assert len(figures) == 2 * len(search.WHOLE) + 2
    assert all(figure.rounds[0] > 0 for figure in figures.values())
    assert {figure.unit for figure in figures.values()} == {"s", "ms"}


def test_a_search_that_finds_something_else_is_noticed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "HIDDEN", "error: no needle in this haystack\n")
    with pytest.raises(AssertionError, match="0 records are found"):
        list(search.measure(bench, count=LINES))
