"""Records without escape sequences: the same as what is seen of their texts, from their bytes."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.deployments.plain_records import without_escapes
from logflume.deployments.visible import visible

CASES = json.loads((Path(__file__).parent / "page" / "sequences.json").read_text("utf-8"))
"""What the page, the search and this agree on."""

ODD = '\x1b\x1b\x1b\x1b[]PX^_()m0;:8?!""\\\\/u001b7\x07\x18\x1a\x00\n\r\t é€\U0001f600ab~@\x9b\x7f'


def encoded(*texts: str) -> bytes:
    """A chunk's bytes, as records are stored."""
    return b"".join(
        b'{"n":%d,"stream":"stdout","text":%b,"partial":true}\n' % (n, msgspec.json.encode(text))
        for n, text in enumerate(texts, 1)
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_what_goes_is_what_is_not_seen(case: dict[str, str]) -> None:
    """Before another record and after one."""
    texts = ["before", case["text"], "after"]
    assert without_escapes(encoded(*texts)) == encoded("before", case["visible"], "after")


@given(st.lists(st.text(st.sampled_from(ODD), max_size=30), min_size=1, max_size=5))
def test_it_is_what_is_seen_of_each_text(texts: list[str]) -> None:
    """Byte for byte, whatever they hold, and nothing else of the records changes.

    Caught: a backslash before `u001b` that is taken for JSON's; a quote that ends the text taken
    for a sequence's."""
    assert without_escapes(encoded(*texts)) == encoded(*map(visible, texts))


@pytest.mark.parametrize("slashes", range(1, 7))
def test_backslashes_before_it_are_counted(slashes: int) -> None:
    """The text of an escape is none, however many stand before it."""
    for text in ("\\" * slashes + "u001b[31m", "\\" * slashes + "\x1b[31mred\x1b\\" + "\\"):
        assert without_escapes(encoded(text)) == encoded(visible(text))
    assert visible("\\u001b[31m") == "\\u001b[31m"


def test_no_sequence_reaches_into_the_next_record() -> None:
    """What would end it there ends nothing. Caught: a record that is swallowed with its borders."""
    for begun, rest in (("\x1b]0;title", "a\x07b"), ("\x1b[", "31mred"), ("\x1b", "[31mred")):
        body = without_escapes(encoded(begun, rest))
        assert body == encoded(visible(begun), rest)


def test_records_without_any_are_not_touched() -> None:
    """Nor copied."""
    body = encoded("plain \\ text", "é")
    assert without_escapes(body) is body
