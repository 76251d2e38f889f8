"""What a line shows, against two programs that others wrote for the same.

pyte is a terminal: its screen says, column by column, which character is there and how it looks.
anser reads colours only, but knows attributes that pyte does not. Thousands of generated lines must
look the same in them as in our runs. Where we differ on purpose, the words stand below, and the
lines are made or compared so that only the rest counts; each difference is a test of its own in
test_page_ansi.py.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.page.peers import (
    Styled,
    columns_of_pyte,
    columns_of_runs,
    inverted,
    once,
    style_of,
    style_of_anser,
)
from tests.page.rendering import Renderer

WORDS = st.sampled_from(
    ["a", "bc", "100%", " ", "  x", "é", "ß—…", "e\u0301", "漢字", "ｗ", "🪵", "\t"]
)
MOVES = st.one_of(
    st.sampled_from(["\r", "\b", "\b\b"]),
    st.builds("\x1b[{}{}".format, st.sampled_from(["", 0, 1, 2, 7, 15]), st.sampled_from("CDGa")),
    st.builds("\x1b[{}K".format, st.sampled_from(["", 0, 1, 2])),
)
COLOURS = st.sampled_from(
    [*range(30, 38), *range(40, 48), *range(90, 98), *range(100, 108), 39, 49]
)
EXTENDED = st.one_of(
    st.builds("{};5;{}".format, st.sampled_from([38, 48]), st.integers(0, 255)),
    st.builds("{};2;{};{};{}".format, st.sampled_from([38, 48]), *[st.integers(0, 255)] * 3),
)
CUT_SHORT = st.sampled_from(["38", "31;38;5", "48;2;1;2", "38;9;1", "0;48;5"]).map(
    "\x1b[{}m".format
)
PYTE_CODES = st.sampled_from(["", 0, 1, 3, 4, 5, 7, 9, 22, 23, 24, 25, 27, 29, 99])
ANSER_CODES = st.sampled_from(["", 0, 1, 2, 3, 4, 7, 8, 9, 22, 23, 24, 27, 28, 29])
SILENT = st.sampled_from(
    [
        "\x07",
        "\x0e",
        "\x0f",
        "\x1b[?25l",
        "\x1b[?2004h",
        "\x1b(B",
        "\x1b=",
        "\x1b]0;t\x07",
        "\x1b]2;t\x1b\\",
    ]
)


def sgr(*codes: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    parameters = st.lists(st.one_of(*codes).map(str), max_size=4)
    return parameters.map(lambda codes: f"\x1b[{';'.join(codes)}m")


def lines(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(WORDS, *parts), max_size=30).map("".join)


@settings(max_examples=1500, deadline=None, print_blob=True)
@given(line=lines(MOVES, MOVES, sgr(COLOURS, PYTE_CODES, EXTENDED), CUT_SHORT, SILENT))
def test_a_line_shows_what_a_terminal_shows(renderer: Renderer, line: str) -> None:
    """Characters, colours and attributes, column by column, are those of pyte's screen."""
    assert columns_of_runs(renderer.ask("render", text=line)["runs"]) == columns_of_pyte(line)


@settings(max_examples=1500, deadline=None, print_blob=True)
@given(line=lines(sgr(COLOURS, ANSER_CODES, EXTENDED)))
def test_colours_are_those_that_anser_reads(renderer: Renderer, line: str) -> None:
    """Every attribute and colour, character by character, is what anser makes of the same line."""
    line = once(line)
    ours: Styled = [
        (character, inverted(style_of(run)))
        for run in renderer.ask("render", text=line)["runs"]
        for character in run["text"]
    ]
    theirs: Styled = [
        (character, style_of_anser(run))
        for run in renderer.ask("anser", text=line)["runs"]
        for character in run["content"]
    ]
    assert ours == theirs
