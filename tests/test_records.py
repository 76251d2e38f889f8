"""Offsets, chunks: the words as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.errors import BadInput
from logflume.records import Chunk, Offset, Seq

bodies = st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=30)


@given(st.integers(0, 10**16 - 1), st.integers(0, 10**16 - 1))
def test_an_offset_survives_its_text(epoch: int, seq: int) -> None:
    """Every offset reads back from what it is written as."""
    offset = Offset(epoch, Seq(seq))
    assert Offset.parse(str(offset)) == offset


@given(*[st.tuples(st.integers(0, 10**16 - 1), st.integers(0, 10**16 - 1))] * 2)
def test_the_order_of_texts_is_the_order_of_offsets(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    """Clients compare offsets as strings. Caught: numbers without their zeros."""
    first, second = (Offset(epoch, Seq(seq)) for epoch, seq in (one, other))
    assert (str(first) < str(second)) == (first < second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "now",
        "5",
        "1_000",
        " 0000000000000001_0000000000000005",
        "0000000000000001_0000000000000005\n",
        "0000000000000001_000000000000000٣",
        "0000000000000001-0000000000000005",
        "00000000000000001_0000000000000005",
        "1" * 400,
    ],
)
def test_a_malformed_offset_is_refused(text: str) -> None:
    """Also where `int` alone would take it."""
    with pytest.raises(BadInput):
        Offset.parse(text)


@given(bodies, st.integers(1, 10**9))
def test_a_chunk_gives_back_its_records(records: list[bytes], first: int) -> None:
    """In order, numbered from its first."""
    chunk = Chunk.of(Seq(first), records)
    assert list(chunk.records()) == records
    assert (len(chunk), chunk.last) == (len(records), first + len(records) - 1)


@given(bodies, st.integers(0, 40), st.integers(0, 40))
def test_between_holds_exactly_the_records_asked_for(
    records: list[bytes], after: int, until: int
) -> None:
    """Those after `after`, up to `until`. Caught: off by one at either end."""
    chunk = Chunk.of(Seq(5), records)
    wanted = [r for n, r in enumerate(records, 5) if after < n <= until]
    part = chunk.between(Seq(after), Seq(until))
    assert list(part.records()) == wanted
    assert not wanted or part.first == max(5, after + 1)


@given(bodies, st.integers(1, 40))
def test_pieces_are_the_same_records_in_order(records: list[bytes], max_bytes: int) -> None:
    """Each at least one record, and no larger than asked for unless that one is."""
    pieces = list(Chunk.of(Seq(1), records).pieces(max_bytes))
    assert [record for piece in pieces for record in piece.records()] == records
    assert all(len(piece.body) <= max_bytes or len(piece) == 1 for piece in pieces)
    assert list(Chunk.merge(pieces).records()) == records
