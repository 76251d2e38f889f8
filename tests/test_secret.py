"""Where a secret stands in a text, and what the text is without it."""

from __future__ import annotations

import random
import re
import time

import pytest

from logflume.deployments.secret import MARK, Secret
from logflume.deployments.visible import visible


@pytest.mark.parametrize(
    ("secret", "text", "expected"),
    [
        ("hunter2", "no secret here", "no secret here"),
        ("hunter2", "a hunter2 b", "a [redacted] b"),
        ("hunter2", "hunter2hunter2", "[redacted]"),
        ("hunter2", "hunter2 hunter2", "[redacted] [redacted]"),
        ("abab", "xabababx", "x[redacted]x"),
        ("aa", "aaaaa a", "[redacted] a"),
        ("aabaa", "aabaabaaX aabaaabaa", "[redacted]X [redacted]"),
        ("hunter2", "hun\x1b[1mter\x1b[0m2!", "[redacted]\x1b[1m\x1b[0m!"),
        ("hunter2", "\x1b]0;hunter2\x07title", "\x1b]0;[redacted]\x07title"),
        ("a\x1b[1mb", "xa\x1b[1mbx", "x[redacted]x"),
        ("reda", "[redacted]", "[redacted]"),
        ("]b", "[redacted]b ]b", "[redacted]b [redacted]"),
        ("ü🔑", "aü🔑b", "a[redacted]b"),
        ("two\nlines", "one two\nlines", "one [redacted]"),
    ],
)
def test_the_text_without_the_secret(secret: str, text: str, expected: str) -> None:
    """Caught: an overlap left over; colours lost with it; a mark that is redacted itself."""
    new, marks = Secret(secret).out_of(text)
    assert new == expected
    assert marks == (expected.count(MARK) - text.count(MARK))
    assert Secret(secret).out_of(new) == (new, 0)


@pytest.mark.parametrize("seed", range(300))
def test_nothing_of_it_is_seen_and_the_rest_is(seed: int) -> None:
    """Of random texts with colours anywhere: as a search and replace in what is seen would do it,
    and every escape sequence is still there."""
    chance = random.Random(seed)
    secret = "".join(chance.choices("ab", k=chance.choice([2, 3, 5])))
    pieces = ["a", "b", "c", "\x1b[1m", "\x1b[0m", secret, secret[:-1]]
    text = "".join(chance.choices(pieces, k=chance.randrange(30)))
    new, _ = Secret(secret).out_of(text)
    assert visible(new) == naive(visible(text), secret), (seed, text)
    assert re.findall(r"\x1b\[.m", new) == re.findall(r"\x1b\[.m", text), (seed, text)


def naive(text: str, secret: str) -> str:
    """Every character that belongs to an occurrence goes; a mark for each run of them."""
    gone = {at + n for at in starts(text, secret) for n in range(len(secret))}
    out = ""
    for place, character in enumerate(text):
        if place not in gone:
            out += character
        elif place - 1 not in gone:
            out += MARK
    return out


def starts(text: str, secret: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(secret, at)]


def test_a_text_that_repeats_itself_is_looked_through_in_no_time() -> None:
    """256 KB of one character, for 32,000 of it: 0.03 s of processor time, and 16 s if each overlap
    is looked for anew. Caught: that."""
    started = time.thread_time()
    assert Secret("a" * 32_000).out_of("a" * 2**18) == (MARK, 1)
    assert time.thread_time() - started < 2
    assert Secret("ab" * 4000).out_of("ab" * 32768) == (MARK, 1)
