"""Following by long and short polling, request by request."""

from __future__ import annotations

from typing import Any

import pytest

from logflume.client.errors import ClientError, LogBroken, LogGone, ServerAway
from tests.client_tools import BUSY, CLOSE, Script, answer, offset, page

TAIL: dict[str, Any] = {"stream_up_to_date": "true"}
END: dict[str, Any] = {**TAIL, "stream_closed": "true"}
LIMIT = "limit=1000"


def nothing(after: int, **headers: Any) -> bytes:
    """A long poll's answer that there is nothing yet, or nothing any more."""
    return answer(status="204 Nothing", stream_next_offset=offset(after), **headers)


def unchanged(after: int, **headers: Any) -> bytes:
    """A short poll's answer that nothing has changed."""
    return answer(status="304 Same", stream_next_offset=offset(after), **headers)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these servers say, they say at once."""
    monkeypatch.setattr("logflume.client.blocking.long_poll.LEAST_WAIT_SECONDS", 0)
    monkeypatch.setattr("logflume.client.pace.QUICK_SECONDS", 0.001)


def test_long_polling() -> None:
    """Pages up to the tail, then requests that wait, each with the cursor of the one before."""
    script = Script(
        page(1, 2),
        page(3, **TAIL),
        nothing(3, stream_cursor=41, **TAIL),
        page(4, stream_cursor=42),
        page(5, **TAIL),
        page(6, stream_cursor=43, **TAIL),
        nothing(6, **END),
    )
    watch = script.watched(transport="long-poll")
    assert watch.numbers == [1, 2, 3, 4, 5, 6]
    assert watch.told == []
    assert script.asked == [
        f"offset=-1&{LIMIT}",
        f"offset={offset(2)}&{LIMIT}",
        f"offset={offset(3)}&live=long-poll",
        f"offset={offset(3)}&cursor=41&live=long-poll",
        f"offset={offset(4)}&{LIMIT}",
        f"offset={offset(5)}&live=long-poll",
        f"offset={offset(6)}&cursor=43&live=long-poll",
    ]


def test_short_polling() -> None:
    """The same question with the answer's name, until that changes; after news, a new question."""
    script = Script(
        page(1, 2),
        page(3, **TAIL),
        page(after=3, etag='"a"', **TAIL),
        unchanged(3, **TAIL),
        unchanged(3, **TAIL),
        page(4, etag='"b"', **TAIL),
        page(after=4, **END),
    )
    watch = script.watched(transport="poll")
    assert watch.numbers == [1, 2, 3, 4]
    assert watch.told == []
    after = (-1, 2, 3, 3, 3, 3, 4)
    places = ["-1" if number < 0 else offset(number) for number in after]
    assert script.asked == [f"offset={place}&{LIMIT}" for place in places]
    known = [request.lower().count(b'if-none-match: "a"') for request in script.requests]
    assert known == [0, 0, 0, 1, 1, 1, 0]
    assert b"if-none-match" not in script.requests[-1].lower()


@pytest.mark.parametrize("transport", ["long-poll", "poll"])
def test_breaks_between_two_answers(transport: str) -> None:
    """A request that fails is made again, from the same place, and both is told."""
    script = Script(page(1, **TAIL), BUSY, b"", BUSY, page(2, **END))
    watch = script.watched(transport=transport)
    assert watch.numbers == [1, 2]
    assert watch.told == ["away", "back"]
    assert {asked.split("&")[0] for asked in script.asked[1:]} == {f"offset={offset(1)}"}


def test_a_server_that_answers_without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that stops has nothing for those that wait: they do not ask again at once."""
    monkeypatch.setattr("logflume.client.blocking.long_poll.LEAST_WAIT_SECONDS", 1)
    script = Script(page(1, **TAIL), nothing(1, **TAIL), page(2, **END))
    watch = script.watched(transport="long-poll")
    assert watch.numbers == [1, 2]
    assert watch.told == ["away", "back"]
    assert script.asked[-1] == f"offset={offset(1)}&{LIMIT}"


@pytest.mark.parametrize("transport", ["long-poll", "poll"])
@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([page(1, 3, **TAIL)], LogBroken),
        ([page(1, **TAIL), page(3, **TAIL)], LogBroken),
        ([page(1, **TAIL), page(1, **TAIL)], LogBroken),
        ([page(1, **TAIL), page(after=2, **END)], LogBroken),
        ([page(1, **TAIL), answer(b'{"status":410}', "410 Gone")], LogGone),
        ([BUSY], ServerAway),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n" + CLOSE + b"short"], ServerAway),
    ],
)
def test_ends_that_are_errors(
    transport: str, answers: list[bytes], kind: type[ClientError]
) -> None:
    """Holes and repeats, a log that is gone, and a server that is away from the beginning."""
    assert type(Script(*answers).watched(transport=transport).error) is kind
