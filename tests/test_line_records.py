"""The records of a deployment's log, and how they are parsed from what producers send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.deployments.incoming import parse_json, parse_ndjson
from logflume.deployments.line_records import encode_end, encode_incoming, encode_lines, text_of
from logflume.errors import BadInput, BadRecord
from logflume.records import Encoder, Seq

NOON_US = 1_795_435_200_000_000


def encoded(encode: Encoder, first: int = 1) -> list[dict[str, Any]]:
    return [json.loads(record) for record in encode(Seq(first)).records()]


def test_a_line_is_the_object_that_the_api_promises() -> None:
    """Field by field, in that order."""
    chunk = encode_lines([("héllo", False)], "stderr", NOON_US)(Seq(17))
    assert chunk.body.decode() == (
        '{"n":17,"time":"2026-11-23T12:00:00.000000Z","stream":"stderr","text":"héllo"}\n'
    )


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())))
def test_any_text_survives_its_encoding(lines: list[tuple[str, bool]]) -> None:
    """And no record holds a raw newline but its own."""
    chunk = encode_lines(lines, "stdout", NOON_US)(Seq(5))
    records = [json.loads(record) for record in chunk.records()]
    assert [(r["text"], r.get("partial", False)) for r in records] == lines
    assert [r["n"] for r in records] == list(range(5, 5 + len(lines)))
    assert chunk.body.count(b"\n") == len(lines)


def test_encoding_again_with_another_number_changes_only_the_numbers() -> None:
    """A store that loses its compare-and-set encodes again."""
    encode = encode_incoming(parse_ndjson(b'{"text":"a"}\n{"text":"b"}'), "stdout", NOON_US)
    first, second = encoded(encode, 1), encoded(encode, 8)
    assert [r.pop("n") for r in first + second] == [1, 2, 8, 9]
    assert first == second


def test_what_producers_may_say_is_kept_and_the_rest_ignored() -> None:
    """`sent`, `stream`, `level`, `partial`; not `n`, not what Logflume does not know."""
    sent = "2026-11-23T12:00:00.5+01:00"
    line = {"text": "x", "sent": sent, "stream": "system", "level": "warn", "partial": True}
    [record] = encoded(
        encode_incoming(parse_json(json.dumps({**line, "n": 99, "__proto__": 1}).encode()), "", 0)
    )
    assert record.pop("n") == 1
    assert record.pop("time")
    assert record == {**line, "sent": "2026-11-23T12:00:00.500000+01:00"}


def test_a_long_text_becomes_partial_records() -> None:
    """Of at most 64 KiB, none cutting a character; the parts together are the text."""
    text = "é" * 100_000
    body = json.dumps([{"text": text}]).encode()
    records = encoded(encode_incoming(parse_json(body), "stdout", 0))
    assert "".join(record["text"] for record in records) == text
    assert [record.get("partial", False) for record in records] == [True, True, True, False]
    assert all(len(record["text"].encode()) <= 64 * 1024 for record in records)


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (b'{"text":"a"}\n\n \n{"text":"b"}', ["a", "b"]),
        (b'\xef\xbb\xbf{"text":"bom"}\n', ["bom"]),
        (b'{"text":"\\ud800x"}', ["\ufffdx"]),
        (b'{"text":"\xff"}', ["\ufffd"]),
        (b'{"text":"\\u0000"}', ["\0"]),
        (b'{"text":"a\xe2\x80\xa8b"}', ["a\u2028b"]),
        (b"", []),
    ],
)
def test_text_is_never_refused_for_what_it_contains(body: bytes, texts: list[str]) -> None:
    """Bytes that are not UTF-8 and lone surrogates become U+FFFD."""
    assert [line.text for line in parse_ndjson(body)] == texts


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (b'{"text":', BadInput),
        (b'{"text":NaN}', BadInput),
        (b'{"text":"x","deep":' + b"[" * 100_000, BadInput),
        (b"1" * 5000, BadInput),
        (b'{"text":5}', BadRecord),
        (b'{"text":null}', BadRecord),
        (b"{}", BadRecord),
        (b'["text"]', BadRecord),
        (b'{"text":"x","stream":"other"}', BadRecord),
        (b'{"text":"x","sent":"2026-02-30T00:00:00Z"}', BadRecord),
        (b'{"text":"x","sent":"2026-02-03T00:00:00"}', BadRecord),
    ],
)
def test_a_bad_line_is_named(row: bytes, error: type[BadInput]) -> None:
    """Line 57 of 100. Caught: counting lines from 0, or not counting blank ones."""
    rows = [b'{"text":"x"}'] * 100
    rows[3], rows[56] = b"", row
    with pytest.raises(error) as refused:
        parse_ndjson(b"\n".join(rows))
    assert refused.value.line == 57
    assert type(refused.value) is error


def test_the_end_tells_what_stands_before_it() -> None:
    """Status, exit code, count and digest."""
    [end] = encoded(encode_end("failed", 3, 16, "ab" * 32, NOON_US), 17)
    expected = {"n": 17, "kind": "end", "status": "failed", "exit_code": 3, "lines": 16}
    time = "2026-11-23T12:00:00.000000Z"
    assert end == {**expected, "time": time, "digest": "sha256:" + "ab" * 32}


def test_plain_text_is_the_texts_alone() -> None:
    """Partial records go on in the same line; records of other kinds are not text."""
    lines = encode_lines([("a", True), ("b", False), ("c", False)], "stdout", 0)(Seq(1)).body
    end = encode_end("failed", 3, 3, "", 0)(Seq(4)).body
    assert text_of(lines) == text_of(lines + end) == b"ab\nc\n"


@pytest.mark.parametrize(
    "body",
    [b'{"text":"a"}{"text":"b"}\n{"text":\n"c"}', b'{"text":"a"} {"text":"b"}', b'{"text":\n"a"}'],
)
def test_a_line_is_one_object_and_an_object_one_line(body: bytes) -> None:
    """Also where the counts of both agree by chance."""
    with pytest.raises(BadInput):
        parse_ndjson(body)
