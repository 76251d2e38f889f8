"""What a line says of itself: real lines of real tools, and lines that only look like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.deployments.levels import JUDGED_CHARS, KEYED, KEYWORDS, family, told
from tests.said_lines import ERRORS, HARMLESS, WARNINGS

BEFORE = [
    "",
    "  ",
    "2026-11-23T15:37:00.123456Z ",
    "2026-11-23 15:37:00,123 ",
    "[15:37:00] ",
    "web-1  | ",
    "#12 3.456 ",
    "│ ",
    "[stage-1 3/4] ",
]
"""What a container, a builder or a logger may put before a line."""

PLAIN = ["error: it broke", "Error: it broke", "ERROR: it broke", "npm ERR! it broke", "panic: it"]

words = st.sampled_from(
    [*ERRORS, *WARNINGS, *HARMLESS, "error", "ERROR", "warning", ":", " ", "0", "[", "]", "\t", "é"]
)
texts = st.lists(words, max_size=4).map("".join) | st.text(max_size=80)


@pytest.mark.parametrize("line", ERRORS)
def test_a_line_that_tells_an_error(line: str) -> None:
    """It is found without a level of its producer's."""
    assert told(line) == "error"


@pytest.mark.parametrize("line", WARNINGS)
def test_a_line_that_tells_a_warning(line: str) -> None:
    """Nor is it taken for an error."""
    assert told(line) == "warning"


@pytest.mark.parametrize("line", HARMLESS)
def test_a_line_that_only_names_errors(line: str) -> None:
    """A word alone tells nothing."""
    assert told(line) is None


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("line", PLAIN)
def test_what_stands_before_the_message_does_not_count(before: str, line: str) -> None:
    """Times, containers and steps are put before lines by those who carry them."""
    assert told(before + line) == "error"


@pytest.mark.parametrize("before", [*BEFORE, "INFO ", "[main] DEBUG "])
def test_a_line_of_another_level_may_speak_of_errors(before: str) -> None:
    """The level that a line begins with counts."""
    assert told(f"{before}INFO retrying after ERROR: error: failed to connect") is None


@given(texts)
def test_only_the_beginning_of_a_line_counts(text: str) -> None:
    """What follows after that may be anything, and changes nothing."""
    long = text.ljust(JUDGED_CHARS, "-")[:JUDGED_CHARS]
    assert told(long + ": error: it broke") == told(long)


@given(texts)
def test_any_text_is_judged(text: str) -> None:
    """None makes it fail."""
    assert told(text) in ("error", "warning", None)


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        ("error", "error"),
        ("ERROR", "error"),
        ("Fatal", "error"),
        ("crit", "error"),
        ("emergency", "error"),
        ("warn", "warning"),
        ("WARNING", "warning"),
        ("info", "info"),
        ("Notice", "notice"),
        ("Verbose", "verbose"),
        ("ÄRGER", "ÄRGER"),
    ],
)
def test_levels_have_families(level: str, wanted: str) -> None:
    """In upper case or lower, by any of its names; one that nobody knows is its own."""
    assert family(level) == wanted


def test_every_family_of_keywords_is_one_that_is_told() -> None:
    """`search` picks candidates by these."""
    assert set(KEYWORDS) == set(KEYED) == {"error", "warning"}
