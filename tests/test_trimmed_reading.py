"""Reading what is no longer kept: a record in its place, or a refusal; never silence."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest

from logflume.deployments.deployments import FEED, log_of
from logflume.deployments.line_records import encode_lines
from logflume.records import Append, Seq, State
from logflume.store.memory import MemoryStore
from tests.own_server import OwnServer
from tests.sse import SseReader
from tests.trimmed import LINES, NDJSON, Served, check_dense, check_end


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with OwnServer(MemoryStore()) as server:
        yield server


@pytest.fixture
def served(server: OwnServer) -> Iterator[Served]:
    served = Served(server)
    yield served
    served.client.close()


def test_one_record_stands_for_what_is_not_kept(served: Served) -> None:
    """It says for which numbers, in every form. Caught: a cut that nobody sees."""
    history = served.get("").content
    check_dense(history, 1, LINES)
    [omitted] = [row for row in map(json.loads, history.splitlines()) if "kind" in row]
    assert (omitted["from"], omitted["n"], omitted["lines"]) == (51, 150, 100)
    text = httpx2.get(f"{served.log}?format=text").text.splitlines()
    assert len(text) == 101
    assert "lines 51 to 150 are not kept" in text[50]
    assert httpx2.get(served.log).json() == [json.loads(row) for row in history.splitlines()]


@pytest.mark.parametrize("limit", [1, 7, 49, 50, 51, 100, 1000])
def test_pages_have_every_number_once(served: Served, limit: int) -> None:
    """However the pages lie to the gap; what is left out takes one record of a page."""
    history, offset, pages = b"", "-1", 0
    while True:
        page = served.get(f"offset={offset}&limit={limit}")
        assert page.content.count(b"\n") <= limit
        history += page.content
        offset = page.headers["stream-next-offset"]
        pages += 1
        if "stream-up-to-date" in page.headers:
            break
    check_dense(history, 1, LINES)
    assert history == served.get("").content
    assert pages <= 101 // limit + 2


@pytest.mark.parametrize("first", [1, 50, 51, 52, 100, 150, 151])
def test_who_asks_by_number_gets_those_numbers(served: Served, first: int) -> None:
    """Also from amid the gap, and up to a place in it."""
    for limit in (1, 10, 60):
        last = min(LINES, first + limit - 1)
        check_dense(served.get(f"from={first}&limit={limit}").content, first, last)
    check_dense(served.get(f"tail={LINES - first + 1}").content, first, LINES)


def test_a_tag_of_trimmed_records_holds_no_longer(served: Served) -> None:
    """Caught: 304 for who has the records that are gone, or the record of a shorter gap."""
    queries = ["", "limit=60", "from=140&limit=20"]
    tags = {query: served.get(query).headers["etag"] for query in queries}
    kept = served.get("limit=50").headers["etag"]
    assert served.get("", **{"if-none-match": tags[""]}).status_code == 304
    served.server.call(served.trim(50, 160))
    for query, tag in tags.items():
        assert served.get(query, **{"if-none-match": tag}).status_code == 200
    assert served.get("limit=50", **{"if-none-match": kept}).status_code == 304
    check_dense(served.get("").content, 1, LINES)


def test_a_reader_amid_the_gap_reads_on(served: Served) -> None:
    """Who had read to record 99 when it went is told of the rest. Caught: it is told of numbers
    that it has, or refused."""
    offset = str(served.state.offset(Seq(99)))
    check_dense(served.get(f"offset={offset}").content, 100, LINES)
    polled = served.get(f"offset={offset}&live=long-poll")
    [first, *_] = map(json.loads, polled.content.splitlines())
    assert (first["from"], first["n"]) == (100, 150)
    with SseReader(f"{served.log}?offset={offset}&live=sse") as reader:
        assert reader.batch().records[0]["from"] == 100


def test_the_end_counts_and_hashes_what_can_be_read(served: Served) -> None:
    """`sha256sum` over the history holds. Caught: the digest of what is gone."""
    body = {"status": "failed", "exit_code": 1}
    changed = httpx2.patch(served.log.removesuffix("/log"), json=body)
    assert changed.json()["lines"] == LINES
    history = served.get("").content
    check_dense(history, 1, LINES + 1)
    assert check_end(history)["omitted"] == 100


def test_what_was_trimmed_at_the_start_is_refused_by_its_offset(served: Served) -> None:
    """410 with the place where the log begins now (bad input 65), in every pattern."""
    old = str(
        served.server.call(served.server.context.store.state(FEED)).offset(Seq(served.news + 3))
    )
    state = served.trim_feed()
    earliest = str(state.offset(state.start))
    places = (f"offset={old}", f"before={old}", f"from={served.news + 10}")
    for query in (*places, *(f"{place}&live=sse" for place in places if "before" not in place)):
        answer = httpx2.get(f"{served.feed}?{query}")
        assert answer.status_code == 410, query
        assert answer.json()["type"].endswith(":trimmed")
        assert answer.json()["earliest"] == earliest
    assert httpx2.get(f"{served.feed}?offset={earliest}").status_code == 200


@pytest.mark.parametrize("query", ["", "offset=-1", "tail=1000", "offset=-1&live=long-poll"])
def test_the_start_is_where_the_log_begins_now(served: Served, query: str) -> None:
    """Who asks for the beginning gets what there is, and is told where that is."""
    before = httpx2.get(f"{served.feed}?{query}")
    state = served.trim_feed()
    answer = httpx2.get(f"{served.feed}?{query}", headers=NDJSON)
    assert answer.headers["etag"] != before.headers["etag"]
    check_dense(answer.content, served.news + 11, state.tail)
    if "live" not in query:
        assert answer.headers["stream-start-offset"] == str(state.offset(state.start))


def test_a_watcher_at_the_tail_does_not_notice(served: Served) -> None:
    """It is told of what comes, and of nothing else."""

    async def say() -> State:
        lines = encode_lines([("next", False)], "stdout", 1)
        return await served.server.context.store.append(log_of(served.id), Append(1, lines))

    with SseReader(f"{served.log}?offset=now&live=sse") as reader:
        assert reader.batch().records == []
        served.server.call(served.trim(50, 199))
        served.server.call(say())
        assert [record["n"] for record in reader.batch().records] == [LINES + 1]


def test_searching_goes_over_the_gap(served: Served) -> None:
    """Found by their own numbers on both sides; what stands in the gap is no line. Caught: numbers
    that are off by what is not kept."""
    found = httpx2.get(f"{served.log}/search", params={"q": "line", "limit": 1000}).json()
    assert found["numbers"] == [*range(1, 51), *range(151, LINES + 1)]
    assert [record["n"] for record in found["records"]] == found["numbers"]
    assert found["searched"] == {"first": 1, "last": LINES}
    amid = httpx2.get(f"{served.log}/search", params={"q": "9", "from": 120}).json()
    assert amid["numbers"] == [159, 169, 179, 189, *range(190, 200)]
