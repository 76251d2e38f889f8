"""A search finds what going through every record finds, however the log is cut and coloured."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from logflume.deployments.incoming import IncomingLine
from logflume.deployments.line_records import encode_end, encode_incoming, encode_status
from logflume.deployments.patterns import Literal, Pattern, Regex
from logflume.deployments.search import LOOK_BACK, Search, Wanted
from logflume.deployments.visible import visible, visible_lines, visible_parts
from logflume.records import Chunk, Seq
from tests.searching import Asked, Oracle, seen, shown_places

ATOMS = [
    *("a", "b", "ab", "B", "A", "k", "\u212a", "s", "ſ", "ß", "ẞ", "é", "É", "🪵", "İ", "ﬁ"),
    *("\n", "\r", "\t", '"', "\\", "\x00", "\x07", "\x7f", "\x9b", "\u2028", "n", "u001b", "4"),
    *("\x1b[31m", "\x1b[0m", "\x1b[", "\x1b", "\x1b]8;;ab\x07", "\x1b]0;b", "\x1bP", "\x1b\\"),
    *("\x1b(B", '\x1b["a', "\x1b[\\", "\x1b#", "m", "text", '"text":"', "error: ", "ERROR "),
    *("warning: ", "E1124 10:", "0 errors", "::group::", "fatal", " "),
]
NEEDLES = ["a", "ab", "b", "aB", "K", "k", "ss", "ß", "STRAß", "é", "É", "bab", "4", "n", '"', "\\"]
NEEDLES += ["\t", "u001b", "text", '"text":"', "🪵", "error", "m", "fi", "i", "\n", "b\n", "\u212a"]
REGEXES = ["a.*b", "^a", "b$", "^$", "a+b?", "[ab]{2,}", "(a|b)(a|B)", "a|b|$", "^(ab)*$", "a\\nb"]
REGEXES += ["\\bab\\b", "[^a]b", "a\\s+b", "\\x1b", "x*", '"', "b.?a", "(?s)a.b", "(?m)^b", "\\Aa"]
REGEXES += ["a\\b|b", "(?i)B", "[A-B]", "é", ".", "\\Ab", "\\Aab?"]

SEQUENCES = json.loads((Path(__file__).parent / "page" / "sequences.json").read_text("utf-8"))

texts = st.lists(st.sampled_from(ATOMS), max_size=6).map("".join)
UNSEEN = [
    "",
    "",
    "",
    "\x1b[31m",
    "\x1b]8;;ab\x07",
    "\x1bPx\x1b\\",
    "\x1b(B",
    '\x1b["a',
    "\x1b[m\x1b[",
]
STREAMS = ["stdout", "stdout", "stdout", "stderr", "system"]
GIVEN = [None, None, None, None, "error", "WARN", "info", "Fatal", 'a"b']
LEVELS = ["error", "warning", "info", 'a"b', "ä"]
PARTIAL = [[False], [False, True]]
TOLD = ["error: ", "ERROR ", "warning: ", "no error", "err", "or: ", "E1124 10:11"]


def some(values: Sequence[str]) -> st.SearchStrategy[frozenset[str]]:
    """Nothing, mostly, or some of them."""
    nothing = st.just(frozenset[str]())
    return nothing | nothing | nothing | st.frozensets(st.sampled_from(values), min_size=1)


streams = some(["stdout", "stderr", "system"])
kinds = some(["line", "group", "status", "end"])
by_text = st.builds(
    Asked,
    q=st.sampled_from(NEEDLES) | texts.filter(bool),
    case=st.booleans(),
    levels=some(LEVELS),
    streams=streams,
    kinds=kinds,
)
by_regex = st.builds(
    Asked, regex=st.sampled_from(REGEXES), case=st.booleans(), levels=some(LEVELS), kinds=kinds
)
by_filters = st.builds(
    Asked, levels=st.frozensets(st.sampled_from(LEVELS)), streams=streams, kinds=kinds
)
asked_for = by_text | by_regex | by_filters


def spread(text: str) -> st.SearchStrategy[str]:
    """The text, with what nobody sees between its characters."""
    between = st.lists(st.sampled_from(UNSEEN), min_size=len(text), max_size=len(text))
    return between.map(lambda unseen: "".join(map("".join, zip(text, unseen, strict=True))))


@cache
def log_lines(word: str) -> st.SearchStrategy[list[list[IncomingLine]]]:
    """Lines in which much of the word stands, whole or in parts; some of them all whole."""
    parts = [*ATOMS, *TOLD, *[*word, word, word[1:], word[:-1], word.swapcase()] * 8]
    text = st.lists(st.sampled_from(parts) | spread(word), max_size=5).map("".join)
    others = {"text": text, "stream": st.sampled_from(STREAMS), "level": st.sampled_from(GIVEN)}
    kinds = [st.builds(IncomingLine, **others, partial=st.sampled_from(p)) for p in PARTIAL]
    return st.one_of(*(st.lists(st.lists(k, min_size=1, max_size=6), max_size=3) for k in kinds))


def log_of(appends: list[list[IncomingLine]]) -> list[Chunk]:
    """A log of these appends, and of the other kinds of records."""
    chunks: list[Chunk] = []
    first = Seq(1)
    for lines in appends:
        chunks.append(encode_incoming(lines, "stdout", 0, b"::group::")(first))
        first = Seq(chunks[-1].last + 1)
    chunks.append(encode_status("running", 0)(first))
    return [*chunks, encode_end("failed", 1, first, "0" * 64, 0)(Seq(first + 1))]


Searched = tuple[Asked, list[Chunk]]


@st.composite
def searches(draw: st.DrawFn, wanted: st.SearchStrategy[Asked] = asked_for) -> Searched:
    """A search, and a log in which it may find something."""
    asked = draw(wanted)
    word = asked.q if asked.q is not None else "ab\n" if asked.regex is not None else ""
    return asked, log_of(draw(log_lines(word)))


def wanted(asked: Asked) -> Wanted:
    pattern: Pattern | None = None
    if asked.q is not None:
        pattern = Literal(asked.q, case=asked.case)
    elif asked.regex is not None:
        pattern = Regex(asked.regex, case=asked.case)
    return Wanted(pattern, asked.levels, asked.streams, asked.kinds)


def naive(asked: Asked, chunks: Sequence[Chunk]) -> list[int]:
    return Oracle(asked).matching(record for chunk in chunks for record in chunk.records())


def found(asked: Asked, chunks: Sequence[Chunk]) -> list[int]:
    search = Search(wanted(asked))
    return [number for chunk in chunks for number in search.add(chunk)]


@pytest.mark.parametrize("kind", [by_text, by_regex, by_filters], ids=["text", "regex", "filters"])
def test_it_finds_what_going_through_every_record_finds(kind: st.SearchStrategy[Asked]) -> None:
    """Any text, any filter, any cut of the log."""

    @settings(max_examples=200, deadline=None)
    @given(searches(kind))
    def holds(searched: Searched) -> None:
        asked, log = searched
        assert found(asked, log) == naive(asked, log)

    holds()


@settings(deadline=None)
@given(searches(), st.integers(1, 300))
def test_it_does_not_depend_on_how_the_log_is_cut(searched: Searched, max_bytes: int) -> None:
    """The pieces that are looked at in one go may be of any size."""
    asked, log = searched
    pieces = [piece for chunk in log for piece in chunk.pieces(max_bytes)]
    assert found(asked, pieces) == found(asked, log) == found(asked, [Chunk.merge(log)])


@settings(deadline=None)
@given(searches(), st.data())
def test_it_does_not_depend_on_where_it_begins(searched: Searched, data: st.DataObject) -> None:
    """A search that goes on knows the lines that go on."""
    asked, log = searched
    whole = Chunk.merge(log)
    start = Seq(data.draw(st.integers(0, whole.last), label="start"))
    search = Search(wanted(asked))
    search.recall([whole.between(Seq(max(0, start - LOOK_BACK)), start)])
    assert search.add(whole.between(start, whole.last)) == [
        number for number in found(asked, log) if number > start
    ]


@settings(max_examples=200)
@given(texts | st.text())
@example("\x1b[31mERROR\x1b[0m")
def test_what_is_seen_of_a_text(text: str) -> None:
    """The text without its escape sequences."""
    assert visible(text) == seen(text)


@pytest.mark.parametrize("case", SEQUENCES, ids=lambda case: case["what"])
def test_what_is_seen_is_what_the_page_shows(case: dict[str, str]) -> None:
    """One table for both."""
    assert visible(case["text"]) == case["visible"] == seen(case["text"])


@given(texts, texts)
def test_what_is_seen_of_a_line_in_two_records(one: str, two: str) -> None:
    """Is what is seen of the line, each character in the record that it came in."""
    shown = shown_places(one + two)
    before = "".join((one + two)[place] for place in shown if place < len(one))
    assert visible_parts(one, two) == (before, seen(one + two)[len(before) :])


@given(st.lists(texts.map(lambda text: text.replace("\n", ""))))
def test_what_is_seen_of_lines_is_seen_of_each(many: list[str]) -> None:
    """Nothing in one hides another."""
    assert visible_lines(many).split("\n") == (list(map(visible, many)) or [""])


@pytest.mark.parametrize(
    "text", ["ERROR: x", "\x1b[31mERR\x1b[1mOR\x1b[0m: x", "\x1b]8;;\x07ERROR"]
)
def test_colours_hide_nothing(text: str) -> None:
    """A word is found, whatever stands between its letters that nobody sees."""
    chunk = encode_incoming([IncomingLine("-"), IncomingLine(text)], "stdout", 0)(Seq(1))
    assert found(Asked(q="error"), [chunk]) == [2]
    assert found(Asked(regex="^error"), [chunk]) == [2]
