"""A text body that never seems to end: its lines are there for everybody while it is sent."""

from __future__ import annotations

import time
from statistics import median

import pytest

from tests.contract.api import Api, seq_of
from tests.exchange import Exchange
from tests.sse import SseReader

PENDING_SECONDS = 0.2
"""How long a line waits for its newline before it is shown as it is."""


class TestStreaming:
    def test_lines_are_seen_while_it_is_sent(self, api: Api) -> None:
        """Each line reaches a watcher before the next is sent, within 100 ms, the fsync included.

        Caught: a body that is read to its end before anything is stored."""
        deployment = api.create()
        seconds = []
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            for number in range(1, 51):
                began = time.monotonic()
                stream.send(b"line %d\n" % number)
                records = reader.records_until(lambda record: "text" in record)
                seconds.append(time.monotonic() - began)
                assert [(r["n"], r["text"]) for r in records] == [(number, f"line {number}")]
            stream.end()
            assert stream.status == 204
            assert stream.headers["stream-next-offset"] == api.tail(deployment)
        print(f"line sent to line seen: {median(seconds) * 1e3:.2f} ms, {max(seconds) * 1e3:.1f}")
        assert median(seconds) < 0.1

    def test_a_prompt_is_seen_without_its_newline(self, api: Api) -> None:
        """After 200 ms, as `partial`; the answer goes on in the next record.

        Caught: lines that are shown only when they end."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            began = time.monotonic()
            stream.send(b"before\nDeploy to production? [y/N] ")
            records = reader.records_until(lambda record: record.get("partial", False))
            waited = time.monotonic() - began
            stream.send(b"y\nafter\n")
            records += reader.records_until(lambda record: record["text"] == "after")
            stream.end()
            assert stream.status == 204
        print(f"prompt seen after {waited * 1e3:.0f} ms")
        assert PENDING_SECONDS * 0.9 < waited < PENDING_SECONDS + 1
        assert api.text(deployment) == b"before\nDeploy to production? [y/N] y\nafter\n"
        assert [record["text"] for record in records][-2:] == ["y", "after"]

    def test_a_progress_bar_is_seen_while_it_grows(self, api: Api) -> None:
        """Bytes that trickle in without a newline do not put off what has waited 200 ms.

        Caught: a clock that starts again with every byte."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            reader.batch()
            began = time.monotonic()
            sent = 0
            while time.monotonic() - began < PENDING_SECONDS + 1:
                stream.send(b".")
                sent += 1
                if arrived(reader, seconds=0.02):
                    break
            waited = time.monotonic() - began
            stream.send(b"done\n")
            stream.end()
            assert stream.status == 204
        print(f"progress seen after {waited * 1e3:.0f} ms and {sent} pieces")
        assert PENDING_SECONDS * 0.9 < waited < PENDING_SECONDS + 1
        assert api.text(deployment) == b"." * sent + b"done\n"

    def test_lines_that_come_in_pieces_stay_whole(self, api: Api) -> None:
        """A line is cut only if it has waited itself: not because the stream never pauses at a
        newline.

        Caught: a clock that goes on from one pending line to the next."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            began = time.monotonic()
            stream.send(b"0 begins")
            number = 0
            while time.monotonic() - began < 3 * PENDING_SECONDS:
                stream.send(b" and ends\n%d begins" % (number + 1))
                number += 1
                reader.records_until(lambda record: True)
                if arrived(reader, seconds=0.02):  # nothing is due: each waits 20 ms only
                    break
            stream.send(b" and ends\n")
            stream.end()
            assert stream.status == 204
        records = api.records(deployment)
        assert [record["text"] for record in records if "partial" in record] == []
        assert [record["text"] for record in records] == [
            f"{n} begins and ends" for n in range(number + 1)
        ]

    def test_a_character_may_come_in_pieces(self, api: Api) -> None:
        """Its bytes may be 200 ms apart, and `\\r` from its `\\n`: nothing is lost or mangled.

        Caught: a pending line that is decoded with half a character."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            stream.send(b"price: 3 \xe2\x82")
            partial = reader.records_until(lambda record: "partial" in record)
            stream.send(b"\xac")
            partial += reader.records_until(lambda record: "partial" in record)
            stream.send(b" net\r")
            partial += reader.records_until(lambda record: "partial" in record)
            stream.send(b"\nnext\n")
            stream.end()
            assert stream.status == 204
        assert [record["text"] for record in partial] == ["price: 3 ", "€", " net"]
        assert api.text(deployment) == "price: 3 € net\nnext\n".encode()

    def test_what_came_before_it_broke_off_stays(self, api: Api) -> None:
        """A producer that dies loses nothing that arrived, not even a line without its newline.

        Caught: dropping what is pending when the client goes away."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            stream.send(b"one\ntwo\nthr")
            reader.records_until(lambda record: record["text"] == "two")
            stream.abort()
            records = reader.records_until(lambda record: record["text"] in ("thr", ""))
        assert "".join(record["text"] for record in records) == "thr"

    @pytest.mark.parametrize("body", [b"", b"x", b"x\n", b"\n\n", b"\r", b"\xff"])
    def test_short_ones_end_too(self, api: Api, body: bytes) -> None:
        """A stream may be empty, or end without a newline, with a return, within a character."""
        deployment = api.create()
        with api.stream(deployment) as stream:
            if body:
                stream.send(body)
            stream.end()
            assert stream.status == 204
            assert seq_of(stream.headers["stream-next-offset"]) == len(api.records(deployment))
        shown = body.decode("utf-8", "replace").encode()
        assert api.text(deployment) == (
            shown if not body or body.endswith(b"\n") else shown + b"\n"
        )

    def test_its_lines_are_of_the_stream_it_names(self, api: Api) -> None:
        """`?stream=stderr` holds for all of them, partial ones too."""
        deployment = api.create()
        with api.stream(deployment, query="?stream=stderr") as stream:
            stream.send(b"one\n" + b"x" * 70_000)
            stream.end()
            assert stream.status == 204
        assert {record["stream"] for record in api.records(deployment)} == {"stderr"}

    def test_two_may_be_open_at_once(self, api: Api) -> None:
        """stdout and stderr of one command, each in order, neither waiting for the other."""
        deployment = api.create()
        with (
            api.stream(deployment) as out,
            api.stream(deployment, query="?stream=stderr") as err,
            api.follow(deployment) as reader,
        ):
            for number in range(10):
                for name, stream in (("stdout", out), ("stderr", err)):
                    stream.send(b"%d\n" % number)
                    (record,) = reader.records_until(lambda record: "text" in record)
                    assert (record["stream"], record["text"]) == (name, str(number))


class TestStreamRefused:
    def test_a_closed_log_answers_at_once(self, api: Api) -> None:
        """409 while the body is open: a producer need not send all of it to be told."""
        deployment = api.create()
        api.finish(deployment)
        with api.stream(deployment) as stream:
            stream.send(b"late\n")
            refused(stream, 409, "log-closed")
            assert stream.headers["stream-closed"] == "true"
            assert stream.headers["stream-next-offset"] == api.tail(deployment)

    def test_a_log_that_ends_meanwhile_refuses_the_rest(self, api: Api) -> None:
        """Lines that come after the end are answered with 409; those before it stay."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            stream.send(b"before\n")
            reader.records_until(lambda record: record["text"] == "before")
            api.finish(deployment)
            stream.send(b"after\n")
            refused(stream, 409, "log-closed")
        assert api.texts(deployment) == ["before"]

    def test_a_log_that_is_deleted_meanwhile_is_unknown(self, api: Api) -> None:
        """404 for the rest."""
        deployment = api.create()
        with api.stream(deployment) as stream, api.follow(deployment) as reader:
            stream.send(b"before\n")
            reader.records_until(lambda record: record["text"] == "before")
            api.request("DELETE", f"/v1/deployments/{deployment}")
            stream.send(b"after\n")
            refused(stream, 404, "no-such-log")

    def test_a_batch_in_chunks_is_still_a_batch(self, api: Api) -> None:
        """NDJSON is stored whole or not at all, however it is sent.

        Caught: taking everything that is chunked for a stream."""
        deployment = api.create()
        with api.stream(deployment, "application/x-ndjson") as stream:
            stream.send(b'{"text":"good"}\n')
            stream.send(b'{"text":"bad"\n')
            stream.end()
            refused(stream, 400, "bad-request")
        with api.stream(deployment, "application/x-ndjson") as stream:
            stream.send(b'{"text":"good"}\n')
            stream.send(b'{"text":"cut ')
            stream.abort()
        api.append(deployment, "next")
        assert api.texts(deployment) == ["next"]


def arrived(reader: SseReader, *, seconds: float) -> bool:
    """Whether a batch comes within this time."""
    try:
        reader.batch(seconds)
    except TimeoutError:
        return False
    return True


def refused(stream: Exchange, status: int, name: str) -> None:
    assert stream.status == status
    assert stream.headers["x-content-type-options"] == "nosniff"
    assert f"problem:{name}" in stream.read_all().decode()


__all__ = ["TestStreamRefused", "TestStreaming"]
