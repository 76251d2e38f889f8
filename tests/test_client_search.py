"""The client's search against a real server, and against answers that no Logflume gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from logflume import AsyncClient, Client, LogGone, Refused, new_id
from logflume.client.search import search_query
from tests.client_tools import Script, answer
from tests.servers import ServerProcess


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    with Client(shared_server.url) as client:
        yield client


@pytest.fixture
def fill(client: Client) -> Callable[..., str]:
    """Makes a log of these lines; its id."""

    def made(*lines: str, level: str = "") -> str:
        deployment = client.create("shop").id
        with client.writer(deployment) as log:
            log.write("\n".join(lines), level=level)
        return deployment

    return made


def found(client: Client, *arguments: Any, **more: Any) -> list[int]:
    return [record.n for record in client.search(*arguments, **more)]


def test_what_matches_is_found(client: Client, fill: Callable[..., str]) -> None:
    """By each of what may be said, alone or together."""
    log = fill("one fish", "\x1b[31mRED\x1b[0m fish", "error: no bait")
    [record] = client.search(log, "red fish")
    assert (record.n, record.kind, record.text) == (2, "line", "\x1b[31mRED\x1b[0m fish")
    assert found(client, log, "RED", case=True) == [2]
    assert found(client, log, "red", case=True) == []
    assert found(client, log, regex="^(one|red)") == [1, 2]
    assert found(client, log, level="error") == [3]
    assert found(client, log, level=["error", "warning"], stream=["stderr", "stdout"]) == [3]
    assert found(client, log, stream="stderr") == []
    assert found(client, log, kind=["line"], limit=2) == [1, 2]
    assert found(client, log, "fish", limit=0) == []
    client.finish(log)
    assert [record.status for record in client.search(log, kind="end")] == ["succeeded"]


def test_all_that_matches_is_found(client: Client, fill: Callable[..., str]) -> None:
    """More than come along with one answer, and more than one answer knows of."""
    log = fill(*["x", "y"] * 12_000)
    assert found(client, log, "x") == list(range(1, 24_001, 2))
    assert found(client, log, "x", limit=1500) == list(range(1, 3001, 2))


def test_it_begins_where_it_is_told_to(client: Client, fill: Callable[..., str]) -> None:
    """After an offset."""
    log = fill("x", "x", "x")
    with client.read(log) as records:
        next(iter(records))
        next(iter(records))
        assert found(client, log, "x", offset=records.offset) == [3]
    assert found(client, log, "x", offset="now") == []


async def test_the_same_awaited(shared_server: ServerProcess, fill: Callable[..., str]) -> None:
    """What blocks and what is awaited is one implementation."""
    log = fill(*["x"] * 2500)
    async with AsyncClient(shared_server.url) as client:
        numbers = [record.n async for record in client.search(log, "x")]
    assert numbers == list(range(1, 2501))


def test_what_cannot_be_searched_is_refused(client: Client, fill: Callable[..., str]) -> None:
    """It says what is wrong."""
    log = fill("x")
    with pytest.raises(Refused, match="say what to look for"):
        found(client, log)
    with pytest.raises(Refused, match="missing \\)"):
        found(client, log, regex="a(b")
    with pytest.raises(LogGone):
        found(client, new_id(), "x")


def part(numbers: list[int], records: list[int], following: str | None) -> bytes:
    shown = [{"n": n, "time": "", "text": "x", "stream": "stdout"} for n in records]
    found = {"numbers": numbers, "records": shown, "next": following}
    return answer(msgspec.json.encode({**found, "searched": {"first": 1, "last": 9}}))


def test_it_goes_on_where_an_answer_ends() -> None:
    """Behind the last record that came along; else from the next offset."""
    script = Script(part([1, 2, 5], [1, 2], "a"), part([5], [5], "b"), part([], [], None))
    with script.serving() as url, Client(url) as client:
        assert found(client, "dep", "x", stream="stdout") == [1, 2, 5]
    assert script.asked == [
        "q=x&stream=stdout&offset=-1&limit=1000",
        "q=x&stream=stdout&from=5&limit=1000",
        "q=x&stream=stdout&offset=b&limit=1000",
    ]


def test_a_server_that_lets_no_search_get_on_is_none() -> None:
    """Nobody asks it for ever."""
    with (
        Script(part([1], [], None)).serving() as url,
        Client(url) as client,
        pytest.raises(Refused, match="records are missing"),
    ):
        found(client, "dep", "x")


def test_what_is_not_said_is_not_asked() -> None:
    """A server has its own defaults."""
    nothing: dict[str, Any] = {"case": False, "level": (), "stream": "", "kind": []}
    assert search_query(None, None, **nothing) == {}
    assert search_query("", None, **{**nothing, "case": True}) == {"q": "", "case": "true"}
    more = {"level": "error", "stream": ["a", "b"]}
    assert search_query(None, "x", **nothing | more) == {"regex": "x", **more, "stream": "a,b"}
