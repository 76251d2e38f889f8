"""Lines that are made to hang a viewer: they take linear time, and little memory.

No time is asserted: what is linear answers within seconds, and the others would take hours, which
ends at the time limit of an answer.
"""

from __future__ import annotations

import pytest

from tests.page.rendering import Renderer

MILLION = 1_000_000
MOST_RUNS = 501
"""With the last, which is all the rest."""

LINES: dict[str, tuple[list[tuple[str, int]], int]] = {
    # what it is: parts with their repetitions, and how many characters it shows
    "10 MB of text": ([("x", 10 * MILLION)], 10 * MILLION),
    "10 MB, overwritten": ([("x", 10 * MILLION), ("\ry", 1)], 10 * MILLION),
    "a progress bar of 10 MB": ([("\r 50% [====>     ] 5 MB", 450_000)], 22),
    "a million parameters": ([("\x1b[", 1), ("1;", MILLION), ("mx", 1)], 1),
    "a million parameters without an end": ([("\x1b[", 1), ("1;", MILLION)], 2 * MILLION),
    "a parameter of a million digits": ([("\x1b[", 1), ("9", MILLION), ("Cx", 1)], 500),
    "a million colours": ([("\x1b[31mx\x1b[32mx", MILLION // 2)], MILLION),
    "a million colours, overwritten": ([("\x1b[31mx\x1b[32mx", MILLION // 2), ("\ry", 1)], MILLION),
    "a string of 1 MB without an end": ([("\x1b]0;", 1), ("x", MILLION)], MILLION + 2),
    "a million strings without an end": ([("\x1b]\x1bP\x1b_", MILLION // 3)], 0),
    "a million sequences without an end": ([("\x1b[\x1b[3\x1b[;", MILLION // 3)], 2 * MILLION // 3),
    "nested junk": ([("\x1b[\x1b]8;;\x1bP1;2\x1b[3\x1b_", 200_000)], 200_000 * 7),
    "intermediates without an end": ([("\x1b" + " " * 1000, 5000)], 5_000_000),
    "a million erasures to the left": ([("x", 100_000), ("\x1b[1Kx", MILLION)], 1_100_000),
    "a million erasures to the right": ([("x", 100_000), ("\x1b[K\b", MILLION)], 0),
    "a million erasures of all": ([("x", 100_000), ("\x1b[2Kx\r", MILLION)], 1),
    "a million jumps": ([("\x1b[999Cx\r", MILLION)], 500),
    "combining marks": ([("e", 1), ("\u0301", 10_000)], 10_001),
    "combining marks, overwritten": ([("x\re", 1), ("\u0301", MILLION)], MILLION + 1),
    "a million tabs, overwritten": ([("x\r", 1), ("\t", MILLION)], MILLION + 7),
    "a million backspaces": ([("ab\b", MILLION)], MILLION + 1),
    "NULs": ([("\0", 2 * MILLION)], 2 * MILLION),
    "halves of pairs": ([("\ud800", MILLION)], MILLION),
    "links without an end": ([("\x1b]8;;https://a.example/\x07x", 200_000)], 200_000),
}


@pytest.mark.parametrize("name", LINES)
def test_a_line_takes_linear_time(renderer: Renderer, name: str) -> None:
    """It is rendered, all that it shows is there, and it is few enough runs for a page."""
    parts, characters = LINES[name]
    answer = renderer.ask("size", parts=parts)
    assert answer["characters"] == characters
    assert answer["runs"] <= MOST_RUNS
    assert answer["more"] == (answer["runs"] == MOST_RUNS)


@pytest.mark.parametrize(
    ("part", "times", "most"),
    [
        ("https://a.example/b ", 500_000, 500),
        ("https://a/(", 900_000, 500),
        ("https://a/)", 900_000, 500),
        ("https://", MILLION, 0),
        ("https://[ ", MILLION, 0),
        ("(", 10 * MILLION, 0),
        ("https://a.example" + "." * 1000 + " ", 10_000, 500),
        ("https://a.example/" + "x" * 10_000, 1000, 0),
    ],
)
def test_links_are_found_in_linear_time(
    renderer: Renderer, part: str, times: int, most: int
) -> None:
    """Of a line full of addresses the first few hundred are links, and the rest is text."""
    assert renderer.ask("count", parts=[(part, times)])["links"] == most
