r"""One line of a log as a terminal would show it: bytes in, runs out.

The tables are the decisions. Where a terminal would hide text of which nobody said that it should
go (strings that never end, movements to other lines, hidden text, controls without a picture), the
page shows it: those are the differences to pyte that test_page_ansi_peers.py leaves out.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.page.rendering import Renderer, Run

SEQUENCES = json.loads((Path(__file__).parent / "sequences.json").read_text("utf-8"))
"""What escape sequences are; the server strips them by the same table."""

EDGE = 500
"""Columns that a movement may reach, unless the text is longer."""

MOST_RUNS = 500


@pytest.mark.parametrize("case", SEQUENCES, ids=[case["what"] for case in SEQUENCES])
def test_sequences_leave_no_trace(renderer: Renderer, case: dict[str, str]) -> None:
    """What is left of a text is the same here as in search and in `ansi=strip`."""
    assert renderer.plain(case["text"]) == case["visible"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10%\r20%", "20%"),
        ("100%\r5%", "5%0%"),
        ("done\r", "done"),
        ("done\r\r\r", "done"),
        ("50%\r\x1b[K100%", "100%"),
        ("50%\r\x1b[K", ""),
        ("abcdef\x1b[3D\x1b[K", "abc"),
        ("abcdef\x1b[3D\x1b[0K", "abc"),
        ("abcdef\x1b[3D\x1b[1K", "    ef"),
        ("abcdef\x1b[2Kx", "      x"),
        ("abcdef\x1b[2K", ""),
        ("abcdef\x1b[3K\r\x1b[9Kx", "xbcdef"),
        ("ab\bc", "ac"),
        ("ab\b\b\b\bxy", "xy"),
        ("a\x1b[3Cb", "a   b"),
        ("a\x1b[0Cb", "a b"),
        ("abc\x1b[Dx", "abx"),
        ("abc\x1b[9Dx", "xbc"),
        ("abc\x1b[2Gx", "axc"),
        ("abc\x1b[Gx", "xbc"),
        ("abc\x1b[2`x", "axc"),
        ("abc\x1b[2ax", "abc  x"),
        ("\x1b[1G\x1b[0K⠙ npm\x1b[1G\x1b[0K⠹ npm", "⠹ npm"),
        ("a" * 600 + "\r\x1b[9999Cx", "a" * 600 + "x"),
        ("\x1b[99999999999999999999Cx", " " * (EDGE - 1) + "x"),
        ("\x1b[999C/\r\x1b[999C-\r", " " * (EDGE - 1) + "-"),
        ("abc\x1b[99999999999999999999Dx", "xbc"),
        ("abc  \rxy   ", "xy   "),
    ],
)
def test_what_is_overwritten_or_erased_is_gone(renderer: Renderer, text: str, shown: str) -> None:
    """Carriage returns, backspaces, movements and erase-line do what they do at a terminal."""
    assert renderer.plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb", "a\tb"),
        ("a\tb\rX", "X\tb"),
        ("a\tb\x1b[4GX", "a  X    b"),
        ("abcdefghij\r\tX", "abcdefghXj"),
        ("漢字\x1b[3GX", "漢X "),
        ("漢字\x1b[2GX", " X字"),
        ("漢字\r漢", "漢字"),
        ("xe\u0301\rX", "Xe\u0301"),
        ("e\u0301x\rE", "Ex"),
        ("abc\b\u0301\rx", "xb\u0301c"),
        ("ab\r漢\u0301", "漢\u0301"),
        ("\u0301abc\rx", "xabc"),
        ("👩\u200d💻ab\rx", "x 💻ab"),
    ],
)
def test_columns(renderer: Renderer, text: str, shown: str) -> None:
    """Tabs stay tabs; half a wide character is a blank; marks go with what they stand on."""
    assert renderer.plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one\x1b[1Atwo\x1b[2Bthree", "onetwothree"),
        ("one\x1b[5;1Htwo\x1b[2J\x1b[Jthree", "onetwothree"),
        ("\x1b7\x1b[24;0f[ 10%]\x1b8Setting up", "[ 10%]Setting up"),
        ("one\x1b[stwo\x1b[uthree", "onetwothree"),
        ("one\x1b[?1Ktwo\x1b[1 Dthree", "onetwothree"),
        ("one\x1bctwo", "onetwo"),
    ],
)
def test_what_leaves_the_line_hides_nothing(renderer: Renderer, text: str, shown: str) -> None:
    """A terminal would show some of it on other lines; here all of it is on this one."""
    assert renderer.plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A=1\0B=2", "A=1␀B=2"),
        ("\x01\x02\x05\x10\x11\x1f", "␁␂␅␐␑␟"),
        ("one\ntwo\x0bthree\x0cfour", "one␊two␋three␌four"),
        ("rub\x7fout", "rub␡out"),
        ("\x1b[3\x18m\x1b]0;t\x1ax", "3␘m0;t␚x"),
        ("bell\x07 and shifts\x0e\x0f", "bell and shifts"),
        ("â\x80\x9cquotesâ\x80\x9d read twice\x9b31m", "â��quotesâ�� read twice�31m"),
        ("one\u2028two\u2029three", "one␤two␤three"),
        ("half \ud83d of a pair \udc00", "half � of a pair �"),
        ("a whole one 🪵", "a whole one 🪵"),
        ("user\u202egpj.exe\u202c \u202a\u202b\u202d", "user�gpj.exe� ���"),
        (
            "marks\u200e\u200f and isolates \u2068name\u2069",
            "marks\u200e\u200f and isolates \u2068name\u2069",
        ),
        ("<script>alert(1)</script>&amp;", "<script>alert(1)</script>&amp;"),
    ],
)
def test_what_does_not_show_by_itself(renderer: Renderer, text: str, shown: str) -> None:
    """Controls are pictures; what could hide text or turn it around is a replacement character."""
    assert renderer.plain(text) == shown


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        ("1", "bold"),
        ("2", "dim"),
        ("3", "italic"),
        ("4", "underline"),
        ("4:3", "underline"),
        ("21", "underline"),
        ("4;4:0", ""),
        ("7", "inverse"),
        ("8", "hidden"),
        ("9", "strike"),
        ("1;2;3;4;7;8;9", "bold dim italic underline inverse hidden strike"),
        ("1;2;3;4;7;8;9;22;23;24;27;28;29", ""),
        ("1;31;;3", "italic"),
        ("31;42", "fg=1 bg=2"),
        ("31;42;39", "bg=2"),
        ("31;42;49", "fg=1"),
        ("97;107", "fg=15 bg=15"),
        ("38;5;208;48;5;0", "fg=208 bg=0"),
        ("38:5:208", "fg=208"),
        ("38;2;1;2;3", "fg=#010203"),
        ("38:2:1:2:3", "fg=#010203"),
        ("48:2::1:2:3", "bg=#010203"),
        ("38;5;256;1", "bold"),
        ("38;2;300;0;0;1", "bold"),
        ("38;5", ""),
        ("38", ""),
        ("58;5;1;1", "bold"),
        ("5;6;10;53;200;999999", ""),
        ("1;" * 200 + "1", ""),
        (">4;1", ""),
        ("?1", ""),
        ("1 ", ""),
    ],
)
def test_colours_and_attributes(renderer: Renderer, codes: str, style: str) -> None:
    """Sixteen colours, 256, true colours in both forms; what does not exist changes nothing."""
    assert renderer.render(f"\x1b[{codes}mx") == [Run("x", style)]


def test_runs_of_one_style_are_one(renderer: Renderer) -> None:
    """A colour that is set again, or set and taken back, cuts nothing."""
    assert renderer.render("\x1b[31ma\x1b[31mb\x1b[1m\x1b[22mc\x1b[0md") == [
        Run("abc", "fg=1"),
        Run("d"),
    ]


def test_what_is_written_later_keeps_its_colour(renderer: Renderer) -> None:
    """After a carriage return each column has the style in which it was written last."""
    assert renderer.render("\x1b[31mred red\r\x1b[32mgreen\x1b[0m") == [
        Run("green", "fg=2"),
        Run("ed", "fg=1"),
    ]
    assert renderer.render("\x1b[41mabc\x1b[2K\r\x1b[3Cx") == [Run("   "), Run("x", "bg=1")]


@pytest.mark.parametrize("end", ["\x1b\\", "\x07"])
def test_links(renderer: Renderer, end: str) -> None:
    """A link covers what is written until the next one, in every colour, and ends with the line."""
    start = f"\x1b]8;id=1;https://example.com/a;b{end}"
    assert renderer.render(f"a {start}b \x1b[31mc\x1b[0m\x1b]8;;{end} d{start}e") == [
        Run("a "),
        Run("b ", "", "https://example.com/a;b"),
        Run("c", "fg=1", "https://example.com/a;b"),
        Run(" d"),
        Run("e", "", "https://example.com/a;b"),
    ]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", " https://x.example",
        "data:text/html,x", "vbscript:x", "file:///etc/passwd", "//example.com", "example.com",
        "https:example.com", "https://", "https://[", "ssh://example.com", "blob:https://x.example/1",
        "https://example.com/" + "a" * 10_000,
    ],
)  # fmt: skip
def test_links_to_anything_but_the_web_are_text(renderer: Renderer, address: str) -> None:
    """Their text stays; they lead nowhere."""
    assert renderer.render(f"\x1b]8;;{address}\x1b\\text\x1b]8;;\x1b\\") == [Run("text")]


def test_runs_are_bounded(renderer: Renderer) -> None:
    """After MOST_RUNS all the rest is one more, without colours, and the answer says so."""
    text = "".join(f"\x1b[38;5;{n % 2 + 1}m{n};" for n in range(MOST_RUNS + 100))
    answer = renderer.ask("render", text=text)
    assert answer["more"]
    assert len(answer["runs"]) == MOST_RUNS + 1
    assert "".join(run["text"] for run in answer["runs"]) == renderer.plain(text)
    assert answer["runs"][-1]["text"].startswith(f"{MOST_RUNS};{MOST_RUNS + 1};")
    assert answer["runs"][-1]["style"] == renderer.ask("render", text="x")["runs"][0]["style"]
    assert not renderer.ask("render", text="x")["more"]


def test_a_reset_of_the_terminal_resets_the_style(renderer: Renderer) -> None:
    """It clears the screen, too; that would hide what was written before."""
    assert renderer.render("\x1b[31mred\x1bcplain") == [Run("red", "fg=1"), Run("plain")]


def test_a_line_may_begin_in_a_style(renderer: Renderer) -> None:
    """What ends one text can begin the next."""
    style = renderer.ask("render", text="\x1b[1;31ma")["style"]
    answer = renderer.ask("render", text="a\x1b[22mb", style=style)
    assert [run["style"] for run in answer["runs"]] == [style, {**style, "bold": False}]
