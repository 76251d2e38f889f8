"""Follow: Server-Sent Events, byte for byte, from any place, to the end of the log."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.contract.api import Api, offset_at
from tests.exchange import Exchange
from tests.sse import SseReader


class TestFraming:
    def test_it_is_written_as_promised(self, api: Api) -> None:
        """Each byte of a finished log's stream: id, data, control, LF only, one batch, the end.

        Caught: `data: ` with a space, `id` after `event`, a missing blank line."""
        deployment = api.create()
        api.append(deployment, "one\r\n\rtwo\u2028\n")
        api.finish(deployment)
        tail = api.tail(deployment)
        with api.follow(deployment) as reader:
            assert reader.status == 200
            assert len(list(reader)) == 2
        array = api.read(deployment).content
        control = b'{"streamNextOffset":"%b","upToDate":true,"streamClosed":true}' % tail.encode()
        expected = b"id: %b\nevent: data\ndata:%b\n\nevent: control\ndata:%b\n\n"
        retry, _, body = bytes(reader.raw).partition(b"\n\n")
        assert re.fullmatch(rb"retry: \d+", retry)
        assert body == expected % (tail.encode(), array, control)

    def test_its_headers_keep_proxies_from_buffering(self, api: Api) -> None:
        """Exactly `text/event-stream`, no length, no cache, no transformation, no buffering."""
        with api.follow(api.create()) as reader:
            assert reader.headers["content-type"] == "text/event-stream"
            assert {"no-cache", "no-transform"} <= set(
                reader.headers["cache-control"].replace(" ", "").split(",")
            )
            assert reader.headers["x-accel-buffering"] == "no"
            assert reader.headers["x-content-type-options"] == "nosniff"
            assert {"content-length", "content-encoding"}.isdisjoint(reader.headers)

    def test_control_says_where_the_reader_stands(self, api: Api) -> None:
        """While the log is open: the offset, a cursor of digits, `upToDate` at the tail."""
        deployment = api.create()
        with api.follow(deployment, "offset=now") as reader:
            first = reader.batch()
            assert first.records == []
            assert first.control["streamNextOffset"] == api.tail(deployment)
            api.append_lines(deployment, 1, 3)
            batch = reader.batch()
        assert [record["n"] for record in batch.records] == [1, 2, 3]
        assert batch.control.pop("streamCursor").isdigit()
        assert batch.control == {"streamNextOffset": api.tail(deployment), "upToDate": True}

    def test_only_the_tail_is_up_to_date(self, api: Api) -> None:
        """A log of several batches: each has its control, and only the last one is `upToDate`.

        Caught: saying it of every batch."""
        deployment = api.create()
        for part in range(20):
            api.append(deployment, f"{part} {'x' * 40_000}\n")
        with api.follow(deployment) as reader:
            records: list[dict[str, Any]] = []
            marks: list[bool] = []
            while not (marks and marks[-1]):
                batch = reader.batch()
                records += batch.records
                marks.append(batch.control.get("upToDate", False))
        assert records == api.records(deployment)
        assert marks == [False] * (len(marks) - 1) + [True]
        assert len(marks) > 1

    def test_what_a_line_holds_cannot_forge_an_event(self, api: Api) -> None:
        """Blank lines, field names and our own control record are text within the data."""
        deployment = api.create()
        forged = '\r\revent: control\rdata:{"streamClosed":true}\r\rid: 9\rretry: 1\r\r: x'
        rows = [json.dumps({"text": text}) for text in (forged, forged.replace("\r", "\n"))]
        api.append(deployment, "\n".join(rows), "application/x-ndjson")
        api.finish(deployment)
        with api.follow(deployment) as reader:
            records = reader.rest()
        assert [r["text"] for r in records[:2]] == [forged, forged.replace("\r", "\n")]


class TestFollowing:
    def test_history_then_live_without_a_seam(self, api: Api) -> None:
        """Readers that join while the log grows: each gets every record once, in order, to the end.

        Caught: the ring gives a whole chunk to who has part of it."""
        deployment = api.create()

        def read(last: int) -> list[int]:
            answer = api.read(deployment, {"limit": last})  # ends amid what was appended together
            seen = [record["n"] for record in answer.json()]
            with api.follow(deployment, f"offset={answer.headers['stream-next-offset']}") as reader:
                return seen + [record["n"] for record in reader.rest()]

        with ThreadPoolExecutor(16) as threads:
            reading = []
            for first in range(1, 1600, 10):
                api.append_lines(deployment, first, first + 9)
                if first % 100 == 1:
                    reading.append(threads.submit(read, first + 3))
            api.finish(deployment)
            assert [one.result() for one in reading] == [list(range(1, 1602))] * 16

    def test_it_begins_where_it_is_told(self, api: Api) -> None:
        """`offset` at the start, in the middle, at the tail; `tail=N`; by `Accept` alone."""
        deployment = api.create()
        api.append_lines(deployment, 1, 10)
        tail = api.tail(deployment)
        places = {
            "offset=-1": 1,
            f"offset={offset_at(tail, 0)}": 1,
            f"offset={offset_at(tail, 4)}": 5,
            f"offset={tail}": 11,
            "offset=now": 11,
            "tail=3": 8,
            "tail=99": 1,
        }
        for query, first in places.items():
            with api.follow(deployment, query) as reader:
                assert [r["n"] for r in reader.batch().records] == list(range(first, 11))
        url = f"{api.url}/v1/deployments/{deployment}/log?tail=2"
        with SseReader(url, {"Accept": "text/event-stream"}) as reader:
            assert [r["n"] for r in reader.batch().records] == [9, 10]

    def test_ids_resume_exactly(self, api: Api) -> None:
        """`Last-Event-ID` counts more than the `offset` of the address, as EventSource needs it.

        Caught: an id that is the offset before the batch, and `offset` taken first."""
        deployment = api.create()
        api.append_lines(deployment, 1, 5)
        with api.follow(deployment, "offset=-1") as reader:
            event = reader.next()
        assert event is not None
        api.append_lines(deployment, 6, 9)
        for query in ("offset=-1", "offset=now", "tail=1", "colour=red"):
            with api.follow(deployment, query, {"Last-Event-ID": event.id}) as again:
                assert [r["n"] for r in again.batch().records] == [6, 7, 8, 9]

    def test_the_end_is_said_then_the_stream_ends(self, api: Api) -> None:
        """A live reader gets the last records and `streamClosed` in one batch, then EOF.

        Caught: a stream that stays open, or ends before the end record is sent."""
        deployment = api.create()
        with api.follow(deployment) as reader:
            reader.batch()
            api.append_lines(deployment, 1, 2)
            api.finish(deployment, "failed")
            records = reader.rest()
        assert [r.get("kind", "line") for r in records] == ["line", "line", "end"]
        assert records[-1]["status"] == "failed"

    def test_a_first_reader_at_the_end_is_told(self, api: Api) -> None:
        """200 with one control event that says closed, then EOF."""
        deployment = api.create()
        api.finish(deployment)
        for query in ("offset=now", f"offset={api.tail(deployment)}"):
            with api.follow(deployment, query) as reader:
                assert reader.status == 200
                batch = reader.batch()
                end = {"streamNextOffset": api.tail(deployment)}
                assert batch == ([], {**end, "upToDate": True, "streamClosed": True})
                assert reader.next() is None

    def test_a_returning_reader_at_the_end_stops(self, api: Api) -> None:
        """204 for an EventSource that has all of it, or it would come back for ever; one that
        lacks the last record gets it.

        Caught: 204 for everybody who returns to a finished log."""
        deployment = api.create()
        api.append_lines(deployment, 1, 2)
        api.finish(deployment)
        tail = api.tail(deployment)
        with api.follow(deployment, "offset=-1", {"Last-Event-ID": tail}) as reader:
            assert reader.status == 204
            assert reader.exchange.read_all() == b""
        before_end = {"Last-Event-ID": offset_at(tail, 2)}
        with api.follow(deployment, "offset=-1", before_end) as reader:
            assert reader.status == 200
            assert [record["kind"] for record in reader.rest()] == ["end"]

    def test_a_returning_reader_of_an_open_log_goes_on(self, api: Api) -> None:
        """At the tail of a log that is open it waits like any other."""
        deployment = api.create()
        api.append_lines(deployment, 1, 2)
        last = {"Last-Event-ID": api.tail(deployment)}
        with api.follow(deployment, "offset=-1", last) as reader:
            assert reader.batch().records == []
            api.append_lines(deployment, 3, 3)
            assert [record["n"] for record in reader.batch().records] == [3]

    def test_head_asks_only_for_the_headers(self, api: Api) -> None:
        """`HEAD` of a live address ends, and its connection goes on; it does not follow the log."""
        deployment = api.create()
        for query in ("live=sse&offset=-1", "offset=now"):
            answer = api.request(
                "HEAD",
                f"/v1/deployments/{deployment}/log?{query}",
                headers={"Accept": "text/event-stream"},
                timeout=2,
            )
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/event-stream"
            assert answer.headers.get("connection") != "close"

    def test_readers_of_several_logs_do_not_mix(self, api: Api) -> None:
        """Each follower gets the records of its own log, though all grow at once."""
        logs = [api.create() for _ in range(5)]
        readers = [api.follow(one) for one in logs]
        for round_ in range(10):
            for one in logs:
                api.append(one, f"{one} {round_}\n")
        for one, reader in zip(logs, readers, strict=True):
            api.finish(one)
            with reader:
                texts = [record.get("text") for record in reader.rest()]
            assert texts == [f"{one} {round_}" for round_ in range(10)] + [None]

    def test_one_who_leaves_disturbs_nobody(self, api: Api) -> None:
        """Readers that break off at any moment leave the others' stream as it was."""
        deployment = api.create()
        with api.follow(deployment) as stays:
            for number in range(1, 31):
                leaves: Exchange = api.follow(deployment).exchange
                api.append_lines(deployment, number, number)
                leaves.abort()
            api.finish(deployment)
            assert [record["n"] for record in stays.rest()] == list(range(1, 32))
