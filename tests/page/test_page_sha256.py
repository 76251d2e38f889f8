"""The page's own SHA-256, and the check of a log's history against its end record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.page.modules import Modules, split

BORDERS = st.lists(st.integers(0, 10_000), max_size=12)


@pytest.fixture(scope="module")
def modules() -> Iterator[Modules]:
    with Modules() as running:
        yield running


def test_lengths_around_a_block(modules: Modules) -> None:
    """The padding takes one block more from 56 bytes on, and a whole one at 64."""
    for length in (*range(70), *range(110, 140)):
        body = bytes(range(length))
        assert modules.ask("sha256", pieces=split(body, [])) == hashlib.sha256(body).hexdigest()


@given(body=st.binary(max_size=3000), borders=BORDERS)
def test_any_bytes_in_any_pieces(modules: Modules, body: bytes, borders: list[int]) -> None:
    assert modules.ask("sha256", pieces=split(body, borders)) == hashlib.sha256(body).hexdigest()


def history(texts: list[str]) -> tuple[bytes, dict[str, object]]:
    """NDJSON as the server would answer it, and the end record in it."""
    rows = [json.dumps({"n": n, "text": text}) + "\n" for n, text in enumerate(texts, 1)]
    before = "".join(rows).encode()
    digest = f"sha256:{hashlib.sha256(before).hexdigest()}"
    end = {"n": len(rows) + 1, "kind": "end", "lines": len(rows), "digest": digest}
    return before + json.dumps(end).encode() + b"\n", end


@given(texts=st.lists(st.text(max_size=20), max_size=20), borders=BORDERS)
def test_history_holds_in_any_pieces(
    modules: Modules, texts: list[str], borders: list[int]
) -> None:
    body, end = history(texts)
    assert modules.ask("history", pieces=split(body, borders), end=end) is True


@given(
    texts=st.lists(st.text(max_size=20), min_size=1, max_size=20),
    borders=BORDERS,
    place=st.integers(0, 10_000),
)
def test_history_with_another_byte_does_not_hold(
    modules: Modules, texts: list[str], borders: list[int], place: int
) -> None:
    body, end = history(texts)
    before = body.rindex(b"\n", 0, -1)
    at = place % before
    changed = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    assert modules.ask("history", pieces=split(changed, borders), end=end) is False


def test_history_that_lacks_its_end_or_a_line_does_not_hold(modules: Modules) -> None:
    """Cut off, a line short, a line twice, another end, or nothing at all."""
    body, end = history(["one", "two", "three"])
    rows = body.splitlines(keepends=True)
    other = {**end, "digest": "sha256:00"}
    for shown in (
        rows[:3],
        rows[1:],
        [rows[0], *rows],
        [*rows[:3], json.dumps(other).encode()],
        [],
    ):
        assert modules.ask("history", pieces=split(b"".join(shown), []), end=end) is False
    miscounted = {**end, "lines": 4}
    assert modules.ask("history", pieces=split(body, []), end=miscounted) is False


def test_history_that_was_redacted_meanwhile_holds_if_it_says_so(modules: Modules) -> None:
    """With an end that the page has not read. Not without saying so, nor if it is wrong itself."""
    _, end = history(["one", "secret"])
    body, _ = history(["one", "[redacted]"])
    *before, last = body.splitlines(keepends=True)
    now = {**json.loads(last), "redacted": 1, "redacted_at": "2026-11-29T01:00:00.000000Z"}
    for shown, holds in (
        ([*before, json.dumps(now).encode()], True),
        ([*before, last], False),
        ([before[0], before[0], json.dumps(now).encode()], False),
        ([before[1], json.dumps({**now, "n": 2, "lines": 1}).encode()], False),
    ):
        assert modules.ask("history", pieces=split(b"".join(shown), []), end=end) is holds
