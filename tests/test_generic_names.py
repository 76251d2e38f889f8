"""What a generic log may be called, and how a request names another one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.errors import BadInput
from logflume.generic.names import MAX_NAME_CHARS, log_at, log_of


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "0",
        "-",
        "~",
        "_",
        "A.b~c-d_9",
        "a/b",
        "builds/2026/11/log.txt",
        "a.",
        "a..b",
        "-1",
        "now",
        "x" * MAX_NAME_CHARS,
        "/".join("x" * 128),
    ],
)
def test_a_name_is_kept_as_it_is(name: str) -> None:
    """One name, one log, one spelling."""
    assert log_of(name) == f"stream/{name}"
    assert log_at(f"/v1/stream/{name}") == log_of(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/../b", ".hidden", "a/.b"),
        *("*", "a/*", ">", "a/>", "a b", " a", "a\n", "\n", "a\0", "a\tb", "$a", ":key", "a:b"),
        *("a?b", "a#b", "a%2Fb", "a%", "a\\b", "a&b", "a=b", "a,b", "a;b", "a'b", 'a"b', "{a}"),
        *("é", "٣", "１", "a\u2028", "ａ", "\U0001fab5", "x" * (MAX_NAME_CHARS + 1)),
    ],
)
def test_what_means_something_elsewhere_is_no_name(name: str) -> None:
    """In a path, a store's key, a NATS subject. Caught: `match` for `fullmatch`, `\\w`, `$`."""
    with pytest.raises(BadInput):
        log_of(name)
    with pytest.raises(BadInput):
        log_at(f"/v1/stream/{name}")


@given(st.text(max_size=12))
def test_any_text_is_a_name_or_is_refused(name: str) -> None:
    """And what is a name has nothing that a subject or a path could trip over."""
    try:
        log = log_of(name)
    except BadInput:
        return
    assert log.isascii()
    assert not set(log) & set(" *>:?#%\\\0\n")
    assert all(part and not part.startswith(".") for part in log.split("/"))


@pytest.mark.parametrize(
    "address",
    ["", "a", "/a", "stream/a", "/v1/stream", "/v1/streams/a", "/V1/stream/a", "v1/stream/a"],
)
def test_a_log_is_named_by_its_path(address: str) -> None:
    """Whole, from the root."""
    with pytest.raises(BadInput):
        log_at(address)
