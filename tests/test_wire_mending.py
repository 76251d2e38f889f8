"""JSON whose text is not Unicode is made into JSON, and nothing else of it changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.wire.mending import mended


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b'"\\ud800"', '"\\ufffd"'),
        (b'"\\uDFFF\\uD800"', '"\\ufffd\\ufffd"'),
        (b'"\\ud83d\\ude00"', '"\\ud83d\\ude00"'),
        (b'"\\ud800\\ud83d\\ude00"', '"\\ufffd\\ud83d\\ude00"'),
        (b'"\\\\ud800"', '"\\\\ud800"'),
        (b'"\\\\\\ud800"', '"\\\\\\ufffd"'),
        (b'"\\ud7ff\\ue000"', '"\\ud7ff\\ue000"'),
        (b'"\xff\xc3"', '"\ufffd\ufffd"'),
        (b"\xef\xbb\xbf{}", "{}"),
    ],
)
def test_only_what_is_no_unicode_is_replaced(written: bytes, read: str) -> None:
    """Caught: half of a pair taken alone, and a backslash of a backslash taken for an escape."""
    assert mended(written) == read


@given(st.text())
def test_what_is_mended_can_be_encoded_and_stays_mended(text: str) -> None:
    """Lone surrogates, as Python writes them, become U+FFFD; all else is kept."""
    once = mended(json.dumps(text).encode())
    assert json.loads(once) == "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert mended(once.encode()) == once


@given(st.binary())
def test_any_bytes_are_mended_into_unicode(body: bytes) -> None:
    """It need not be JSON; that is found out afterwards."""
    mended(body).encode()
