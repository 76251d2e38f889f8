"""Whatever markers are in a text: nothing of it is lost, and it does not matter how it comes."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logflume.client.records import LogRecord, decode
from logflume.deployments.line_records import encode_lines, text_of
from logflume.deployments.lines import lines_of
from logflume.deployments.markers import Marker, marks_of
from logflume.records import Seq
from tests.asgi import App, Client

NOON_US = 1_795_435_200_000_000
ATOMS = [
    *("::group::", "::endgroup::", "::error::", "##[group]", "T", " ", "\n", "\n", "é", "%0A"),
    *("section_start:1:a", "section_end:1:a", "[collapsed=true]", "\r\x1b[0K", "--- ", "^^^ +++"),
    *("\x1b[31m", '"', "\\", "x" * (64 * 1024 - 12), "\u2028"),
]
bodies = st.lists(st.sampled_from(ATOMS), max_size=16).map(lambda parts: "".join(parts).encode())


class Sender(Client):
    """A client whose body comes in pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self._pieces = pieces

    async def receive(self) -> dict[str, Any]:
        piece = self._pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(self._pieces)}


async def stored(pieces: list[bytes], content_type: str, markers: str, **headers: str) -> bytes:
    """The history of a log to which this was appended, all at the same time."""
    app = App()
    log = f"/v1/deployments/{await app.deployment()}/log"
    client = Sender(pieces)
    address = f"{log}?markers={markers}" if markers else log
    await app.run(client, "POST", address, {"Content-Type": content_type, **headers})
    assert client.answer.status == 204
    history = await app.call("GET", f"{log}?format=ndjson")
    rows = [json.loads(row) for row in history.body.splitlines()]
    return json.dumps([{**row, "time": ""} for row in rows]).encode()


@settings(deadline=None, max_examples=60)
@example(b"x\n::group::T\ny\n", [6], "")
@example(b"x" * 64 * 1024 + b"::group::T\n", [], "")
@given(bodies, st.lists(st.integers(0, 2000), max_size=4), st.sampled_from(["", "buildkite"]))
def test_however_a_text_comes_its_records_are_the_same(
    body: bytes, cuts: list[int], markers: str
) -> None:
    """At once, in pieces, or as NDJSON, a line or a record each. Caught: a marker that is cut by
    the pieces; a continuation taken for one; a look at the body that misses one."""

    async def check() -> None:
        at_once = await stored([body], "text/plain", markers, **{"Content-Length": str(len(body))})
        edges = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
        pieces = [body[start:end] for start, end in pairwise(edges)]
        chunked = {"Transfer-Encoding": "chunked"}
        assert await stored(pieces, "text/plain", markers, **chunked) == at_once
        rows = [{"text": text, "partial": partial} for text, partial in lines_of(body)]
        ndjson = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        length = {"Content-Length": str(len(ndjson))}
        assert await stored([ndjson], "application/x-ndjson", markers, **length) == at_once

    asyncio.run(check())


@given(bodies, st.booleans())
def test_a_log_read_as_text_is_what_was_sent(body: bytes, buildkite: bool) -> None:
    """To the byte, and a record without its marker is the record of any line."""
    lines = lines_of(body)
    marked = encode_lines(lines, "stdout", NOON_US, marks_of(lines, body, buildkite=buildkite))
    plain = encode_lines(lines, "stdout", NOON_US)(Seq(1))
    chunk = marked(Seq(1))
    assert text_of(chunk.body) == body + (b"\n" if body and not body.endswith(b"\n") else b"")
    told = set(Marker.__struct_fields__)
    for record, line in zip(chunk.records(), plain.records(), strict=True):
        said = {k: v for k, v in json.loads(record).items() if k not in told}
        assert json.dumps(said) == json.dumps(json.loads(line))


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("::group::In é", '"kind":"group","group":"In é","open":true,"stream":"stdout"'),
        ("::endgroup::", '"kind":"group","open":false,"stream":"stdout"'),
        ("::error::x", '"level":"error","stream":"stdout"'),
        ("~~~ a", '"kind":"group","group":"a","open":true,"collapsed":true,"dimmed":true,'),
        ("^^^ +++", '"kind":"group","expands":true,"stream":"stdout"'),
    ],
)
def test_a_record_is_the_object_that_the_api_promises(text: str, record: str) -> None:
    """Field by field, in that order, with no other space or escape than a line has."""
    marks = marks_of([(text, False)], text.encode(), buildkite=True)
    row = encode_lines([(text, False)], "stdout", NOON_US, marks)(Seq(17)).body.decode()
    assert row.startswith('{"n":17,"time":"2026-11-23T12:00:00.000000Z",' + record)
    assert row.endswith(f'"stream":"stdout","text":"{text}"}}\n')


def test_a_client_gets_what_a_record_says() -> None:
    """All of it, in Python's words."""
    text = "section_end:1:a\rsection_start:2:b[collapsed=true]\rB"
    marks = marks_of([(text, False)], text.encode())
    [row] = encode_lines([(text, False)], "stdout", NOON_US, marks)(Seq(1)).records()
    record = decode(row, LogRecord)
    assert (record.kind, record.text, record.stream) == ("group", text, "stdout")
    assert (record.group, record.open, record.collapsed) == ("B", True, True)
    assert (record.section, record.ends, record.expands) == ("b", ("a",), False)


def test_encoding_again_with_another_number_changes_only_the_numbers() -> None:
    """A store that loses its compare-and-set encodes again."""
    lines = [("x", False), ("::group::T", False), ("y", False)]
    encode = encode_lines(lines, "stdout", NOON_US, marks_of(lines, b"::group::T"))
    first, second = ([json.loads(r) for r in encode(Seq(n)).records()] for n in (1, 8))
    assert [record.pop("n") for record in first + second] == [1, 2, 3, 8, 9, 10]
    assert first == second
