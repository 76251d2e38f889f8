"""Anything at all, as the body of an append, as a place, as a message on a WebSocket: taken as it
is meant, or refused as bad input."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.deployments.incoming import parse_json, parse_ndjson
from logflume.deployments.line_records import encode_incoming, encode_lines
from logflume.deployments.lines import lines_of
from logflume.deployments.markers import marks_of
from logflume.errors import BadInput
from logflume.generic.messages import records_of
from logflume.http.socket_requests import Subscribe, Unsubscribe, asked_for
from logflume.records import Seq
from tests.answers import Answers
from tests.appending import Log
from tests.fuzzing import tried
from tests.servers import ServerProcess

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
good = st.fixed_dictionaries(
    {"text": texts | st.sampled_from(["::group::a", "::error::b", "section_start:1:x\r\x1b[0K"])},
    optional={
        "stream": st.sampled_from(["stdout", "stderr", "system"]),
        "level": st.text("abc", max_size=32),
        "sent": st.just("2026-11-29T01:02:03Z"),
        "partial": st.booleans(),
        "unknown": st.integers(-5, 5) | texts,
    },
)
odd = st.dictionaries(st.sampled_from(["text", "stream", "level", "sent", "partial", "x"]), values)
PIECES = [
    b"\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\u",
    b"\\ud800",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\0",
    b",",
]


@st.composite
def spoilt(draw: st.DrawFn, rows: list[Any], *, lines: bool) -> bytes:
    """The rows as JSON, a few bytes of which may be others."""
    encoded = [json.dumps(row, ensure_ascii=draw(st.booleans())) for row in rows]
    text = "\n".join(encoded) if lines else "[" + ", ".join(encoded) + "]"
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.sampled_from(PIECES))
    return bytes(data)


def mended(text: str) -> str:
    """Without halves of characters."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def plain(value: object) -> str:
    """As JSON, in which values of any kind can be compared."""
    return json.dumps(value, ensure_ascii=False)


def written(body: bytes, *, lines: bool) -> list[dict[str, Any]]:
    """The records that a body becomes, read by another's parser."""
    incoming = parse_ndjson(body) if lines else parse_json(body)
    chunk = encode_incoming(incoming, "stdout", 0, body)(Seq(1))
    records = [json.loads(record) for record in chunk.records()]
    assert [record["n"] for record in records] == list(range(1, len(records) + 1))
    return records


@tried(150)
@given(st.lists(good, min_size=1, max_size=5), st.booleans())
def test_good_records_are_what_they_say(rows: list[dict[str, Any]], lines: bool) -> None:
    """However they are written, read again by another's parser."""
    encoded = [json.dumps(row) for row in rows]
    body = "\n".join(encoded) if lines else f"[{','.join(encoded)}]"
    records = written(body.encode(), lines=lines)
    assert [record["text"] for record in records] == [row["text"] for row in rows]
    for record, row in zip(records, rows, strict=True):
        assert record["stream"] == row.get("stream", "stdout")
        assert record.get("partial", False) == row.get("partial", False)


@tried(200)
@given(st.data(), st.lists(good | odd | values, max_size=4), st.booleans())
def test_any_body_is_records_or_refused(data: st.DataObject, rows: list[Any], lines: bool) -> None:
    """And where another's parser reads lines of the right shape out of it, they are those."""
    body = data.draw(spoilt(rows, lines=lines))
    try:
        records = written(body, lines=lines)
    except BadInput:
        return
    with suppress(ValueError):
        known = [json.loads(row) for row in body.decode().split("\n") if row.strip()]
        known = known if lines else known[0] if isinstance(known[0], list) else known
        assert [record["text"] for record in records] == [mended(row["text"]) for row in known]


@tried(150)
@given(st.data(), st.lists(values, max_size=4))
def test_any_messages_are_taken_or_refused(data: st.DataObject, rows: list[Any]) -> None:
    """In a generic log: what is taken is what another's parser reads."""
    body = data.draw(spoilt(rows, lines=False))
    try:
        messages = records_of(body, "application/json")
    except BadInput:
        return
    with suppress(ValueError):
        known = json.loads(body)
        taken = [json.loads(message) for message in messages]
        assert plain(taken) == mended(plain(known if isinstance(known, list) else [known]))


MARKS = [
    *[
        "::group::",
        "::endgroup::",
        "::error ",
        "::warning file=a::",
        "##[group]",
        "##[error]",
        "::",
    ],
    *["section_start:1:a", "section_end:1:a", "[collapsed=true]", "\r\x1b[0K", "--- ", "^^^ +++"],
    *["\n", "\r\n", "\n", "\x1b[31m", "\x00", "%0A", "é", "x" * 70_000, "\u2028", " "],
]


@tried(150)
@given(st.lists(st.sampled_from(MARKS) | texts, max_size=10).map("".join), st.booleans())
def test_markers_change_no_line(text: str, buildkite: bool) -> None:
    """Whatever they say, the lines are those of the text; and each line says what it says alone.

    Caught: a marker that is found only beside others, or at another place."""
    body = text.encode()
    lines = lines_of(body)
    marks = marks_of(lines, body, buildkite=buildkite)
    records = [json.loads(one) for one in encode_lines(lines, "stdout", 0, marks)(Seq(1)).records()]
    assert [record["text"] for record in records] == [line for line, _ in lines]
    goes_on = False
    for place, (line, partial) in enumerate(lines):
        alone = marks_of([(line, partial)], line.encode(), goes_on=goes_on, buildkite=buildkite)
        assert marks.get(place) == alone.get(0)
        goes_on = partial


asked = st.fixed_dictionaries(
    {"type": st.sampled_from(["subscribe", "unsubscribe", "x"]), "log": texts | values},
    optional={"offset": texts | values, "tail": values, "from": values, "x": values},
)


@tried(150)
@given(asked.map(json.dumps) | values.map(json.dumps) | texts | st.none())
def test_any_message_asks_or_is_refused(text: str | None) -> None:
    """On a WebSocket."""
    try:
        found = asked_for(text)
    except BadInput:
        return
    said = json.loads(text or "")
    assert isinstance(found, Subscribe if said["type"] == "subscribe" else Unsubscribe)
    assert found.log == said["log"]


OFFSET = re.compile(rb"[0-9]{16}_[0-9]{16}")
places = (
    st.binary(max_size=40)
    | st.from_regex(rb"[0-9]{15,17}[_-][0-9]{15,17}", fullmatch=True)
    | st.sampled_from([b"-1", b"now", b"0", b"\xd9\xa3", b"9" * 400, b" ", b"1_0"])
)


@pytest.fixture(scope="module")
def log(memory_server: ServerProcess) -> Iterator[Log]:
    """An empty one."""
    made = Log(memory_server.url)
    yield made
    made.close()


@tried(50)
@given(places)
def test_any_last_event_id_is_a_place_or_refused(log: Log, place: bytes) -> None:
    """400 for what is none; what looks like one is of another epoch, or beyond the tail."""
    header = re.sub(rb"[\0-\x1f\x7f]", b"?", place).strip()
    head = (
        f"GET {log.path}?live=sse&offset=-1 HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: ".encode()
    )
    with Answers(log.server_url) as answers:
        answers.socket.sendall(head + header + b"\r\n\r\n")
        status, _, _ = answers.next()
    assert status in ((409, 416) if OFFSET.fullmatch(header) else (400,))
