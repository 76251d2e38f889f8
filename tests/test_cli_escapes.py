r"""Control sequences of a log at a terminal: colours pass, nothing else does."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.cli.escapes import TerminalFilter, plain

ATOMS = [
    *(
        "a",
        "0",
        "31",
        ";",
        ":",
        "m",
        "[",
        "]",
        "\\",
        "?",
        "P",
        "(",
        "B",
        " ",
        "\t",
        "\r",
        "é",
        "🪵",
    ),
    *("\x1b", "\x1b[", "\x1b[31m", "\x1b[0m", "\x1b]0;title", "\x07", "\x1b\\", "\x1bP", "\x1b_"),
    *(
        "\x00",
        "\x05",
        "\x08",
        "\x0c",
        "\x0e",
        "\x18",
        "\x7f",
        "\x85",
        "\x90",
        "\x9b",
        "\x9c",
        "\x9d",
    ),
]
texts = st.lists(st.sampled_from(ATOMS), max_size=20).map("".join)


def shown(*pieces: str) -> str:
    """What is shown of one line that comes in these records."""
    terminal = TerminalFilter()
    *partial, last = pieces
    return "".join([terminal.feed(piece, partial=True) for piece in partial]) + terminal.feed(last)


@given(texts)
def test_nothing_but_colours_passes(text: str) -> None:
    """Without its SGR sequences, what is shown has no control but tab, return, backspace."""
    rest = re.sub(r"\x1b\[[0-9:;]*m", "", shown(text))
    assert not re.search(r"[\x00-\x07\x0a-\x0c\x0e-\x1f\x7f-\x9f]", rest)


@given(texts, st.data())
def test_pieces_make_no_difference(text: str, data: st.DataObject) -> None:
    """A sequence that is cut into partial records is recognised as if it were not."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    edges = [0, *cuts, len(text)]
    pieces = [text[start:end] for start, end in pairwise(edges)]
    assert shown(*pieces) == shown(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plain é 🪵\tand \u2028", "plain é 🪵\tand \u2028"),
        ("10%\r20%\r", "10%\r20%\r"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
        ("\x1b[38:2::1:2:3mtrue\x1b[m", "\x1b[38:2::1:2:3mtrue\x1b[m"),
        ("\x1b[2J\x1b[H\x1b[?25lhidden", "hidden"),
        ("\x1b[6n\x1b[21t\x1b[c", ""),
        ("\x1b[>4;2mkeys\x1b[?1m", "keys"),
        ("\x1b]0;title\x07a\x1b]52;c;aGk=\x1b\\b", "ab"),
        ("\x1b]8;;http://evil.test\x1b\\link\x1b]8;;\x1b\\", "link"),
        ('\x1bP$q"p\x1b\\a\x1b_apc\x1b\\b\x1b^pm\x1b\\c\x1bXsos\x1b\\d', "abcd"),
        ("\x9b31mred\x9d0;title\x9ca\x90dcs\x9cb", "redab"),
        ("\x1b(0lqk\x1bc\x1b7\x1b#8x", "lqkx"),
        ("a\x07\x00\x05\x0e\x0f\x7fb", "ab"),
        ("\x1b]0;never ended", ""),
        ("\x1b[31", ""),
        ("a\x1b", "a"),
        ("\x1b\x1b[31mx", "\x1b[31mx"),
        ("\x1b]0;t\x1b[31mx", "\x1b[31mx"),
    ],
)
def test_sequences(text: str, left: str) -> None:
    """Queries, titles, clipboards, links, charsets, C1 and broken sequences are taken out."""
    assert shown(text) == left


def test_an_unfinished_sequence_ends_with_its_line() -> None:
    """What one line leaves open does not swallow the next."""
    terminal = TerminalFilter()
    for cut_off in ("\x1b]0;title", "\x1b[3", "\x1bP", "\x1b"):
        terminal.feed("a", partial=True)
        terminal.feed(cut_off)
        assert terminal.feed("next\x07") == "next"


def test_without_colours() -> None:
    """Who does not want colours gets none."""
    assert TerminalFilter(colours=False).feed("\x1b[1;31mred\x1b[0m") == "red"


def test_plain() -> None:
    """A single line of text cannot move the cursor or begin another line."""
    assert plain("a\nb\tc\x1b[31m\x9bd") == "a b c [31m d"


@pytest.mark.parametrize("text", ["\x1b]" * 30_000, "\x1b[" + "1;" * 10**6, "\x1b[1" * 30_000])
def test_it_takes_linear_time(text: str) -> None:
    """Soup of sequences, a million parameters and strings without end cost what text costs."""
    started = time.thread_time()
    shown(text, text, text)
    assert time.thread_time() - started < 1
