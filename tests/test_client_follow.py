"""The seam between two answers: every record once and in order, or an error that says what is."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from logflume.client.backoff import FIRST_SECONDS, Backoff
from logflume.client.errors import ClientError, LogBroken, Refused
from logflume.client.follow import Piece, Query, Seam, offset_before
from logflume.client.pace import QUICK_SECONDS, Pace
from logflume.client.records import LogRecord
from tests.client_tools import offset, record


def piece(*numbers: int, after: int | None = None, epoch: int = 7) -> Piece:
    """Records, and the place after them."""
    raw = [msgspec.Raw(json.dumps(record(number)).encode()) for number in numbers]
    return Piece(raw, offset(numbers[-1] if after is None else after, epoch))


def numbers(seam: Seam[LogRecord], *pieces: Piece) -> list[int]:
    """What the reading brings."""
    return [record.n for piece in pieces for record in seam.take(piece).records]


@pytest.mark.parametrize(
    ("start", "pieces", "found"),
    [
        ({"offset": "-1"}, [piece(1, 2), piece(after=2), piece(3)], [1, 2, 3]),
        ({"offset": offset(2)}, [piece(3, 4)], [3, 4]),
        ({"offset": "now"}, [piece(after=5), piece(6)], [6]),
        ({"offset": "now"}, [piece(6)], [6]),
        ({"tail": 2}, [piece(4, 5), piece(6)], [4, 5, 6]),
        ({"tail": 2}, [piece(after=0), piece(1)], [1]),
    ],
)
def test_what_fits(start: Query, pieces: list[Piece], found: list[int]) -> None:
    """Wherever a reading begins, pieces that follow each other are taken; the next one is known."""
    seam = Seam(start, LogRecord)
    assert seam.query == start
    assert numbers(seam, *pieces) == found
    assert seam.query == {"offset": pieces[-1].offset}


@pytest.mark.parametrize(
    ("start", "pieces", "due", "came"),
    [
        ({"offset": "-1"}, [piece(1, 3)], 2, 3),
        ({"offset": "-1"}, [piece(2)], 1, 2),
        ({"offset": "-1"}, [piece(1), piece(1)], 2, 1),
        ({"offset": "-1"}, [piece(1, 2), piece(4)], 3, 4),
        ({"offset": "-1"}, [piece(1, 2), piece(after=3)], 3, 4),
        ({"offset": "-1"}, [piece(1, 2, after=3)], 1, 2),
        ({"offset": "-1"}, [piece(1, 2), piece(after=1)], 3, 2),
        ({"offset": offset(2)}, [piece(4)], 3, 4),
        ({"offset": offset(2)}, [piece(2)], 3, 2),
        ({"offset": "now"}, [piece(after=5), piece(7)], 6, 7),
        ({"tail": 2}, [piece(4, 5), piece(5)], 6, 5),
    ],
)
def test_what_does_not(start: Query, pieces: list[Piece], due: int, came: int) -> None:
    """A record that is missing or comes twice is an error, not a shorter or longer log."""
    with pytest.raises(LogBroken, match=f"record {due} was due and record {came} came"):
        numbers(Seam(start, LogRecord), *pieces)


def test_records_without_numbers() -> None:
    """Where records are any JSON, it is the offsets that tell of a hole."""
    seam = Seam[Any]({"offset": "-1"}, object)
    values = [msgspec.Raw(b'"a"'), msgspec.Raw(b"null")]
    assert seam.take(Piece(values, offset(2))).records == ["a", None]
    with pytest.raises(LogBroken, match="record 3 was due and record 4 came"):
        seam.take(Piece(values, offset(5)))


def test_a_fork() -> None:
    """Where a log that was forked from another goes on by itself, epochs change; numbers do not."""
    seam = Seam({"offset": "-1"}, LogRecord)
    assert numbers(seam, piece(1), piece(2, epoch=8), piece(after=2, epoch=8)) == [1, 2]


@pytest.mark.parametrize("place", ["", "0", "at_5", f"{offset(5)}0", "+1"])
def test_places_that_are_none(place: str) -> None:
    """What is no offset is said at once: to who gave it, or of the server that did."""
    with pytest.raises(ValueError, match="offset"):
        Seam({"offset": place}, LogRecord)
    with pytest.raises(Refused, match="as Logflume does"):
        Seam({"offset": "-1"}, LogRecord).take(Piece([], place))


def test_what_is_no_record() -> None:
    """Nonsense is an error of ours."""
    with pytest.raises(ClientError, match="as Logflume does"):
        Seam({"offset": "-1"}, LogRecord).take(Piece([msgspec.Raw(b'{"n":"1"}')], offset(1)))


def test_a_place_within_a_batch() -> None:
    """Who stops between two records of a batch knows where that was."""
    assert offset_before(offset(9), 0) == offset(9)
    assert offset_before(offset(9), 4) == offset(5)


def test_waiting_times() -> None:
    """Back-off doubles, is never more than the longest, honours the server, begins anew."""
    backoff = Backoff(longest_seconds=1)
    for wanted in (FIRST_SECONDS, FIRST_SECONDS * 2, FIRST_SECONDS * 4):
        assert wanted / 2 <= backoff.failed() <= wanted
    for _ in range(2000):
        assert backoff.failed() <= 1
    backoff.succeeded()
    assert backoff.failed() <= FIRST_SECONDS
    assert 0.4 <= backoff.failed(0.8) <= 0.8
    assert 0.5 <= backoff.failed(60) <= 1


def test_polling_times() -> None:
    """After news it asks quickly, then as rarely as the server advises, and never more rarely."""
    pace = Pace()
    for _ in range(2):
        for wanted in (QUICK_SECONDS, QUICK_SECONDS * 2, QUICK_SECONDS * 4):
            assert wanted <= pace.idle(30) <= wanted * 1.25
        for _ in range(20):
            waited = pace.idle(30)
        assert 30 <= waited <= 37.5
        assert 2 <= pace.idle(2) <= 2.5
        pace.news()
    for _ in range(20):
        waited = pace.idle(0)
    assert 1 <= waited <= 1.25
