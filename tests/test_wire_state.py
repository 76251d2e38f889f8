"""A log's state as a store keeps it, also as an older Logflume kept it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from logflume.errors import StoreCorrupt
from logflume.records import Ancestor, Gap, Lifetime, LogId, Producer, Seq, State
from logflume.wire.state import decode_state, encode_state

FULL = State(
    epoch=3,
    content_type="application/json",
    tail=Seq(9),
    size_bytes=100,
    closed=True,
    revision=4,
    producers={"p": Producer("p", 1, 2, 3)},
    document=b"\x00{}",
    labels={"a": "b"},
    ancestors=(Ancestor(LogId("stream/x"), 1, Seq(2)), Ancestor(LogId("stream/y"), 2, Seq(5))),
    deleted=True,
    writer_seq="\x00é",
    lifetime=Lifetime(expires_us=5, idle_seconds=6),
    used_us=7,
    grown_us=8,
    rewrites=9,
    gap=Gap(Seq(1), Seq(4), 5, 6, 7),
)
BEFORE_FORKS = (
    *("epoch", "content_type", "tail", "size_bytes", "closed", "revision"),
    *("producers", "document", "labels"),
)
"""The fields that the first Logflume stored."""


def test_a_state_survives_its_encoding() -> None:
    """With everything that is in it. Caught: a field that is not encoded."""
    default = State(0, "")
    same = [f.name for f in fields(State) if getattr(FULL, f.name) == getattr(default, f.name)]
    assert same == [], "a field of the example has its default, so that its loss would not show"
    assert decode_state(encode_state(FULL)) == FULL


@settings(max_examples=30)
@given(
    st.builds(
        State,
        epoch=st.integers(0, 2**53),
        content_type=st.text(),
        tail=st.integers(0, 2**53),
        document=st.binary(),
        labels=st.dictionaries(st.text(), st.text()),
        ancestors=st.lists(
            st.builds(Ancestor, st.text(), st.integers(0, 2**53), st.integers(0, 2**53))
        ).map(tuple),
        writer_seq=st.none() | st.text(),
        lifetime=st.none() | st.builds(Lifetime, st.none() | st.integers(0, 2**62)),
    )
)
def test_any_state_survives_its_encoding(state: State) -> None:
    """Whatever its texts and numbers are."""
    assert decode_state(encode_state(state)) == state


def test_a_state_of_an_older_logflume_is_read() -> None:
    """What it did not know has its default. Caught: a new field without one."""
    stored = msgspec.msgpack.encode({name: getattr(FULL, name) for name in BEFORE_FORKS})
    state = decode_state(stored)
    assert [getattr(state, name) for name in BEFORE_FORKS] == [
        getattr(FULL, name) for name in BEFORE_FORKS
    ]
    assert (state.ancestors, state.deleted, state.writer_seq) == ((), False, None)
    assert (state.lifetime, state.used_us, state.grown_us) == (None, 0, 0)


@pytest.mark.parametrize("stored", [b"\xff\xff", b"", encode_state(FULL)[:-1], b"\x80"])
def test_a_state_that_cannot_be_read_is_corrupt(stored: bytes) -> None:
    """Never a default in its place."""
    with pytest.raises(StoreCorrupt):
        decode_state(stored)
