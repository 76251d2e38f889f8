"""The line splitter: same lines however the bytes arrive, no byte refused, flat memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.deployments.lines import MAX_LINE_BYTES, Line, LineSplitter

# Every byte that means something to some splitter or decoder, and long runs near the limit.
ATOMS = [
    *(b"a", b"\n", b"\r", b"\r\n", b"\r\r\n", b"\x0b", b"\x0c", b"\x00", b"\x1c", b"\x85"),
    *(text.encode() for text in ("é", "€", "🪵", "\u2028", "\u2029", "\ufeff")),
    *(b"\xff", b"\xc3", b"\xe2\x82", b"\xf0\x9f\xaa", b"\xed\xa0\x80", b"\xc0\xaf"),
    *(b"x" * (MAX_LINE_BYTES + more) for more in (-1, 0, 1)),
    "€".encode() * (MAX_LINE_BYTES // 3),
]
outputs = st.lists(st.sampled_from(ATOMS), max_size=24).map(b"".join)


@st.composite
def cut_outputs(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """An output and one way in which it may arrive."""
    whole = draw(outputs)
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    edges = [0, *cuts, len(whole)]
    return whole, [whole[start:end] for start, end in pairwise(edges)]


def split(pieces: Iterable[bytes]) -> list[Line]:
    """All lines of an output that arrived in these pieces, none flushed."""
    splitter = LineSplitter()
    lines = [line for piece in pieces for line in splitter.push(piece)]
    return lines + splitter.finish()


def joined(lines: Iterable[Line]) -> list[str]:
    """The lines as a reader sees them, partial records put together."""
    text = "".join(text if partial else text + "\n" for text, partial in lines)
    return text.split("\n")


def expected(output: bytes) -> list[str]:
    """The lines of an output, split the slow and obvious way."""
    *lines, last = output.split(b"\n")
    whole = [line[:-1] if line.endswith(b"\r") else line for line in lines]
    whole += [last] if last else []
    return [line.decode("utf-8", "replace") for line in whole] + [""]


@given(cut_outputs())
def test_lines_do_not_depend_on_how_they_arrive(cut: tuple[bytes, list[bytes]]) -> None:
    """Any way of cutting the output gives the same records, cut marks of long lines included."""
    whole, pieces = cut
    assert split(pieces) == split([whole])
    assert joined(split(pieces)) == expected(whole)


@given(cut_outputs(), st.data())
def test_flushing_changes_records_but_no_text(
    cut: tuple[bytes, list[bytes]], data: st.DataObject
) -> None:
    """Whenever pending lines are flushed, records put together are the same lines."""
    whole, pieces = cut
    splitter = LineSplitter()
    lines: list[Line] = []
    for piece in pieces:
        lines += splitter.push(piece)
        if data.draw(st.booleans()):
            lines += splitter.flush_pending()
            assert not splitter.pending
    lines += splitter.finish()
    assert joined(lines) == expected(whole)
    assert not lines or lines[-1][1] is False


@given(outputs)
def test_no_record_is_too_long(output: bytes) -> None:
    """No record holds more than 64 KiB of the line's bytes, and only the last is not partial."""
    for text, partial in split([output]):
        # A byte that is not UTF-8 counts as one, though its replacement is three bytes long.
        assert len(text.replace("\ufffd", "?").encode()) <= MAX_LINE_BYTES
        assert not partial or len(text) > MAX_LINE_BYTES // 4 - 4


@pytest.mark.parametrize(
    ("output", "texts"),
    [
        (b"", []),
        (b"a\nb\n", ["a", "b"]),
        (b"a\nb", ["a", "b"]),
        (b"\n\n", ["", ""]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\r\r\n", ["a\r"]),
        (b"10%\r20%\rdone\n", ["10%\r20%\rdone"]),
        (b"end\r", ["end\r"]),
        ("a\u2028b\x0bc\x0cd\x85e\x1cf\n".encode(), ["a\u2028b\x0bc\x0cd\x85e\x1cf"]),
        ("\ufeffa\n".encode(), ["\ufeffa"]),
        (b"a\x00b\n", ["a\x00b"]),
        (b"\xffa\xc3\n\xa9\n", ["\ufffda\ufffd", "\ufffd"]),
    ],
)
def test_what_ends_a_line(output: bytes, texts: list[str]) -> None:
    """Only a newline does, with one carriage return before it; no byte is refused."""
    assert split([output]) == [(text, False) for text in texts]
    assert split([bytes([byte]) for byte in output]) == [(text, False) for text in texts]


def test_long_lines_are_cut_at_the_limit() -> None:
    """64 KiB is one record; one byte more makes a partial one and the rest."""
    full = "x" * MAX_LINE_BYTES
    assert split([full.encode() + b"\r\n"]) == [(full, False)]
    assert split([full.encode() + b"y\n"]) == [(full, True), ("y", False)]


def test_long_lines_are_not_cut_in_a_character() -> None:
    """A character that would be cut goes into the next record whole."""
    before = "x" * (MAX_LINE_BYTES - 1)
    assert split([f"{before}🪵\n".encode()]) == [(before, True), ("🪵", False)]


def test_a_prompt_is_given_out_when_flushed_and_completed_later() -> None:
    """Pending text comes as a partial record; what follows completes it, even if only a newline."""
    splitter = LineSplitter()
    assert splitter.push(b"Go on? ") == []
    assert splitter.pending
    assert splitter.flush_pending() == [("Go on? ", True)]
    assert splitter.flush_pending() == []
    assert splitter.push(b"yes\n") == [("yes", False)]
    assert splitter.push(b"Sure? ") == []
    assert splitter.flush_pending() == [("Sure? ", True)]
    assert splitter.push(b"\n") == [("", False)]
    assert splitter.finish() == []


def test_an_end_after_a_flush_completes_the_line() -> None:
    """Output that ends after a partial record gets an empty one, so that the line is complete."""
    splitter = LineSplitter()
    splitter.push(b"no newline")
    assert splitter.flush_pending() == [("no newline", True)]
    assert splitter.finish() == [("", False)]


def test_a_flush_keeps_back_what_may_change() -> None:
    """A last carriage return and the first bytes of a character wait, and are no longer pending."""
    splitter = LineSplitter()
    splitter.push(b"10%\r")
    assert splitter.flush_pending() == [("10%", True)]
    assert not splitter.pending
    assert splitter.push(b"\n\xf0\x9f") == [("", False)]
    assert splitter.flush_pending() == []
    assert not splitter.pending
    assert splitter.push(b"\xaa\xb5\n") == [("🪵", False)]


def test_a_line_of_100_mb_takes_little_memory() -> None:
    """An endless line is given out piece by piece; little more than a block is ever held."""
    splitter, block, seen = LineSplitter(), b"x" * MAX_LINE_BYTES, 0
    tracemalloc.start()
    try:
        for _ in range(1600):
            seen += sum(len(text) for text, _ in splitter.push(block))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen + sum(len(text) for text, _ in splitter.finish()) == 1600 * MAX_LINE_BYTES
    assert peak < 1024 * 1024


def test_a_million_empty_lines() -> None:
    """A million newlines are a million records."""
    lines = split([b"\n" * 1_000_000])
    assert len(lines) == 1_000_000
    assert set(lines) == {("", False)}


def test_it_is_fast() -> None:
    """500,000 lines take less than a second in blocks of 64 KiB (a tenth of it is usual)."""
    output = b"Compiling shop v0.3.1 (/src/shop) with 12 features\r\n" * 500_000
    started = time.thread_time()
    splitter = LineSplitter()
    count = sum(len(splitter.push(output[at : at + 65536])) for at in range(0, len(output), 65536))
    assert count == 500_000
    assert time.thread_time() - started < 1


def test_what_nobody_would_see_is_not_shown_early() -> None:
    """Control sequences alone wait for what they belong to. Caught: a record of its own for each
    cursor that a progress bar shows again."""
    splitter = LineSplitter()
    splitter.push(b"\x1b[?25h\x1b[0m")
    assert splitter.flush_pending() == []
    assert not splitter.pending
    splitter.push(b"\x1b[1mName? ")
    assert splitter.flush_pending() == [("\x1b[?25h\x1b[0m\x1b[1mName? ", True)]
