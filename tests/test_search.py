"""GET …/log/search: what it answers, over real sockets and both stores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from logflume.deployments.patterns import MAX_PATTERN_CHARS
from logflume.http.findings import MAX_NUMBERS, MAX_RECORDS_BYTES
from logflume.http.search_request import DEFAULT_RECORDS, MAX_LEVELS, MAX_RECORDS
from tests.openapi_checks import checked
from tests.servers import ServerProcess, new_deployment

ONE = "/v1/deployments/{id}"
NDJSON = {"Content-Type": "application/x-ndjson"}
TEXT = {"Content-Type": "text/plain"}


class Log:
    """A deployment's log, and what is asked of it."""

    def __init__(self, url: str, **fields: object) -> None:
        self.client = httpx2.Client(base_url=url, timeout=20)
        self.id = new_deployment(url, **fields)
        self.path = f"/v1/deployments/{self.id}"

    def append(self, *lines: str) -> None:
        self._post("".join(f"{line}\n" for line in lines).encode(), TEXT)

    def records(self, *records: dict[str, Any]) -> None:
        self._post(b"".join(json.dumps(record).encode() + b"\n" for record in records), NDJSON)

    def finish(self, status: str = "failed") -> None:
        self.client.patch(self.path, json={"status": status}).raise_for_status()

    def ask(self, **query: Any) -> httpx2.Response:
        if "from_" in query:
            query["from"] = query.pop("from_")
        return self.client.get(f"{self.path}/log/search", params=query)

    def search(self, **query: Any) -> dict[str, Any]:
        answer = self.ask(**query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def numbers(self, **query: Any) -> list[int]:
        return [number for part in self.parts(**query) for number in part["numbers"]]

    def parts(self, **query: Any) -> Iterator[dict[str, Any]]:
        """All answers of a search that goes on to the tail."""
        part = self.search(**query)
        yield part
        query.pop("from_", None)
        while part["next"] is not None:
            part = self.search(**{**query, "offset": part["next"]})
            yield part

    def _post(self, body: bytes, headers: dict[str, str]) -> None:
        self.client.post(f"{self.path}/log", content=body, headers=headers).raise_for_status()


@pytest.fixture(params=["sqlite", "memory"])
def server(request: pytest.FixtureRequest) -> ServerProcess:
    name = "shared_server" if request.param == "sqlite" else "memory_server"
    running: ServerProcess = request.getfixturevalue(name)
    return running


@pytest.fixture
def made(server: ServerProcess) -> Iterator[Callable[..., Log]]:
    """Makes logs."""
    logs: list[Log] = []

    def make(**fields: object) -> Log:
        logs.append(Log(server.url, **fields))
        return logs[-1]

    yield make
    for log in logs:
        log.client.close()


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


def test_a_log_that_is_not_there_cannot_be_searched(log: Log) -> None:
    """Nor one that was deleted."""
    log.append("x")
    log.client.delete(log.path).raise_for_status()
    assert log.ask(q="x").status_code == 404
    unknown = log.client.get("/v1/deployments/feed/log/search", params={"q": "x"})
    assert unknown.status_code == 404


def test_a_place_that_is_not_there_is_refused(log: Log) -> None:
    """Behind the tail, or of another log; what the API documents of it is true."""
    log.append("x")
    epoch, _, _ = log.ask(q="x").headers["stream-next-offset"].partition("_")
    for offset, status in ((f"{epoch}_{9:016d}", 416), (f"{1:016d}_{0:016d}", 409)):
        refused = log.ask(q="x", offset=offset)
        assert refused.status_code == status
        checked(refused, f"{ONE}/log/search")


def test_answers_are_as_documented(log: Log) -> None:
    """With records of every kind, a part and the whole."""
    log.append("x", "::group::x", "::error::x")
    log.finish()
    for query in ({"q": "x"}, {"kind": "line,group,end"}, {"regex": "("}, {"q": "x", "limit": 1}):
        checked(log.ask(**query), f"{ONE}/log/search")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "say what to look for"),
        ("case=true", "say what to look for"),
        ("limit=1&from=1", "say what to look for"),
        ("q=", "q must have 1 to 1000 characters"),
        (f"q={'x' * (MAX_PATTERN_CHARS + 1)}", "q must have 1 to 1000 characters"),
        (f"regex={'x' * (MAX_PATTERN_CHARS + 1)}", "regex must have 1 to 1000 characters"),
        ("q=a&q=b", "q is given 2 times"),
        ("q=a&regex=b", "q and regex do not go together"),
        ("q=%ff", "malformed"),
        ("q=a&case=yes", "case must be one of"),
        ("q=a&limit=-1", "limit must be a whole number from 0"),
        ("q=a&limit=x", "limit must be a whole number from 0"),
        ("q=a&limit=%D9%A3", "limit must be a whole number from 0"),
        ("q=a&from=0", "from must be a whole number from 1"),
        ("q=a&from=1&offset=-1", "do not go together"),
        ("q=a&offset=5", "the offset is malformed"),
        ("level=", "level must be a level"),
        ("level=error,", "level must be a level"),
        (f"level={'x' * 33}", "level must be a level"),
        (f"level={','.join(map(str, range(MAX_LEVELS + 1)))}", "level must be a level"),
        ("stream=stdout,out", "stream must be one of stdout, stderr, system"),
        ("kind=lines", "kind must be one of line, group, status, end"),
        ("regex=a(b", 'missing ) in "a(b"'),
        ("regex=ab%5Bc", 'missing ] in "[c", at character 3'),
        ("regex=%5Cp%7BFoo%7D", 'invalid character class range in "\\p{Foo}"'),
        ("regex=x(%3F%3Da)", 'invalid perl operator in "(?=", at character 2; the syntax is RE2'),
        ("regex=(a)%5C1", "no back-references"),
        ("regex=%5C", "trailing"),
        ("regex=%5CpL%7B999%7D", "too large"),
    ],
)
def test_what_cannot_be_searched_for(log: Log, query: str, said: str) -> None:
    """It says what is wrong, and in a pattern where."""
    answer = log.client.get(f"{log.path}/log/search?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


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
