"""What a log's bytes are by its content type, and the forms they take."""

from __future__ import annotations

import json

import pytest

from logflume.wire.forms import Kind, json_items, kind_of, media_type, rfc3339


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/json", "json"),
        ("Application/JSON ; charset=utf-8", "json"),
        ("text/plain", "text"),
        ("TEXT/html; charset=utf-8", "text"),
        ("text/event-stream", "text"),
        ("application/x-ndjson", "binary"),
        ("application/jsonx", "binary"),
        ("application/problem+json", "binary"),
        ("application/octet-stream", "binary"),
        ("textual/plain", "binary"),
        ("", "binary"),
    ],
)
def test_the_kind_follows_from_the_type_without_its_parameters(
    content_type: str, kind: Kind
) -> None:
    """Only `application/json` has borders between its records. Caught: `startswith` for equal."""
    assert kind_of(content_type) == kind


def test_a_media_type_has_one_spelling() -> None:
    """Parameters, case and white space do not tell two types apart."""
    assert media_type(" Text/Plain ;charset=x; y") == media_type("text/plain") == "text/plain"


def test_records_become_the_items_of_an_array() -> None:
    """From the stored lines, without decoding them."""
    stored = b'{"n":1}\n"a\\n,"\n2.50\n'
    assert json_items(stored) == b'{"n":1},"a\\n,",2.50'
    assert json.loads(b"[%b]" % json_items(stored)) == [{"n": 1}, "a\n,", 2.5]


def test_a_time_is_written_with_six_digits_in_utc() -> None:
    """Whole seconds too. Caught: a float's rounding, digits left out."""
    assert rfc3339(1_795_448_220_000_000) == "2026-11-23T15:37:00.000000Z"
    assert rfc3339(1_795_448_220_123_457) == "2026-11-23T15:37:00.123457Z"
