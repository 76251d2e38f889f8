"""What a log refuses first, when there is more than one reason: the order of Durable Streams."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from msgspec.structs import replace

from logflume import rules
from logflume.errors import (
    BadInput,
    CallerError,
    Conflict,
    Duplicate,
    LogClosed,
    LogExpired,
    LogGone,
    Outdated,
    ProducerFenced,
    ProducerGap,
)
from logflume.records import USES_NOTED, Append, Chunk, Lifetime, Producer, Seq, State

NOW_US = 1_000_000_000
STATE = State(
    epoch=1,
    content_type="text/plain",
    revision=7,
    producers={"p": Producer("p", 2, 5)},
    writer_seq="m",
    used_us=NOW_US,
)
EXPIRED = Lifetime(expires_us=NOW_US)


def one_record(first: Seq) -> Chunk:
    return Chunk.of(first, [b"x\n"])


APPEND = Append(NOW_US, one_record)


@dataclass(frozen=True)
class Reason:
    """Something to refuse an append for: what of the log, and what of the append, is to blame."""

    error: type[CallerError]
    log: dict[str, object]
    append: dict[str, object]


REASONS = {
    "epoch": Reason(Outdated, {}, {"epoch": 2}),
    "deleted": Reason(LogGone, {"deleted": True}, {}),
    "expired": Reason(LogExpired, {"lifetime": EXPIRED}, {}),
    "repeat": Reason(Duplicate, {}, {"producer": Producer("p", 2, 5)}),
    "fenced": Reason(ProducerFenced, {}, {"producer": Producer("p", 1, 9)}),
    "closed": Reason(LogClosed, {"closed": True}, {}),
    "type": Reason(Conflict, {}, {"content_type": "text/html"}),
    "gap": Reason(ProducerGap, {}, {"producer": Producer("p", 2, 7)}),
    "new epoch": Reason(BadInput, {}, {"producer": Producer("p", 3, 1)}),
    "writers": Reason(Conflict, {}, {"writer_seq": "m"}),
    "revision": Reason(Outdated, {}, {"revision": 6}),
}
ORDERS = (
    ("epoch", "deleted", "expired", "repeat", "closed", "type", "writers", "revision"),
    ("deleted", "expired", "fenced", "closed", "type", "writers", "revision"),
    ("closed", "type", "gap", "writers", "revision"),
    ("closed", "type", "new epoch", "writers", "revision"),
)


def blame(*names: str) -> tuple[State, Append]:
    """A log and an append that are to blame for all of these."""
    state, append = STATE, APPEND
    for name in names:
        state = replace(state, **REASONS[name].log)
        append = replace(append, **REASONS[name].append)
    return state, append


@pytest.mark.parametrize("name", REASONS)
def test_each_reason_is_enough(name: str) -> None:
    """And without it the append is taken."""
    rules.apply(*blame())
    with pytest.raises(REASONS[name].error) as refused:
        rules.apply(*blame(name))
    assert type(refused.value) is REASONS[name].error


@pytest.mark.parametrize(("first", "then"), [pair for order in ORDERS for pair in pairwise(order)])
def test_of_two_reasons_the_first_is_told(first: str, then: str) -> None:
    """A repeat even of what closed the log; closed rather than of another type; and so on.

    Caught: any two checks in the other order."""
    with pytest.raises(REASONS[first].error) as refused:
        rules.apply(*blame(first, then))
    assert type(refused.value) is REASONS[first].error
    if REASONS[first].error is Conflict is REASONS[then].error:
        assert "text/plain" in str(refused.value)


@pytest.mark.parametrize(
    ("last", "given", "taken"),
    [
        (None, "", True),
        (None, "0", True),
        ("2", "10", False),
        ("10", "2", True),
        ("a", "a", False),
        ("a", "aa", True),
        ("b", "aa", False),
        ("Z", "a", True),
        ("z", "é", True),
        ("\U0001f600", "\uffff", False),
        ("", "0", True),
        ("0", "", False),
    ],
)
def test_the_writers_sequence_rises_as_bytes_do(last: str | None, given: str, taken: bool) -> None:
    """Not as numbers: "10" does not follow "2". Caught: `<` for `<=`, or comparing as integers."""
    state, append = replace(STATE, writer_seq=last), replace(APPEND, writer_seq=given)
    if taken:
        assert rules.apply(state, append)[0].writer_seq == given
    else:
        with pytest.raises(Conflict, match="Stream-Seq"):
            rules.apply(state, append)


def test_the_writers_sequence_stays_where_an_append_says_none() -> None:
    """And a refused append leaves it."""
    state, _ = rules.apply(STATE, APPEND)
    assert state.writer_seq == "m"
    with pytest.raises(Outdated):
        rules.apply(STATE, replace(APPEND, writer_seq="n", revision=0))
    rules.apply(STATE, replace(APPEND, writer_seq="n"))


@pytest.mark.parametrize("given", ["text/plain", "TEXT/Plain; charset=utf-8", " text/plain ; x=y"])
def test_a_type_is_the_same_whatever_its_parameters(given: str) -> None:
    """The log keeps the one it was made with."""
    state, _ = rules.apply(STATE, replace(APPEND, content_type=given))
    assert state.content_type == "text/plain"


def test_a_lifetime_ends_at_its_moment() -> None:
    """Not a microsecond before; then nothing is taken but the deletion.

    Caught: `>` for `>=`."""
    state = replace(STATE, lifetime=EXPIRED)
    rules.apply(state, replace(APPEND, at_us=NOW_US - 1))
    with pytest.raises(LogExpired):
        rules.apply(state, replace(APPEND, at_us=NOW_US))
    with pytest.raises(LogExpired):
        rules.apply(state, Append(NOW_US, uses=True))
    assert rules.apply(state, Append(NOW_US, delete=True))[0].deleted


@pytest.mark.parametrize("append", [APPEND, Append(NOW_US, uses=True), replace(APPEND, close=True)])
def test_an_idle_lifetime_begins_anew_with_each_use(append: Append) -> None:
    """Ten idle seconds are counted from the last use that was noted, a sixteenth longer.

    Caught: an append that does not note its time, or one that sets it back."""
    idle_us = 10_000_000
    state = replace(STATE, lifetime=Lifetime(idle_seconds=10))
    late = NOW_US + idle_us
    used, _ = rules.apply(state, replace(append, at_us=late))
    assert used.used_us == late
    assert not used.expired(late + idle_us)
    assert used.expired(late + idle_us + idle_us // USES_NOTED)
    before, _ = rules.apply(state, replace(append, at_us=NOW_US - 5))
    assert before.used_us == NOW_US


def test_a_use_changes_nothing_but_its_time() -> None:
    """A closed log may be used: reading it is. Caught: a use that makes the log look grown."""
    closed = replace(STATE, closed=True, grown_us=3)
    used, chunk = rules.apply(closed, Append(NOW_US + 9, uses=True))
    assert not chunk
    assert replace(used, used_us=closed.used_us, revision=closed.revision) == closed


def test_only_records_make_a_log_grow() -> None:
    """`grown_us` is when the last of them came."""
    state, _ = rules.apply(STATE, replace(APPEND, at_us=NOW_US + 1))
    assert state.grown_us == NOW_US + 1
    closed, _ = rules.apply(state, Append(NOW_US + 2, close=True))
    assert closed.grown_us == NOW_US + 1


def test_a_log_that_goes_out_of_use_keeps_its_records() -> None:
    """Its labels become those of the deletion."""
    state = replace(STATE, tail=Seq(5), size_bytes=9, closed=True)
    gone, chunk = rules.apply(state, Append(NOW_US, delete=True, labels={"deleted": "yes"}))
    assert (gone.deleted, gone.tail, gone.size_bytes, gone.closed) == (True, 5, 9, True)
    assert gone.labels == {"deleted": "yes"}
    assert not chunk


def test_a_deletion_that_brings_records_is_an_append_to_a_closed_log() -> None:
    """Caught: describing and appending taken for describing only."""
    closed = replace(STATE, closed=True)
    for append in (
        replace(APPEND, delete=True),
        replace(APPEND, uses=True),
        Append(NOW_US, close=True, uses=True),
    ):
        with pytest.raises(LogClosed):
            rules.apply(closed, append)


def test_a_log_begins_with_what_the_rules_take() -> None:
    """Without a first append it is as it was given."""
    assert rules.begin(STATE, None) == (STATE, Chunk.of(Seq(1), []))
    state, chunk = rules.begin(replace(STATE, tail=Seq(4)), APPEND)
    assert (state.tail, chunk.first, chunk.body) == (5, 5, b"x\n")
    with pytest.raises(LogClosed):
        rules.begin(replace(STATE, closed=True), APPEND)
