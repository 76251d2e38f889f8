"""Read: the log so far in each form, from any place, page by page in both directions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.api import NDJSON, TEXT, Api, check_problem, offset_at, seq_of

COUNT = 100
FORMS = {
    "application/json": "application/json",
    "application/x-ndjson": "application/x-ndjson",
    "text/plain": "text/plain; charset=utf-8",
}


@pytest.fixture(scope="module")
def log(api: Api) -> str:
    """An open log of 100 lines in several appends, which no test changes."""
    deployment = api.create()
    for first in range(1, COUNT, 7):
        api.append_lines(deployment, first, min(first + 6, COUNT))
    return deployment


def numbers(records: list[dict[str, Any]]) -> list[int]:
    return [record["n"] for record in records]


class TestForms:
    def test_array_lines_and_text_say_the_same(self, api: Api, log: str) -> None:
        """JSON array, NDJSON and plain text are the same records, and JSON is the default."""
        array = api.read(log)
        rows = api.read(log, headers=NDJSON)
        assert array.headers["content-type"] == "application/json"
        assert rows.headers["content-type"] == "application/x-ndjson"
        assert rows.content.endswith(b"\n")
        assert array.json() == [json.loads(row) for row in rows.content.split(b"\n")[:-1]]
        # Encoded once: the array holds the very bytes of the lines.
        assert array.content == b"[" + rows.content[:-1].replace(b"\n", b",") + b"]"
        text = api.read(log, headers=TEXT)
        assert text.headers["content-type"] == "text/plain; charset=utf-8"
        assert text.text == "".join(f"{record['text']}\n" for record in array.json())

    @pytest.mark.parametrize(
        ("accept", "form"),
        [
            ("*/*", "application/json"),
            ("", "application/json"),
            ("application/xml", "application/json"),
            ("text/html, text/plain;q=0.5", "text/plain"),
            ("Application/X-NDJSON", "application/x-ndjson"),
        ],
    )
    def test_the_first_known_type_counts(self, api: Api, log: str, accept: str, form: str) -> None:
        """`Accept` picks the form; what is unknown there is passed over."""
        answer = api.read(log, headers={"Accept": accept})
        assert answer.headers["content-type"] == FORMS[form]

    @pytest.mark.parametrize("accept", FORMS)
    def test_an_empty_log_has_a_history(self, api: Api, accept: str) -> None:
        """No records yet is 200 with a real offset, not 404."""
        answer = api.read(api.create(), headers={"Accept": accept})
        assert answer.status_code == 200
        assert answer.content == (b"[]" if accept == "application/json" else b"")
        assert seq_of(answer.headers["stream-next-offset"]) == 0
        assert answer.headers["stream-up-to-date"] == "true"

    def test_text_is_only_the_texts(self, api: Api) -> None:
        """Records of other kinds are left out, and partial ones are joined."""
        deployment = api.create(status="queued")
        api.change(deployment, status="running")
        api.append(deployment, "x" * 70_000 + "\nend")
        api.finish(deployment)
        assert api.text(deployment) == b"x" * 70_000 + b"\nend\n"

    @pytest.mark.parametrize("accept", FORMS)
    def test_head_is_get_without_the_body(self, api: Api, log: str, accept: str) -> None:
        """The same headers, for a whole log and for a part of it."""
        for query in ("", "?offset=-1&limit=7", "?tail=3"):
            path = f"/v1/deployments/{log}/log{query}"
            get = api.request("GET", path, headers={"Accept": accept})
            head = api.request("HEAD", path, headers={"Accept": accept})
            assert (head.status_code, head.content) == (200, b"")
            assert said(head.headers) == said(get.headers)


@pytest.fixture(scope="module")
def long(api: Api) -> str:
    """A log of some megabytes, in large appends and small ones, with a line in two parts."""
    deployment = api.create()
    for first in range(1, 30_000, 6000):
        api.append_lines(deployment, first, first + 5998)
        api.append_lines(deployment, first + 5999, first + 5999)
    api.append(deployment, "x" * 70_000)
    api.append(deployment, "end")
    return deployment


class TestLong:
    """A log that takes many reads of the store, and many pieces of an answer."""

    def test_every_form_is_whole(self, api: Api, long: str) -> None:
        """Pieces meet without a byte too many or too few. Caught: an array's pieces without a comma
        between them, a last one that is cut."""
        rows = api.ndjson(long)
        assert [json.loads(row)["n"] for row in rows.splitlines()] == list(range(1, 30_004))
        assert api.read(long).content == b"[" + rows[:-1].replace(b"\n", b",") + b"]"
        texts = [*(f"line {number}" for number in range(1, 30_001)), "x" * 70_000, "end", ""]
        assert api.text(long).decode().split("\n") == texts

    @pytest.mark.parametrize("seq", [1, 5999, 12_345, 29_999])
    def test_every_part_is_the_end_of_the_whole(self, api: Api, long: str, seq: int) -> None:
        """From any place on."""
        rows = api.ndjson(long).splitlines(keepends=True)
        query = {"offset": offset_at(api.tail(long), seq)}
        assert api.read(long, query, NDJSON).content == b"".join(rows[seq:])
        assert api.read(long, query).json()[0]["n"] == seq + 1

    @pytest.mark.parametrize("accept", FORMS)
    def test_head_is_get_without_the_body(self, api: Api, long: str, accept: str) -> None:
        """Its length is told where it is known."""
        path = f"/v1/deployments/{long}/log"
        get = api.request("GET", path, headers={"Accept": accept})
        head = api.request("HEAD", path, headers={"Accept": accept})
        assert head.headers.get("content-length") == get.headers.get("content-length")
        assert ("content-length" in get.headers) == (accept != "text/plain")


class TestPlaces:
    @pytest.mark.parametrize(
        ("query", "first", "last"),
        [
            ({}, 1, 100),
            ({"offset": "-1"}, 1, 100),
            ({"offset": "-1", "limit": 10}, 1, 10),
            ({"offset": "-1", "limit": 100}, 1, 100),
            ({"limit": 99}, 1, 99),
            ({"offset": "now"}, 101, 100),
            ({"offset": 100}, 101, 100),
            ({"offset": 99}, 100, 100),
            ({"offset": 0}, 1, 100),
            ({"offset": 50, "limit": 1}, 51, 51),
            ({"offset": 50, "limit": 51}, 51, 100),
            ({"tail": 1}, 100, 100),
            ({"tail": 10}, 91, 100),
            ({"tail": 100}, 1, 100),
            ({"tail": 101}, 1, 100),
            ({"tail": 9_999_999_999_999}, 1, 100),
            ({"tail": 10, "limit": 4}, 91, 94),
            ({"before": 50, "limit": 10}, 41, 50),
            ({"before": 50}, 1, 50),
            ({"before": 5, "limit": 10}, 1, 5),
            ({"before": 0, "limit": 10}, 1, 0),
            ({"before": "now", "limit": 10}, 91, 100),
            ({"before": "-1", "limit": 10}, 1, 0),
            ({"limit": 1_000_000_000}, 1, 100),
            ({"offset": "-1", "colour": "red"}, 1, 100),
        ],
    )
    def test_a_place_and_a_length(
        self, api: Api, log: str, query: dict[str, int | str], first: int, last: int
    ) -> None:
        """`offset`, `tail`, `before` and `limit` give exactly these records, and the headers say
        where they begin and where to read on.

        Caught: a tail or a page that is one record too long or short."""
        tail = api.tail(log)
        for name in ("offset", "before"):
            if isinstance(query.get(name), int):
                query = {**query, name: offset_at(tail, int(query[name]))}
        answer = api.read(log, query)
        assert numbers(answer.json()) == list(range(first, last + 1))
        assert answer.headers["stream-next-offset"] == offset_at(tail, last)
        assert answer.headers.get("stream-up-to-date") == ("true" if last == COUNT else None)
        assert "stream-closed" not in answer.headers
        assert answer.headers["cache-control"]
        if first > 1:
            assert answer.headers["stream-start-offset"] == offset_at(tail, first - 1)

    @pytest.mark.parametrize("limit", [1, 3, 7, 99, 100, 101])
    def test_pages_forward_cover_all(self, api: Api, log: str, limit: int) -> None:
        """Reading on from each `Stream-Next-Offset` gives 1..100 once, in order.

        Caught: an offset that is the number of the next record, not of the last."""
        seen, offset = [], "-1"
        for _ in range(COUNT + 1):
            answer = api.read(log, {"offset": offset, "limit": limit})
            seen += numbers(answer.json())
            offset = answer.headers["stream-next-offset"]
            if "stream-up-to-date" in answer.headers:
                break
        assert seen == list(range(1, COUNT + 1))

    @pytest.mark.parametrize("limit", [1, 3, 7, 99, 100, 101])
    def test_pages_backward_cover_all(self, api: Api, log: str, limit: int) -> None:
        """Going back from `tail` by each `Stream-Start-Offset` gives 100..1 once, oldest first
        within a page.

        Caught: `before` that includes or skips the record at the border."""
        answer = api.read(log, {"tail": limit})
        seen = numbers(answer.json())
        for _ in range(COUNT + 1):
            answer = api.read(
                log, {"before": answer.headers["stream-start-offset"], "limit": limit}
            )
            if not answer.json():
                break
            seen = numbers(answer.json()) + seen
        assert seen == list(range(1, COUNT + 1))

    def test_offsets_sort_as_text(self, api: Api) -> None:
        """The text order of offsets is the order of the log, from 9 to 10 records too."""
        deployment = api.create()
        offsets = [api.tail(deployment)]
        for number in range(1, 13):
            api.append_lines(deployment, number, number)
            offsets.append(api.tail(deployment))
        assert offsets == sorted(set(offsets))
        assert all(not set(offset) & set(",&=?/ ") for offset in offsets)

    def test_what_was_read_stays(self, api: Api) -> None:
        """The bytes before an offset never change, whatever is appended after."""
        deployment = api.create()
        api.append_lines(deployment, 1, 50)
        before = api.ndjson(deployment)
        api.append_lines(deployment, 51, 5000)
        api.finish(deployment)
        assert api.ndjson(deployment).startswith(before)
        assert len(api.records(deployment, limit=50)) == 50

    def test_a_large_log_is_read_whole(self, api: Api) -> None:
        """Several megabytes, in more than one piece of the answer, in each form.

        Caught: a piece that is sent twice or not at all where pieces meet."""
        deployment = api.create()
        lines = "".join(f"{number} {'y' * 80}\n" for number in range(30_000))
        api.append(deployment, lines)
        assert api.text(deployment) == lines.encode()
        assert numbers(api.records(deployment)) == list(range(1, 30_001))
        middle = offset_at(api.tail(deployment), 12_345)
        assert numbers(api.records(deployment, offset=middle)) == list(range(12_346, 30_001))
        assert api.ndjson(deployment).count(b"\n") == 30_000


class TestClosed:
    @pytest.mark.parametrize("accept", FORMS)
    def test_only_the_end_says_closed(self, api: Api, accept: str) -> None:
        """`Stream-Closed` comes with the answer that reaches the end of a finished log.

        Caught: saying it of every part, upon which a reader stops too soon."""
        deployment = api.create()
        api.append_lines(deployment, 1, 9)
        api.finish(deployment)
        headers = {"Accept": accept}
        part = api.read(deployment, {"offset": "-1", "limit": 9}, headers)
        assert {"stream-closed", "stream-up-to-date"}.isdisjoint(part.headers)
        for query in ({"offset": part.headers["stream-next-offset"]}, {"offset": "now"}, {}):
            answer = api.read(deployment, query, headers)
            assert answer.headers["stream-closed"] == "true"
            assert answer.headers["stream-up-to-date"] == "true"

    def test_an_offset_beyond_the_tail_names_the_tail(self, api: Api, log: str) -> None:
        """416 with where the log ends, so that a reader can tell that it was restored.

        Caught: `>=` for `>`, which refuses the tail itself."""
        tail = api.tail(log)
        for name in ("offset", "before"):
            assert api.read(log, {name: tail}).status_code == 200
            answer = api.read(log, {name: offset_at(tail, COUNT + 1)})
            assert check_problem(answer, 416, "ahead-of-tail")["tail"] == tail
            assert answer.headers["stream-next-offset"] == tail


def said(headers: Any) -> dict[str, str]:
    """The headers that describe what is read."""
    return {
        name: value
        for name, value in headers.items()
        if name.startswith("stream-") or name in ("content-type", "cache-control", "vary")
    }
