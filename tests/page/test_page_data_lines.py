"""Lines out of records, and the records that are held: the same for every way to come there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.page.modules import Modules

REACH = 200
LONGEST = 100_000

RUNS = st.lists(
    st.tuples(
        st.sampled_from(["stdout", "stderr", None]),
        st.booleans(),
        st.one_of(st.integers(1, 3), st.integers(190, 420)),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def modules() -> Iterator[Modules]:
    with Modules() as running:
        yield running


def records_of(runs: list[tuple[str | None, bool, int]]) -> list[dict[str, Any]]:
    """So many records of a stream after another, partial or not; without a stream: a status."""
    records: list[dict[str, Any]] = []
    for stream, partial, count in runs:
        for _ in range(count):
            n = len(records) + 1
            line = {"stream": stream, "text": f"{n},", **({"partial": True} if partial else {})}
            records.append({"n": n, **(line if stream else {"kind": "status"})})
    return records


def starts_of(records: list[dict[str, Any]]) -> list[int]:
    """The number of the record that each record's line begins with, from the whole log."""
    last: dict[str, dict[str, Any]] = {}
    chain: dict[int, int] = {}
    starts: dict[int, int] = {}
    for record in records:
        n, before = record["n"], last.get(record.get("stream", ""))
        goes_on = "text" in record and before is not None and before.get("partial")
        if not goes_on or before is None or n - before["n"] > REACH:
            chain[n] = starts[n] = n
        else:
            block = (n - 1) // REACH
            crosses = (before["n"] - 1) // REACH < block
            chain[n] = chain[before["n"]]
            is_long = chain[n] <= (block - 1) * REACH
            starts[n] = n if crosses and is_long else starts[before["n"]]
        if "text" in record:
            last[record["stream"]] = record
    return [starts[record["n"]] for record in records]


@settings(max_examples=60, deadline=None)
@given(runs=RUNS, places=st.lists(st.integers(0, 5000), min_size=1, max_size=4))
def test_lines_are_the_same_from_wherever_they_are_read(
    modules: Modules, runs: list[tuple[str | None, bool, int]], places: list[int]
) -> None:
    """Any part of a log, read with what is around it, has the lines that the whole log has."""
    records = records_of(runs)
    starts = starts_of(records)
    spans = [(place % (len(records) + 1) + 1, place % (len(records) + 1) + 60) for place in places]
    for (first, last), lines in zip(
        spans, modules.ask("lines", records=records, spans=spans), strict=True
    ):
        wanted = set(range(first, min(last, len(records)) + 1))
        found: dict[int, int] = {}
        for line in lines:
            if "joins" in line:
                found[line["n"]] = line["joins"]
                continue
            n = line["record"]["n"]
            found[n] = n
            parts = [record for record in records if starts[record["n"] - 1] == n]
            assert (line["records"], line["last"]) == (len(parts), parts[-1]["n"])
            if len(parts) > 1:
                assert line["text"] == "".join(part["text"] for part in parts)
        assert {n: found.get(n) for n in wanted} == {n: starts[n - 1] for n in wanted}


def lines_of(modules: Modules, *texts: str) -> list[dict[str, Any]]:
    records = [
        {"n": n, "stream": "stdout", "text": text, "partial": n < len(texts)}
        for n, text in enumerate(texts, 1)
    ]
    found: list[dict[str, Any]] = modules.ask("lines", records=records, spans=[(1, len(texts))])[0]
    return found


def test_long_line_loses_its_end(modules: Modules) -> None:
    """What is beyond 100,000 characters is counted, not kept."""
    line, *_ = lines_of(modules, *["x" * 60_000] * 3)
    assert line["text"] == "x" * LONGEST
    assert line["cut"] == 80_000


def test_long_progress_bar_keeps_its_last_state(modules: Modules) -> None:
    """Of a line with carriage returns the end is what counts."""
    bars = [f"{percent} %\r" * 2000 for percent in range(10, 100)]
    line, *_ = lines_of(modules, *bars, "done")
    assert line["text"].endswith("99 %\rdone")
    assert line["text"].startswith("9")
    assert LONGEST - 10 < len(line["text"]) <= LONGEST
    assert line["cut"] + len(line["text"]) == sum(map(len, bars)) + 4


def test_long_line_that_only_ends_with_a_carriage_return_is_kept(modules: Modules) -> None:
    line, *_ = lines_of(modules, "y" * 65_000, "y" * 65_000 + "\r")
    assert line["text"] == "y" * LONGEST


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 3000), st.integers(1, 700)),
        st.tuples(st.just("holes"), st.integers(1, 3000), st.integers(1, 3000)),
    ),
    max_size=8,
)
LOOKS = st.lists(st.tuples(st.integers(1, 3500), st.integers(0, 1200)), min_size=1, max_size=6)


@settings(deadline=None)
@given(steps=STEPS, looks=LOOKS)
def test_windows_know_what_they_hold(
    modules: Modules, steps: list[tuple[str, int, int]], looks: list[tuple[int, int]]
) -> None:
    """What is held comes back, next to its neighbours; what is missing is named, holes are not."""
    held: set[int] = set()
    holes: set[int] = set()
    for step, first, more in steps:
        if step == "put":
            held |= set(range(first, first + more))
            holes -= held
        else:
            holes |= set(range(first, more + 1)) - held
    spans = [(first, first + more) for first, more in looks]
    answer = modules.ask("windows", limit=10**9, steps=steps, looks=spans)
    for (first, last), look in zip(spans, answer["looks"], strict=True):
        unknown = [n for n in range(first, last + 1) if n not in held | holes]
        expected = {"first": unknown[0], "last": unknown[-1]} if unknown else None
        assert look["missing"] == expected
        assert look["at"] == (first if first in held else None)
        assert [n for run in look["runs"] for n in run] == [
            n for n in range(first, last + 1) if n in held
        ]
        for run, following in zip(look["runs"], look["runs"][1:], strict=False):
            assert any(n in unknown for n in range(run[-1] + 1, following[0]))
        for run in look["runs"]:
            assert not any(n in unknown for n in range(run[0], run[-1] + 1))


def test_windows_keep_within_their_bytes(modules: Modules) -> None:
    """What was used last stays, and what is pinned; the rest leaves."""
    limit = 2_000_000
    steps: list[tuple[Any, ...]] = [("put", 1, 1000), ("pin", 301, 400)]
    steps += [("put", first, 1000) for first in range(1001, 40_001, 1000)]
    looks = [(1, 100), (301, 400), (20_001, 20_100), (39_901, 40_000)]
    answer = modules.ask("windows", limit=limit, steps=steps, looks=looks)
    assert limit * 0.9 < answer["bytes"] <= limit
    missing = [look["missing"] is not None for look in answer["looks"]]
    assert missing == [True, False, True, False]


def test_order_tells_what_is_missing_or_repeated(modules: Modules) -> None:
    """Live, and in what was asked for by number; faults next to one another are one."""

    def records(*numbers: int) -> list[dict[str, int]]:
        return [{"n": n} for n in numbers]

    answer = modules.ask("order", begin=5, records=records(5, 6, 6, 9, 10, 8, 11))
    assert answer["taken"] == [5, 6, 9, 10, 11]
    assert answer["faults"] == [
        {"what": "repeated", "from": 6, "to": 6},
        {"what": "missing", "from": 7, "to": 8},
        {"what": "repeated", "from": 8, "to": 8},
    ]
    checked = [[[1, 2, 4], 1, 6]]
    answer = modules.ask("order", begin=1, records=[], checked=checked)
    assert answer["faults"] == [
        {"what": "missing", "from": 3, "to": 3},
        {"what": "missing", "from": 5, "to": 5},
    ]
    answer = modules.ask(
        "order", begin=1, records=[*records(*range(1, 500)), *records(*range(1, 500))]
    )
    assert answer["faults"] == [{"what": "repeated", "from": 1, "to": 499}]
