r"""What pyte and anser make of a line, and what our runs are, in the same words.

A line is compared column by column with pyte, character by character with anser. Where we differ on
purpose, the function that takes the difference out says so.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pyte
from pyte.graphics import BG_AIXTERM, FG_AIXTERM, FG_ANSI, FG_BG_256

from tests.page.rendering import TRUE_COLOUR

TAB = 8
COLUMNS = 600
"""No line that is made here reaches the screen's edge, where a terminal would begin another."""

Runs = list[dict[str, Any]]
Styled = list[tuple[str, frozenset[str]]]
"""Characters, each with what its style has beyond the default."""

# Our runs, in the words of either


def columns_of_runs(runs: Runs) -> Styled:
    found: Styled = []
    for run in runs:
        style = style_of(run)
        for character in run["text"]:
            if character == "\t":
                found += [(" ", style)] * (TAB - len(found) % TAB)
            elif unicodedata.combining(character):
                found[-1] = (unicodedata.normalize("NFC", found[-1][0] + character), style)
            else:
                found += [(character, style), *([("", style)] if is_wide(character) else [])]
    return shown(found)


def shown(columns: Styled) -> Styled:
    """The colours of a blank do not count, nor do blanks at the end.

    On purpose otherwise: pyte fills what it erases with the colour of the moment. We leave nothing,
    since the line of a log has no right edge to fill up to.
    """
    columns = [(text, style if text != " " else frozenset()) for text, style in columns]
    while columns and columns[-1][0] == " ":
        columns.pop()
    return columns


def is_wide(text: str) -> bool:
    return bool(text) and unicodedata.east_asian_width(text[0]) in "WF"


def style_of(run: dict[str, Any]) -> frozenset[str]:
    style = run["style"]
    colours = {
        f"{ground}={colour(style[ground])}" for ground in ("fg", "bg") if style[ground] is not None
    }
    return frozenset({name for name, value in style.items() if value is True} | colours)


def colour(value: int) -> str:
    """As six digits, which is how pyte writes colours."""
    return f"{value - TRUE_COLOUR:06x}" if value >= TRUE_COLOUR else FG_BG_256[value]


# pyte


def columns_of_pyte(text: str) -> Styled:
    """The first line of the screen to which `text` was written.

    On purpose otherwise: when a part of a wide character is overwritten, pyte leaves the other
    part, where terminals (and we) leave a blank.
    """
    screen = pyte.Screen(COLUMNS, 2)
    pyte.Stream(screen).feed(text)
    line = [screen.buffer[0][column] for column in range(COLUMNS)]
    found: Styled = []
    for at, character in enumerate(line):
        whole = not is_wide(character.data) or line[at + 1].data == ""
        second = character.data == "" and is_wide(line[at - 1].data)
        text = character.data if whole and (character.data or second) else " "
        found.append((text, style_of_pyte(character)))
    return shown(found)


def style_of_pyte(character: pyte.screens.Char) -> frozenset[str]:
    style = {ours for theirs, ours in ATTRIBUTES.items() if getattr(character, theirs)}
    for ground in ("fg", "bg"):
        colour = getattr(character, ground)
        if colour != "default":
            style.add(f"{ground}={NAMED.get(colour, colour)}")
    return frozenset(style)


ATTRIBUTES = {
    "bold": "bold",
    "italics": "italic",
    "underscore": "underline",
    "reverse": "inverse",
    "strikethrough": "strike",
}
NAMED = {
    **{name: FG_BG_256[code - 30] for code, name in FG_ANSI.items() if code < 38},
    **{name: FG_BG_256[code - 82] for code, name in FG_AIXTERM.items()},
    **{name: FG_BG_256[code - 92] for code, name in BG_AIXTERM.items()},
}
"""pyte names the first sixteen colours, and gives the same as digits for `38;5;n`."""


# anser

CODE = re.compile(r"(?:^|;)([34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d*)")
"""One of a sequence's codes; a colour is one, with its numbers."""

SETS = {1: 22, 2: 22, 3: 23, 4: 24, 7: 27, 8: 28, 9: 29}
"""What takes an attribute back."""


def once(line: str) -> str:
    """`line`, in which no attribute is set while it is set.

    On purpose otherwise: anser counts how often one was set and takes back one at a time; a
    terminal has it or not.
    """
    on: set[int] = set()

    def again(match: re.Match[str]) -> str:
        kept = []
        for code in CODE.findall(match[1]):
            number = int(code) if code.isdigit() else 0 if code == "" else -1
            if number == 0:
                on.clear()
            on.difference_update({sets for sets, back in SETS.items() if back == number})
            if number not in on:
                kept.append(code)
            on.update({number} & SETS.keys())
        return f"\x1b[{';'.join(kept)}m" if kept else ""

    return re.sub(r"\x1b\[([0-9;]*)m", again, line)


def style_of_anser(run: dict[str, Any]) -> frozenset[str]:
    style = {name.replace("strikethrough", "strike") for name in run["decorations"]}
    for ground in ("fg", "bg"):
        name = run[ground]
        if name == "ansi-truecolor":
            parts = run[f"{ground}_truecolor"].split(", ")
            style.add(f"{ground}={''.join(f'{int(part):02x}' for part in parts)}")
        elif name is not None:
            style.add(f"{ground}={FG_BG_256[number_of(name)]}")
    return frozenset(style)


def number_of(name: str) -> int:
    """`ansi-red` is 1, `ansi-bright-red` is 9, `ansi-palette-20` is 20."""
    names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
    word = name.removeprefix("ansi-")
    if word.startswith("palette-"):
        return int(word.removeprefix("palette-"))
    return names.index(word.removeprefix("bright-")) + 8 * word.startswith("bright-")


def inverted(style: frozenset[str]) -> frozenset[str]:
    """With the colours exchanged where they are inverse, as anser gives them."""
    if "inverse" not in style:
        return style
    colours = {
        "fg": colour(7),
        "bg": colour(0),
        **dict(part.split("=") for part in style if "=" in part),
    }
    rest = {part for part in style if "=" not in part and part != "inverse"}
    return frozenset(rest | {f"fg={colours['bg']}", f"bg={colours['fg']}"})


__all__ = [
    "COLUMNS",
    "Styled",
    "columns_of_pyte",
    "columns_of_runs",
    "inverted",
    "once",
    "style_of",
    "style_of_anser",
]
