"""Where the last section of a log begins, by the markers of the tools that wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.deployments.line_records import encode_lines
from logflume.deployments.markers import marks_of
from logflume.deployments.sections import MOST_NESTED, Sections
from logflume.records import Chunk, Seq

START = "\x1b[0Ksection_start:1795435200:{}\r\x1b[0KHeader"
END = "\x1b[0Ksection_end:1795435260:{}\r\x1b[0K"
GROUP, GROUP_END = "::group::Deploy", "::endgroup::"


def log_of(*texts: str, is_old: bool = False) -> Chunk:
    """A log of these lines; an old one was written before records said what is a marker."""
    lines = [(text, False) for text in texts]
    marks = {} if is_old else marks_of(lines, "\n".join(texts).encode())
    return encode_lines(lines, "stdout", 0, marks)(Seq(1))


def last_of(*texts: str, is_old: bool = False) -> int | None:
    """The number of the line that begins the last section."""
    sections = Sections()
    sections.add(log_of(*texts, is_old=is_old))
    return sections.last


def start(name: str) -> str:
    return START.format(name)


def end(name: str) -> str:
    return END.format(name)


@pytest.mark.parametrize(
    ("texts", "last"),
    [
        ([], None),
        (["build", "deploy"], None),
        ([GROUP, "x"], 1),
        (["x", GROUP, "y", GROUP_END, "z", GROUP, "failed"], 6),
        (["x", GROUP, "y", GROUP_END, "failed after it"], 2),
        (["  \t::group::indented"], 1),
        ([start("a"), "x", end("a"), start("b"), "x"], 4),
        ([start("a"), start("b"), "x", end("b"), "failed"], 1),
        ([start("a"), start("b"), end("b"), end("a"), start("c"), start("d")], 5),
        ([end("never begun"), start("a"), "x"], 2),
        ([start("a"), end("never begun"), start("b"), "x"], 1),
        ([start("a"), "x", end("a") + start("b"), "y"], 3),
        ([start("a"), start("b"), "x", end("b") + end("a"), start("c")], 5),
        ([start("a"), start("b"), "x", end("b") + end("a") + start("c")], 4),
        ([start("a"), start("b"), end("a"), start("c")], 4),
        (["::error::x", "##[group]printed", "::debug::y"], 2),
        ([start("a"), "x", end("a"), end("a"), start("b"), end("b")], 5),
        (["section_start:1:plain\rH", "x"], 1),
        ([start("a[collapsed=true]"), "x"], 1),
        ([start("a"), GROUP, "x"], 2),
    ],
)
@pytest.mark.parametrize("is_old", [True, False])
def test_the_last_section_that_is_not_within_another_is_found(
    texts: list[str], last: int | None, is_old: bool
) -> None:
    """GitHub's follow one another, GitLab's may be nested: the outer one is tried again.

    Caught: the first section; the innermost; an end that closes what it does not name; a line that
    ends one section and begins the next."""
    assert last_of(*texts, is_old=is_old) == last


@pytest.mark.parametrize(
    "text",
    [
        "echo ::group::x",
        "x ::group::",
        "::groups::",
        ":: group::",
        "::GROUP",
        "run section_start:1:x",
        "section_start:x:y",
        "section_starts:1:x",
        '","text":"::group::',
        '{"text":"::group::x"}',
        '\\","text":"::group::',
        "\x1b[31m::group::x",
        "::endgroup::",
    ],
)
def test_a_marker_within_a_line_is_text(text: str) -> None:
    """Also where the text looks like a record. Caught: searching for the marker anywhere."""
    assert last_of("first", text, "last", is_old=True) is None
    assert last_of("first", text, "last") is None


@pytest.mark.parametrize("split", [1, 2, 10**6])
def test_a_marker_where_a_line_goes_on_is_text(split: int) -> None:
    """A long line, or one that was shown before its end, is several records.

    Caught: a marker looked for at the beginning of each record."""
    lines = [("first", False), ("a prompt: ", True), ("::group::x", False), ("last", False)]
    sections = Sections()
    for piece in encode_lines(lines, "stdout", 0)(Seq(1)).pieces(split):
        sections.add(piece)
    assert sections.last is None
    sections.add(encode_lines([("::group::x", True)], "stdout", 0)(Seq(5)))
    assert sections.last == 5


def test_only_what_a_line_says_is_looked_at() -> None:
    """Records of other kinds and other fields have no sections."""
    sections = Sections()
    records = [
        b'{"n":1,"kind":"status","status":"running"}\n',
        b'{"n":2,"level":"::group::","stream":"stdout","text":"x"}\n',
        b'{"n":3,"kind":"end","status":"failed","digest":"section_start:1:"}\n',
    ]
    sections.add(Chunk.of(Seq(1), records))
    assert sections.last is None


def test_buildkites_groups_follow_one_another() -> None:
    """Where the records say that they are groups; the lines alone do not."""
    texts = [("--- a", False), ("+++ b", False), ("^^^ +++", False)]
    marks = marks_of(texts, b"", buildkite=True)
    sections = Sections()
    sections.add(encode_lines(texts, "stdout", 0)(Seq(1)))
    assert sections.last is None
    sections.add(encode_lines(texts, "stdout", 0, marks)(Seq(4)))
    assert sections.last == 5


def test_sections_that_never_end_are_forgotten() -> None:
    """Of a log that only begins some, the outermost stay known.

    Caught: a list that grows with the log."""
    begun = [start("a")] * (MOST_NESTED + 50)
    ended = [end("a")] * MOST_NESTED
    assert last_of(*begun, *ended[1:], start("x")) == 1
    assert last_of(*begun, *ended, start("x")) == len(begun) + len(ended) + 1


lines = st.lists(
    st.sampled_from(["x", "", GROUP, GROUP_END, start("a"), end("a"), "é" * 20]), max_size=30
)


@given(lines, st.integers(1, 300))
def test_it_does_not_matter_how_the_log_comes_in_pieces(texts: list[str], max_bytes: int) -> None:
    """And it is known how much stands before the section.

    Caught: counting from the chunk's first record, or bytes of this chunk alone."""
    whole = log_of(*texts)
    sections = Sections()
    for piece in whole.pieces(max_bytes):
        sections.add(piece)
    assert sections.last == last_of(*texts)
    if sections.last is not None:
        before = whole.between(Seq(0), Seq(sections.last - 1))
        assert sections.bytes_before == len(before.body)


def test_a_log_that_begins_after_others_is_numbered_on() -> None:
    """The number is the record's, not the place in what was read."""
    sections = Sections()
    sections.add(encode_lines([("x", False), (GROUP, False)], "stdout", 0)(Seq(1000)))
    assert sections.last == 1001
