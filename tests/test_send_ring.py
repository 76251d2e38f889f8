"""The kernel's way to tell many: everyone gets the same bytes once and in order, and who does not
take all of them is reported with exactly what he took."""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
from array import array
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logflume.http.send_ring import ENTRIES, SendRing, open_send_ring
from tests.pairs import Pair, pairs, tcp_pair, unix_pair
from tests.refusals import (
    HAS_IO_URING,
    IO_URING_ENTER,
    IO_URING_SETUP,
    NEEDS_IO_URING,
    forbidden,
)

RESULTS = 2 * ENTRIES
"""What the kernel makes the other ring as large as."""

LARGE = 4 * 1024 * 1024
"""More than any socket here takes at once."""


pytestmark = NEEDS_IO_URING

KINDS = pytest.mark.parametrize("kind", [unix_pair, tcp_pair], ids=["unix", "tcp"])


def table(those: list[Pair]) -> array[int]:
    return array("i", [one.descriptor for one in those])


@pytest.fixture(scope="module")
def ring() -> SendRing:
    """One for all tests, so that they begin wherever the one before has left it."""
    return SendRing()


@KINDS
@pytest.mark.parametrize("count", [1, 7, ENTRIES - 1, ENTRIES, ENTRIES + 1, 300])
def test_everyone_gets_the_same_in_order(
    ring: SendRing, kind: Callable[[], Pair], count: int
) -> None:
    """Over many rounds, in which both rings come to their ends, at any place in a round.

    Caught: an entry or a result beyond the end, an old result that is taken for a new one."""
    rounds = 2 * RESULTS // count + 7
    with pairs(count, kind) as those:
        for number in range(rounds):
            said = b"round %d\n" % number
            assert ring.send(table(those), said) == []
            assert {one.take(len(said)) for one in those} == {said}
        assert {one.rest() for one in those} == {b""}


def test_nobody_is_told_where_there_is_nobody(ring: SendRing) -> None:
    """And nothing is wrong with it."""
    assert ring.send(array("i"), b"round") == []


@KINDS
def test_who_takes_a_part_is_reported_with_it(ring: SendRing, kind: Callable[[], Pair]) -> None:
    """What has come on the far side is what was reported; the others get all. These sockets would
    wait: caught is a send that waits with them, or that goes on behind our back."""
    data = os.urandom(LARGE)
    with pairs(3, kind) as slow, pairs(10, kind) as hasty:
        those = [slow[0], *hasty[:5], slow[1], *hasty[5:], slow[2]]
        begun = ring.send(table(hasty), data[:1000])
        told = ring.send(table(those), data)
        assert begun == []
        assert [index for index, _ in told] == list(range(len(those)))
        took = [taken for _, taken in told]
        assert all(0 < taken < LARGE for taken in took)
        for one, taken in zip(those, took, strict=True):
            before = data[:1000] if one in hasty else b""
            assert one.rest() == before + data[:taken]


@KINDS
def test_who_is_full_takes_nothing(ring: SendRing, kind: Callable[[], Pair]) -> None:
    """At whichever place of a table that is longer than the ring; he gets what is sent when he has
    room again, and the others what is sent meanwhile."""
    places = [0, 100, ENTRIES - 1, ENTRIES, 299]
    with pairs(300, kind) as those:
        held = [those[place].fill() for place in places]
        assert ring.send(table(those), b"one\n") == [(place, 0) for place in places]
        for place, count in zip(places, held, strict=True):
            assert those[place].take(count) == b"." * count
        assert ring.send(table(those), b"two\n") == []
        said = [one.rest() for one in those]
    assert [place for place, text in enumerate(said) if text == b"two\n"] == places
    assert {*said} == {b"two\n", b"one\ntwo\n"}


def test_the_dead_take_nothing_and_disturb_nobody(ring: SendRing) -> None:
    """A peer that is gone, none at all, a descriptor that is closed, one that is no socket; and no
    signal comes of it."""
    signals: list[int] = []
    before = signal.signal(signal.SIGPIPE, lambda number, _: signals.append(number))
    try:
        with pairs(6) as those, pairs(1, tcp_pair) as [reset], Path(os.devnull).open("wb") as file:
            descriptors = table(those)
            those[0].far.close()
            descriptors[1] = -1
            those[2].near.close()
            descriptors[3] = file.fileno()
            reset.near.shutdown(socket.SHUT_WR)
            descriptors[4] = reset.descriptor
            for number in range(3):
                told = ring.send(descriptors, b"round %d\n" % number)
                assert told == [(place, 0) for place in range(5)]
            assert those[5].rest() == b"round 0\nround 1\nround 2\n"
    finally:
        signal.signal(signal.SIGPIPE, before)
    assert signals == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_what_was_reported_is_what_was_taken(data: st.DataObject) -> None:
    """Whoever is full, and whatever is sent: the rest of it, written later, makes it whole."""
    assert _OURS is not None
    ring, kinds = _OURS, st.sampled_from([unix_pair, tcp_pair])
    with ExitStack() as open_ones:
        those = [
            open_ones.enter_context(closing(kind()))
            for kind in data.draw(st.lists(kinds, min_size=1, max_size=12))
        ]
        said = [b""] * len(those)
        for sent_bytes in data.draw(st.lists(st.integers(1, 400_000), min_size=1, max_size=6)):
            for place in data.draw(st.sets(st.integers(0, len(those) - 1))):
                said[place] += b"." * those[place].fill()
            sent = os.urandom(sent_bytes)
            took = dict.fromkeys(range(len(those)), sent_bytes)
            short = ring.send(table(those), sent)
            assert all(0 <= taken < sent_bytes for _, taken in short)
            assert [place for place, _ in short] == sorted({place for place, _ in short})
            took.update(short)
            for place, taken in took.items():
                said[place] += sent[:taken]
                if data.draw(st.booleans()):
                    assert those[place].take(len(said[place])) == said[place]
                    said[place] = b""
        assert [one.rest() for one in those] == said


_OURS = SendRing() if HAS_IO_URING else None
"""For all examples of the test above."""


def test_nothing_is_left_of_a_ring() -> None:
    """Neither descriptors nor memory, and at once. Caught: a descriptor that stays open, a ring
    that keeps itself alive."""
    before = held()
    made = SendRing()
    with pairs(9) as those:
        assert made.send(table(those), b"round") == []
    assert held() > before
    del made
    assert held() == before


def held() -> list[str]:
    """The rings that this process has open, and their memory."""
    found: list[str] = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()))
        except FileNotFoundError:  # of the listing itself
            continue
    maps = [line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()]
    return sorted(name for name in found + maps if name == "anon_inode:[io_uring]")


@pytest.mark.parametrize("number", [IO_URING_SETUP, IO_URING_ENTER])
@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOSYS, errno.ENOMEM])
def test_there_is_none_where_the_kernel_forbids_it(
    number: int, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said why, as what is no fault."""
    caplog.set_level(logging.INFO)
    assert forbidden(number, open_send_ring, code) is None
    why = os.strerror(code) if number == IO_URING_SETUP else "io_uring does not send here"
    assert why in caplog.text
    assert [one.levelno for one in caplog.records] == [logging.INFO]


@pytest.mark.parametrize("number", [IO_URING_SETUP, IO_URING_ENTER])
def test_nothing_is_left_of_a_ring_that_was_refused(number: int) -> None:
    """However far it had come. Caught: a descriptor that stays open for each that asks."""
    before = held()
    assert forbidden(number, open_send_ring) is None
    assert held() == before


def test_there_is_one_where_the_kernel_has_it() -> None:
    """Or all that is tested here would be of no use."""
    assert isinstance(open_send_ring(), SendRing)


@pytest.mark.parametrize("count", [3, 300])
def test_a_refusal_of_the_call_leaves_nothing_behind(ring: SendRing, count: int) -> None:
    """All are reported to have taken nothing, every time; when the call is allowed again, everyone
    is told what is said then, and nothing of what was said before."""
    with pairs(count) as those:
        assert ring.send(table(those), b"before\n") == []
        nobody = [(place, 0) for place in range(count)]
        for _ in range(2):
            told = forbidden(IO_URING_ENTER, lambda: ring.send(table(those), b"refused\n"))
            assert told == nobody
        for number in range(3):
            assert ring.send(table(those), b"round %d\n" % number) == []
        assert {one.rest() for one in those} == {b"before\nround 0\nround 1\nround 2\n"}
