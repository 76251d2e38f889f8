"""GET …/log/search: what it answers, over real sockets and both stores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from logflume.http.findings import MAX_NUMBERS, MAX_RECORDS_BYTES
from logflume.http.search_request import DEFAULT_RECORDS, MAX_RECORDS
from tests.openapi_checks import checked
from tests.searched_log import ONE, Log, logs_of
from tests.servers import ServerProcess


@pytest.fixture(params=["sqlite", "memory"])
def server(request: pytest.FixtureRequest) -> ServerProcess:
    name = "shared_server" if request.param == "sqlite" else "memory_server"
    running: ServerProcess = request.getfixturevalue(name)
    return running


@pytest.fixture
def made(server: ServerProcess) -> Iterator[Callable[..., Log]]:
    """Makes logs."""
    with logs_of(server.url) as make:
        yield make


@pytest.fixture
def log(made: Callable[..., Log]) -> Log:
    return made()


def test_it_answers_with_numbers_and_records(log: Log) -> None:
    """And says what it has searched."""
    log.append("one fish", "two", "Fish three")
    assert log.search(q="fish") == {
        "numbers": [1, 3],
        "records": [log.client.get(f"{log.path}/log").json()[n] for n in (0, 2)],
        "searched": {"first": 1, "last": 3},
        "next": None,
    }


def test_nothing_found_is_an_answer(log: Log) -> None:
    """Of a log with lines, and of one without."""
    nothing: dict[str, list[int]] = {"numbers": [], "records": []}
    whole = {"searched": {"first": 1, "last": 0}, "next": None}
    assert log.search(q="fish") == {**nothing, **whole}
    log.append("two")
    assert log.search(q="fish") == {**nothing, "searched": {"first": 1, "last": 1}, "next": None}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"q": "ERROR"}, [1, 2]),
        ({"q": "ERROR", "case": "true"}, [2]),
        ({"q": "error", "case": "false"}, [1, 2]),
        ({"q": "STRASSE"}, []),
        ({"q": "ÄRGER STRAẞE"}, [3]),
        ({"q": "ärger", "case": "true"}, [3]),
        ({"q": "Ärger", "case": "true"}, []),
        ({"q": '"quoted\\"'}, [4]),
        ({"q": "\t"}, [4]),
        ({"q": "001b"}, []),
        ({"regex": "^no"}, [1]),
        ({"regex": "R$"}, [1, 2]),
        ({"regex": "(?i)NO"}, [1]),
        ({"regex": "err|ärg"}, [1, 2, 3]),
        ({"regex": "^ERR", "case": "true"}, [2]),
        ({"regex": "\\d{2}"}, []),
        ({"regex": "\\Aärger"}, [3]),
        ({"regex": "error\\z"}, [1, 2]),
        ({"regex": "(?-i)ERR"}, [2]),
    ],
)
def test_what_is_found_by_text(log: Log, query: dict[str, str], numbers: list[int]) -> None:
    """As it stands, without case, or as a regular expression; never in what nobody sees."""
    log.append("no error", "\x1b[1;31mERR\x1b[0mOR", "ärger straße", 'a\t"quoted\\"')
    assert log.numbers(**query) == numbers


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"level": "error"}, [2, 3, 6]),
        ({"level": "warning"}, [4]),
        ({"level": "warn,FATAL"}, [2, 3, 4, 6]),
        ({"level": ["warn", "info"]}, [1, 4]),
        ({"level": "info"}, [1]),
        ({"stream": "stderr"}, [3, 4]),
        ({"stream": "stderr,stdout"}, [1, 2, 3, 4, 5, 6]),
        ({"kind": "group"}, [5]),
        ({"kind": ["end", "group"]}, [5, 7]),
        ({"kind": "line"}, [1, 2, 3, 4, 6]),
        ({"kind": "status"}, []),
        ({"level": "error", "q": "error: "}, [3]),
        ({"level": "error", "stream": "stdout", "regex": "."}, [2, 6]),
        ({"kind": "end", "q": "failed"}, []),
    ],
)
def test_what_is_found_by_filters(log: Log, query: dict[str, Any], numbers: list[int]) -> None:
    """Each must let a record through; those of one name, one of them."""
    log.records(
        {"text": "error: not really", "level": "info"},
        {"text": "fine", "level": "Fatal"},
        {"text": "error: told", "stream": "stderr"},
        {"text": "x.c:3:5: warning: told", "stream": "stderr"},
        {"text": "::group::Install"},
        {"text": "npm ERR! code 1"},
    )
    log.finish()
    assert log.numbers(**query) == numbers


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, DEFAULT_RECORDS),
        ({"limit": 0}, 0),
        ({"limit": 3}, 3),
        ({"limit": MAX_RECORDS + 1}, MAX_RECORDS),
    ],
)
def test_how_many_records_come_along(log: Log, query: dict[str, int], count: int) -> None:
    """All numbers do."""
    log.append(*["x"] * 1200)
    found = log.search(q="x", **query)
    assert found["numbers"] == list(range(1, 1201))
    assert [record["n"] for record in found["records"]] == list(range(1, count + 1))


def test_it_begins_where_it_is_told_to(log: Log) -> None:
    """After an offset, at a number, or at the tail; behind it there is nothing."""
    log.append("x", "x", "x")
    place = log.client.get(f"{log.path}/log", params={"limit": 2}).headers["stream-next-offset"]
    assert log.numbers(q="x", offset=place) == [3]
    assert log.search(q="x", from_=2)["searched"] == {"first": 2, "last": 3}
    assert log.numbers(q="x", offset="-1") == [1, 2, 3]
    for query in ({"offset": "now"}, {"from_": 4}, {"from_": 99}):
        found = log.search(q="x", **query)
        assert (found["numbers"], found["searched"]) == ([], {"first": 4, "last": 3})


def test_a_search_goes_on_when_the_log_has_grown(log: Log) -> None:
    """From where it ended, which a header says, and the number after the last one searched."""
    log.append("x", "y")
    before = log.ask(q="x")
    assert before.headers["stream-up-to-date"] == "true"
    assert "stream-closed" not in before.headers
    log.append("x")
    log.finish()
    place = before.headers["stream-next-offset"]
    after = log.ask(q="x", offset=place)
    again = log.search(q="x", from_=before.json()["searched"]["last"] + 1)
    assert after.json() == again
    assert again["numbers"] == [3]
    assert after.headers["stream-closed"] == "true"
    assert after.headers["cache-control"] == "no-store"


def test_many_hits_come_in_parts(log: Log) -> None:
    """No record is left out or told twice where one answer ends and the next begins."""
    for _ in range(5):
        log.append(*["x", "y"] * 2500)
    parts = list(log.parts(q="x", limit=1))
    assert [n for part in parts for n in part["numbers"]] == list(range(1, 25_001, 2))
    assert max(len(part["numbers"]) for part in parts) <= MAX_NUMBERS
    assert len(parts) > 1
    borders = [(part["searched"]["first"], part["searched"]["last"]) for part in parts]
    assert borders[0][0] == 1
    assert borders[-1][1] == 25_000
    assert [last + 1 for _, last in borders[:-1]] == [first for first, _ in borders[1:]]


def test_long_records_come_in_parts(log: Log) -> None:
    """Each number has its record, and an answer stays as small as one that a client can hold."""
    line = "x" * 60_000
    for _ in range(4):
        log.append(*[line] * 25)
    parts = list(log.parts(q="x"))
    assert [n for part in parts for n in part["numbers"]] == list(range(1, 101))
    for part in parts:
        assert [record["n"] for record in part["records"]] == part["numbers"]
        assert len(json.dumps(part)) < MAX_RECORDS_BYTES + 2 * len(line)
    assert len(parts) > 1


def test_a_match_across_records_of_one_line_counts_where_it_ends(log: Log) -> None:
    """Whatever stands between; `^` is the line's beginning, and other streams are other lines."""
    log.records(
        {"text": "Installing pack", "partial": True},
        {"text": "ages", "stream": "stderr"},
        {"text": "ages \x1b[3", "partial": True},
        {"text": "2m... done"},
        {"text": "ages"},
    )
    assert log.numbers(q="packages") == [3]
    assert log.numbers(q="packages", from_=3) == [3]
    assert log.numbers(q="ages ... done") == [4]
    assert log.numbers(regex="^ages") == [2, 5]
    assert log.numbers(regex="^installing.*done$", from_=4) == [4]
    assert log.numbers(q="installing") == [1]


def test_the_level_of_a_line_of_several_records(log: Log) -> None:
    """Counts where it is told; with a text, for the whole line."""
    log.records(
        {"text": "err", "partial": True},
        {"text": "or: it", "partial": True},
        {"text": " broke"},
    )
    assert log.numbers(level="error") == [2]
    assert log.numbers(level="error", q="broke") == [3]
    assert log.numbers(level="error", q="broke", from_=3) == [3]


def test_the_records_of_a_fork_are_searched_as_its_own(made: Callable[..., Log]) -> None:
    """Those that lie in the deployment that it is a retry of, too, even once that is deleted."""
    first = made()
    first.append("fish 1", "::group::Migrate", "fish 2")
    first.finish()
    retry = made(retry_of=first.id)
    retry.append("fish 3")
    assert retry.numbers(q="fish") == [1, 3]
    first.client.delete(first.path).raise_for_status()
    assert retry.numbers(q="fish") == [1, 3]
    assert first.ask(q="fish").status_code == 410


def test_answers_are_as_documented(log: Log) -> None:
    """With records of every kind, a part and the whole."""
    log.append("x", "::group::x", "::error::x")
    log.finish()
    for query in ({"q": "x"}, {"kind": "line,group,end"}, {"regex": "("}, {"q": "x", "limit": 1}):
        checked(log.ask(**query), f"{ONE}/log/search")


def test_a_head_tells_the_same_without_the_body(log: Log) -> None:
    """Its length included."""
    log.append("x")
    head = log.client.head(f"{log.path}/log/search", params={"q": "x"})
    asked = log.ask(q="x")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "stream-next-offset", "stream-up-to-date"):
        assert head.headers[name] == asked.headers[name]


def test_many_may_search_at_the_same_time(log: Log) -> None:
    """Each has its answer in its turn."""
    log.append(*["x", "y"] * 1000)
    with ThreadPoolExecutor(16) as many:
        found = list(many.map(lambda _: log.numbers(regex="x|z"), range(48)))
    assert found == [list(range(1, 2001, 2))] * 48
