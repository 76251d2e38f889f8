"""What a log accepts."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from logflume import rules
from logflume.errors import (
    BadInput,
    Conflict,
    Duplicate,
    LogClosed,
    Outdated,
    ProducerFenced,
    ProducerGap,
)
from logflume.records import Append, Chunk, Producer, Seq, State

STATE = State(epoch=1, content_type="application/json")


def one_record(first: Seq) -> Chunk:
    return Chunk.of(first, [b"x\n"])


def append_of(epoch: int, seq: int, at_us: int = 0, name: str = "p") -> Append:
    return Append(at_us, one_record, Producer(name, epoch, seq))


def after(*appends: Append) -> State:
    state = STATE
    for append in appends:
        state, _ = rules.apply(state, append)
    return state


def test_an_append_moves_the_tail_by_its_records() -> None:
    """And the bytes, and the revision."""
    state, chunk = rules.apply(STATE, Append(0, one_record))
    assert (state.tail, state.size_bytes, state.revision, chunk.first) == (1, 2, 1, 1)


def test_a_repeat_is_recognised_before_all_else() -> None:
    """Even on a closed log. Caught: checking for closed first."""
    state, _ = rules.apply(after(append_of(0, 0)), replace(append_of(0, 1), close=True))
    with pytest.raises(Duplicate):
        rules.apply(state, append_of(0, 1))
    with pytest.raises(LogClosed):
        rules.apply(state, append_of(0, 2))


@pytest.mark.parametrize(
    ("epoch", "seq", "error"),
    [
        (2, 0, Duplicate),
        (2, 1, Duplicate),
        (2, 3, ProducerGap),
        (1, 9, ProducerFenced),
        (3, 1, BadInput),
    ],
)
def test_a_producer_goes_on_where_it_stands(epoch: int, seq: int, error: type[Exception]) -> None:
    """The table of Durable Streams, for one that stands at epoch 2, sequence 1."""
    with pytest.raises(error):
        rules.apply(after(append_of(2, 0), append_of(2, 1)), append_of(epoch, seq))


@pytest.mark.parametrize(("epoch", "seq"), [(2, 2), (3, 0)])
def test_a_producer_may_go_on_or_begin_anew(epoch: int, seq: int) -> None:
    """The next sequence, or a higher epoch from 0."""
    state = after(append_of(2, 0), append_of(2, 1), append_of(epoch, seq))
    assert (state.producers["p"].epoch, state.producers["p"].seq) == (epoch, seq)


def test_a_new_producer_begins_at_0() -> None:
    """Whatever its epoch."""
    with pytest.raises(ProducerGap) as gap:
        rules.apply(STATE, append_of(0, 1))
    assert gap.value.expected == 0


def test_a_refused_append_leaves_the_producer_where_it_was() -> None:
    """Caught: remembering the mark before the last check."""
    state = after(append_of(0, 0))
    with pytest.raises(Outdated):
        rules.apply(state, replace(append_of(0, 1), revision=0))
    assert state.producers["p"].seq == 0


def test_a_producer_is_forgotten_after_a_week_when_another_comes() -> None:
    """So the state of a log that lives for years stays small."""
    week = rules.FORGET_PRODUCER_US
    state = after(append_of(0, 0, at_us=0, name="old"), append_of(0, 0, at_us=1, name="recent"))
    state, _ = rules.apply(state, append_of(0, 0, at_us=week, name="new"))
    assert set(state.producers) == {"recent", "new"}


def test_too_many_producers_are_refused() -> None:
    """The state must stay small; the ones that are known go on."""
    state = after(*(append_of(0, 0, name=str(n)) for n in range(rules.MAX_PRODUCERS)))
    with pytest.raises(Conflict):
        rules.apply(state, append_of(0, 0, name="one too many"))
    rules.apply(state, append_of(0, 1, name="0"))


def test_a_closed_log_may_still_be_described() -> None:
    """Without records, and without being opened again."""
    closed, _ = rules.apply(STATE, replace(Append(0, one_record), close=True))
    described, chunk = rules.apply(closed, Append(0, document=b"new"))
    assert (described.closed, described.tail, described.document) == (True, 1, b"new")
    assert not chunk
    with pytest.raises(LogClosed):
        rules.apply(closed, replace(Append(0, one_record), document=b"new"))
