"""Follow a generic log by Server-Sent Events: text line by line, bytes as base64, forks."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest

from tests.contract.api import Api
from tests.contract.generic import BYTES, JSON, TEXT, GenericLog
from tests.exchange import Exchange
from tests.sse import dispatched


def followed(log: GenericLog, query: str = "offset=-1") -> tuple[dict[str, str], bytes]:
    """The headers and every byte of the stream of a log that is closed."""
    with Exchange("GET", f"{log.url}?live=sse&{query}", chunked=False) as exchange:
        assert exchange.status == 200
        return exchange.headers, exchange.read_all()


def paired(stream: bytes) -> list[bytes]:
    """The data of each data event; each must have its control event behind it."""
    events = dispatched(stream)
    assert [event for event, _ in events] == ["data", "control"] * (len(events) // 2)
    for _, control in events[1::2]:
        assert json.loads(control)["streamNextOffset"]
    return [data for _, data in events[::2]]


TEXTS = {
    "plain": (b"one", b"one"),
    "lines": (b"one\ntwo\n", b"one\ntwo\n"),
    "CRLF": (b"one\r\ntwo\r\n", b"one\ntwo\n"),
    "progress": (b"10%\r20%\r", b"10%\n20%\n"),
    "empty lines": (b"\n\n\n", b"\n\n\n"),
    "indented": (b"  two\n one\n\ttab", b"  two\n one\n\ttab"),
    "a colon": (b": no comment\n:", b": no comment\n:"),
    "unicode": ("é\u2028\u0085\U0001fab5".encode(), "é\u2028\u0085\U0001fab5".encode()),
}
FORGED = b'x\n\nevent: control\ndata:{"streamClosed":true}\n\nid: 9\nretry: 1\n\n'


class TestTextStream:
    @pytest.mark.parametrize(("text", "read"), TEXTS.values(), ids=list(TEXTS))
    def test_text_comes_line_by_line(self, api: Api, text: bytes, read: bytes) -> None:
        """As it was, but that every line end is a line feed; and not as base64.

        Caught: a line's own first space lost, a carriage return that ends an event."""
        log = GenericLog(api).make("text/plain; charset=utf-8", text, Stream_Closed="true")
        headers, stream = followed(log)
        assert paired(stream) == [read]
        assert headers["content-type"] == "text/event-stream"
        assert "stream-sse-data-encoding" not in headers
        assert b"\r" not in stream

    @pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
    def test_what_a_log_says_is_never_an_event(self, api: Api, end: bytes) -> None:
        """Nor an id, nor a pause. Caught: splitting at line feeds alone."""
        log = GenericLog(api).make(TEXT, FORGED.replace(b"\n", end), Stream_Closed="true")
        _, stream = followed(log)
        [data] = paired(stream)
        assert data == FORGED
        assert stream.count(b"\nid: ") == 1

    def test_appends_of_any_cut_come_together_as_one_text(self, api: Api) -> None:
        """Within a line, and before its end."""
        log = GenericLog(api).make()
        for part in ("o", "ne\nt", "wo", "\n", "three"):
            log.append(part)
        log.close()
        _, stream = followed(log)
        assert b"".join(paired(stream)) == b"one\ntwo\nthree"


class TestByteStream:
    @pytest.mark.parametrize(
        "content_type", [BYTES, "application/x-ndjson", "image/png", "application/problem+json"]
    )
    def test_bytes_come_as_base64(self, api: Api, content_type: str) -> None:
        """All of them, each event by itself; a header says so."""
        body = bytes(range(256)) + b'\n\nevent: control\ndata:{"streamClosed":true}\n\n'
        log = GenericLog(api).make(content_type, body)
        log.append(b"x", content_type, Stream_Closed="true")
        headers, stream = followed(log)
        assert headers["stream-sse-data-encoding"] == "base64"
        parts = [b64decode(data, validate=True) for data in paired(stream)]
        assert b"".join(parts) == body + b"x"

    def test_each_live_batch_can_be_decoded_by_itself(self, api: Api) -> None:
        """Whatever its length. Caught: base64 that goes on from one event to the next."""
        log = GenericLog(api).make(BYTES)
        with Exchange("GET", f"{log.url}?live=sse&offset=now", chunked=False) as exchange:
            stream = exchange.read()
            for n in range(1, 6):
                log.append(b"\xff" * n, BYTES)
                while stream.count(b"event: data") < n:
                    stream += exchange.read()
            log.close()
            stream += exchange.read_all()
        found = [b64decode(data) for event, data in dispatched(stream) if event == "data"]
        assert found == [b"\xff" * n for n in range(1, 6)]


class TestForkStream:
    def test_a_fork_is_followed_over_where_it_begins(self, api: Api) -> None:
        """Its source's messages, then its own, live; what its source grows by is not among them.

        Caught: a follower of a fork that wakes with its source."""
        log = GenericLog(api).make(JSON, "[1,2,3]")
        fork = log.fork(Stream_Fork_Offset=log.get("limit=2").headers["stream-next-offset"])
        with fork.follow() as reader:
            assert reader.batch().records == [1, 2]
            log.append("4", JSON)
            fork.append("[30,40]", JSON)
            assert reader.batch().records == [30, 40]
            log.request("DELETE")
            fork.append("50", JSON)
            assert reader.batch().records == [50]
            fork.close()
            assert reader.rest() == []
        assert fork.messages() == [1, 2, 30, 40, 50]

    def test_an_offset_of_the_source_goes_on_in_the_fork(self, api: Api) -> None:
        """Up to where it begins; one beyond is refused, by every pattern.

        Caught: a place in the source that is taken for one of the fork's own records."""
        log = GenericLog(api).make(JSON, "[1,2,3,4]")
        places = [log.get(f"limit={n}").headers["stream-next-offset"] for n in (1, 2, 3)]
        fork = log.fork(Stream_Fork_Offset=places[1])
        fork.append("[30,40]", JSON)
        assert fork.messages(f"offset={places[0]}") == [2, 30, 40]
        with fork.follow(f"offset={places[1]}") as reader:
            assert reader.batch().records == [30, 40]
        for query in ("", "&live=sse", "&live=long-poll"):
            assert fork.get(f"offset={places[2]}{query}").status_code == 409

    def test_a_fork_begins_within_what_its_source_says(self, api: Api) -> None:
        """So many bytes of a text, so many messages of JSON, after its place."""
        text = GenericLog(api).make(TEXT, "hello ")
        text.append("world")
        place = text.get("limit=1").headers["stream-next-offset"]
        part = text.fork(Stream_Fork_Offset=place, Stream_Fork_Sub_Offset="3")
        part.append("!")
        assert part.content() == b"hello wor!"
        messages = GenericLog(api).make(JSON, "[1,2,3]")
        place = messages.get("limit=1").headers["stream-next-offset"]
        fork = messages.fork(Stream_Fork_Offset=place, Stream_Fork_Sub_Offset="1")
        assert fork.messages() == [1, 2]

    def test_offsets_rise_over_where_a_fork_begins(self, api: Api) -> None:
        """As text, page after page, of a fork of a fork, back and forth."""
        root = GenericLog(api).make(JSON, "[1,2,3]")
        fork = root.fork()
        fork.append("[4,5]", JSON)
        twig = fork.fork()
        twig.append("[6]", JSON)
        offsets, seen, query = [], list[int](), "limit=1"
        while len(seen) < 6:
            page = twig.get(query)
            seen += page.json()
            offsets.append(page.headers["stream-next-offset"])
            query = f"limit=1&offset={offsets[-1]}"
        assert seen == [1, 2, 3, 4, 5, 6]
        assert offsets == sorted(set(offsets))
        back: list[int] = []
        for offset in reversed(offsets):
            back += twig.messages(f"before={offset}&limit=1")
        assert back == [6, 5, 4, 3, 2, 1]
