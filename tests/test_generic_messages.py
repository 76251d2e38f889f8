"""What an appended body becomes: the messages that were sent, digit for digit, a line each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logflume.errors import BadInput
from logflume.generic.messages import encoder_of, records_of
from logflume.records import Seq

JSON = "application/json"


def number_literals() -> st.SearchStrategy[str]:
    """Numbers as JSON writes them, also those that no program can hold."""
    whole = st.from_regex(r"-?(0|[1-9][0-9]{0,40})", fullmatch=True)
    part = st.just("") | st.from_regex(r"\.[0-9]{1,30}", fullmatch=True)
    power = st.just("") | st.from_regex(r"[eE][+-]?[0-9]{1,6}", fullmatch=True)
    return st.builds("{}{}{}".format, whole, part, power)


def string_literals() -> st.SearchStrategy[str]:
    """Strings with whatever escapes, lone surrogates among them."""
    written = st.builds(json.dumps, st.text(), ensure_ascii=st.booleans())
    escapes = st.lists(
        st.sampled_from(
            [r"\ud800", r"\uDFFF", r"\ud83d\ude00", r"\/", r"\u0000", r"\n", "é", "\x7f", "{,["]
        )
    )
    return written.filter(is_unicode) | escapes.map(lambda parts: f'"{"".join(parts)}"')


def is_unicode(literal: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in literal)


blank = st.text(" \t\r\n", max_size=3)


@st.composite
def spaced(draw: Callable[[Any], Any], tokens: list[str]) -> str:
    """These tokens, with white space wherever it may be."""
    return "".join(draw(blank) + token for token in tokens) + str(draw(blank))


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(values, max_size=4)
    return items.flatmap(lambda found: spaced(["[", ",".join(found), "]"]))


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.builds("{} :\n{}".format, string_literals(), values), max_size=4)
    return members.flatmap(lambda found: spaced(["{", " ,".join(found), "}"]))


literals = st.recursive(
    st.sampled_from(["true", "false", "null"]) | number_literals() | string_literals(),
    lambda values: arrays(values) | objects(values),
    max_leaves=12,
)
"""JSON as it may be written."""


def meaning(text: str) -> object:
    """What JSON says, its numbers as they are written, its members in their order, repeated ones
    too; half characters replaced."""
    read = json.loads(
        text,
        parse_int=lambda literal: ("number", literal),
        parse_float=lambda literal: ("number", literal),
        object_pairs_hook=lambda pairs: ("object", pairs),
    )
    return replaced(read)


def replaced(value: Any) -> Any:
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in value)
    if isinstance(value, list | tuple):
        return type(value)(replaced(item) for item in value)
    return value


@settings(max_examples=50)
@given(literals.flatmap(lambda literal: spaced([literal])))
def test_a_message_is_kept_as_it_was_written(text: str) -> None:
    """By value, each number digit for digit; an array is its items, one level deep.

    Caught: a number that went through a float; a message with a newline, which is no line; a
    nested array taken apart, too."""
    read = meaning(text)
    expected = read if isinstance(read, list) else [read]
    records = records_of(text.encode(), JSON)
    assert [meaning(record.decode()) for record in records] == expected
    assert all(record.count(b"\n") == 1 and record.endswith(b"\n") for record in records)


@settings(max_examples=15)
@given(st.lists(literals, max_size=5))
def test_an_array_and_its_items_one_by_one_become_the_same_records(items: list[str]) -> None:
    """Whether they are sent together or apart; but an item that is an array stays one."""
    together = records_of(f"[{','.join(items)}]".encode(), JSON)
    apart = [records_of(f"[{item}]".encode(), JSON) for item in items]
    assert together == [record for records in apart for record in records]


@pytest.mark.parametrize(
    ("body", "records"),
    [
        (b"[]", []),
        (b" [ ] ", []),
        (b"[[]]", [b"[]\n"]),
        (b"[[1],[2,[3]]]", [b"[1]\n", b"[2,[3]]\n"]),
        (b'{"a" : [1 , 2] }', [b'{"a":[1,2]}\n']),
        (b"1.0e+400", [b"1.0e+400\n"]),
        (b"[-0, 0.10, 1E5]", [b"-0\n", b"0.10\n", b"1E5\n"]),
        (b'{"a":1,"a":2}', [b'{"a":1,"a":2}\n']),
        (b'\xef\xbb\xbf[1,"x"]', [b"1\n", b'"x"\n']),
        (b'"\\ud800"', [b'"\\ufffd"\n']),
        (b'["\\ud800"]', [b'"\\ufffd"\n']),
        (b'{"\\udfff":1}', [b'{"\\ufffd":1}\n']),
        (b'"\xff"', ['"\ufffd"\n'.encode()]),
        (b'["a\xc3", 2.50]', ['"a\ufffd"\n'.encode(), b"2.50\n"]),
        ('["a\u2028b"]'.encode(), ['"a\u2028b"\n'.encode()]),
        (b"1" * 5000, [b"1" * 5000 + b"\n"]),
    ],
)
def test_odd_json_is_taken(body: bytes, records: list[bytes]) -> None:
    """What is not Unicode becomes U+FFFD, and all else stays as it was written."""
    assert records_of(body, JSON) == records


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"{", b"[1,]", b"[1 2]", b'{"a"}', b'{"a":}', b"{1:2}", b"01", b".5", b"1."),
        *(b"+1", b"[1", b'["a"', b"]", b"\xef\xbb\xbf", b"null null"),
        *(b"1e", b"-", b"tru", b"nullx", b"NaN", b"Infinity", b'"a', b'"\\x"', b'"\\u12"', b"'a'"),
        *(b'"a\nb"', b'["a\nb"]', b'{"a\nb":1}', b'"\x00"', b'["\x1f"]', b'{"a":1}\n{"b":2}'),
        *(b"[1] 2", b"1,2", b"\x0b1", b"1\x0c", b"/**/1", b"\xff\xfe1\x00", b"[" * 100_000),
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(body: bytes) -> None:
    """A newline within a string too, or a record would be two lines."""
    with pytest.raises(BadInput):
        records_of(body, JSON)


@given(st.binary())
def test_a_body_of_another_type_is_one_record(body: bytes) -> None:
    """Byte for byte."""
    for content_type in ("text/plain", "application/octet-stream", "application/x-ndjson"):
        assert records_of(body, content_type) == [body]


def test_records_are_appended_as_they_are_at_any_number() -> None:
    """A store that loses its compare-and-set encodes again."""
    encode = encoder_of([b"1\n", b"22\n"])
    for first in (1, 8):
        chunk = encode(Seq(first))
        assert (chunk.first, list(chunk.records())) == (first, [b"1\n", b"22\n"])
