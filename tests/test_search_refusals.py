"""What cannot be searched, and what cannot be searched for: each says why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from logflume.deployments.patterns import MAX_PATTERN_CHARS
from logflume.http.search_request import MAX_LEVELS
from tests.openapi_checks import checked
from tests.searched_log import ONE, Log, logs_of
from tests.servers import ServerProcess


@pytest.fixture
def log(shared_server: ServerProcess) -> Iterator[Log]:
    with logs_of(shared_server.url) as make:
        yield make()


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
        ("kind=lines", "kind must be one of line, group, status, redacted, end"),
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
