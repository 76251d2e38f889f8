"""What a line says as a marker: tables of lines as GitHub, GitLab and Buildkite write them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.deployments.markers import (
    LONGEST_HEADER,
    LONGEST_TITLE,
    Marker,
    marker_of,
    marks_of,
    may_be_said,
    may_hold,
)

START = "\x1b[0Ksection_start:1795435200:{}\r\x1b[0K"
END = "\x1b[0Ksection_end:1795435260:{}\r\x1b[0K"


def begins(title: str, **more: object) -> Marker:
    return Marker(kind="group", group=title, open=True, **more)  # type: ignore[arg-type]


def ends(section: str | None = None, **more: object) -> Marker:
    return Marker(kind="group", open=False, section=section, **more)  # type: ignore[arg-type]


GITHUB = [
    ("::group::My title", begins("My title")),
    ("::group::", begins("")),
    ("::GROUP::Run tests", begins("Run tests")),
    ("  \t::group::indented", begins("indented")),
    ("::group ignored=1::T", begins("T")),
    ("::group::a::b", begins("a::b")),
    ("::group::100%25 of%0Aboth%0d, 50%2525", begins("100% of both , 50%25")),
    (
        "::group::\x1b[1;32mBuild\x1b[0m \x1b]8;;http://x\x1b\\the app\x1b]8;;\x07",
        begins("Build the app"),
    ),
    ("##[group]Run actions/checkout@v4", begins("Run actions/checkout@v4")),
    ("::endgroup::", ends()),
    ("##[endgroup]", ends()),
    ("::EndGroup::", ends()),
    ("::error::It failed", Marker(level="error")),
    (
        "::error file=app.js,line=1,col=5,endColumn=7,title=T::Missing semicolon",
        Marker(level="error"),
    ),
    ("::warning file=app.js,line=1::Missing semicolon", Marker(level="warning")),
    ("::notice title=a%3A%3Ab::x", Marker(level="notice")),
    ("::debug::Set the Octocat variable", Marker(level="debug")),
    ("##[error]Process completed with exit code 1.", Marker(level="error")),
    ("##[warning]x", Marker(level="warning")),
    ("##[debug]Evaluating condition", Marker(level="debug")),
]

GITLAB = [
    (START.format("build") + "Header", begins("Header", section="build")),
    (
        START.format("script") + "\x1b[0K\x1b[36;1mExecuting\x1b[0;m\x1b[0;m",
        begins("Executing", section="script"),
    ),
    (
        START.format("my.section-1[collapsed=true]") + "H",
        begins("H", section="my.section-1", collapsed=True),
    ),
    (
        START.format("s[hide_duration=true,collapsed=true]") + "H",
        begins("H", section="s", collapsed=True),
    ),
    (START.format("s[collapsed=false]") + "H", begins("H", section="s")),
    (START.format("untitled"), begins("untitled", section="untitled")),
    ("section_start:1:plain\rHeader", begins("Header", section="plain")),
    ("section_start:1:bare", begins("bare", section="bare")),
    ("section_start:1:s[collapsed=true]\x1b[0KH", begins("H", section="s", collapsed=True)),
    (END.format("build"), ends("build")),
    ("section_end:1:bare", ends("bare")),
    (END.format("cleanup") + "\x1b[32;1mJob succeeded\x1b[0;m", ends("cleanup")),
    ("no newline before it" + END.format("script"), ends("script")),
    (
        END.format("get_sources") + START.format("script")[4:] + "Executing",
        begins("Executing", section="script", ends=("get_sources",)),
    ),
    (END.format("inner") + END.format("outer"), ends("outer", ends=("inner",))),
    ("section_end:1:a\rsection_start:2:b\rH", begins("H", section="b", ends=("a",))),
    (START.format("a") + START.format("b") + "H", begins("H", section="b")),
]

BUILDKITE = [
    ("--- Running tests", begins("Running tests", collapsed=True)),
    ("+++ A title", begins("A title")),
    ("~~~ Preparing", begins("Preparing", collapsed=True, dimmed=True)),
    ("--- :docker: Building", begins(":docker: Building", collapsed=True)),
    ("\x1b[33m--- Coloured\x1b[0m", begins("Coloured", collapsed=True)),
    ("--- ", begins("", collapsed=True)),
    ("^^^ +++", Marker(kind="group", expands=True)),
    ("^^^  +++ ", Marker(kind="group", expands=True)),
]


@pytest.mark.parametrize(("text", "marker"), [*GITHUB, *GITLAB])
def test_markers_that_always_count(text: str, marker: Marker) -> None:
    """Whether Buildkite's are asked for or not, and found by the look at a whole body, too."""
    assert marker_of(text) == marker_of(text, buildkite=True) == marker
    assert may_hold(text.encode())
    assert may_be_said(json.dumps(text).encode())


@pytest.mark.parametrize(("text", "marker"), BUILDKITE)
def test_markers_that_count_where_they_are_asked_for(text: str, marker: Marker) -> None:
    """They look like what stands in YAML and in diffs."""
    assert marker_of(text, buildkite=True) == marker
    assert marker_of(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "echo ::group::x",
        "x ::group::",
        "::groups::",
        "::group",
        "::group:",
        ":: group::",
        "::errors::x",
        "::set-output name=a::b",
        "::add-mask::secret",
        "std::error::Error",
        "\x1b[31m::group::x",
        "x ##[group]y",
        "##[group",
        "##[section]x",
        "run section_start:1:x",
        "run section_start:1:x\rH",
        "section_start:x:y",
        "section_start:1:",
        "section_start:1: x",
        "section_starts:1:x",
        "section_start:1:a b\r\x1b[0K",
        "---",
        "----- x",
        " --- x",
        "--+ x",
        "^^^",
        "^^^ +++ x",
        "--- " + "x" * LONGEST_HEADER,
    ],
)
def test_what_is_no_marker(text: str) -> None:
    """Also where Buildkite's are asked for. Caught: searching for markers anywhere."""
    assert marker_of(text, buildkite=True) is None


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("::group::Inst", begins("Inst")),
        ("::gro", None),
        ("::error file=a", None),
        ("section_start:1:na", None),
        ("section_start:1:name\r", begins("name", section="name")),
        (START.format("a") + "Hea", begins("Hea", section="a")),
        (END.format("a") + "section_start:1:b", ends("a")),
    ],
)
def test_a_line_that_is_not_there_to_its_end(text: str, marker: Marker | None) -> None:
    """It counts for what it says by then; a name that may go on says nothing."""
    assert marker_of(text, partial=True) == marker


def test_a_title_is_a_heading() -> None:
    """One line without control characters, and not as long as a line may be."""
    marker = marker_of("::group::\ta\x00b\x9b\u2028" + "word " * 10_000)
    assert marker is not None
    assert marker.group is not None
    assert marker.group.startswith("a b word word")
    assert LONGEST_TITLE - 5 < len(marker.group) <= LONGEST_TITLE


ATOMS = [
    *("::group::", "::endgroup::", "::error", "::", " ", "\t", "T", "##[group]", "\r", "\x1b[0K"),
    *("section_start:1:a", "section_end:1:a", "[collapsed=true]", "\x1b[31m", "--- ", "^^^ +++"),
    *("é", "\u2028", "x" * 300, "\x00", "%0A", "\x1b", "\x9b"),
]
texts = st.lists(st.sampled_from(ATOMS), max_size=12).map("".join) | st.text()


@given(texts, st.booleans(), st.booleans())
def test_no_line_is_refused(text: str, partial: bool, buildkite: bool) -> None:
    """Whatever it holds. And what is looked at line by line is found in the whole as well."""
    marker = marker_of(text, partial=partial, buildkite=buildkite)
    if marker is not None and marker.kind is None:
        assert marker.level in ("error", "warning", "notice", "debug")
    if marker_of(text) is not None:
        assert may_hold(text.encode("utf-8", "replace"))


@given(texts, st.integers(0, 40))
def test_json_that_writes_characters_as_numbers(text: str, place: int) -> None:
    """Is found to hold a marker however it is written."""
    spelled = "".join(
        f"\\u{ord(char):04x}" if at == place and char.isascii() else json.dumps(char)[1:-1]
        for at, char in enumerate(text)
    )
    if marker_of(text) is not None:
        assert may_be_said(f'{{"text":"{spelled}"}}'.encode("utf-8", "surrogatepass"))


def test_the_first_line_is_always_looked_at() -> None:
    """It may have begun in what came before. Caught: a marker that arrives in two pieces."""
    lines = [("::group::x", False), ("y", False)]
    assert list(marks_of(lines, b"oup::x\ny\n")) == [0]


def test_a_line_that_goes_on_is_no_marker() -> None:
    """Neither in these lines nor in those before. Caught: a prompt whose answer is a marker."""
    group = ("::group::x", False)
    lines = [group, ("a prompt: ", True), group, group]
    came = b"::group::x\n" * 4
    assert list(marks_of(lines, came)) == [0, 3]
    assert list(marks_of(lines, came, goes_on=True)) == [3]


def test_lines_without_a_sign_are_not_looked_at() -> None:
    """Unless Buildkite's markers are asked for, which have none."""
    lines = [("a", False), ("--- b", False)]
    assert not marks_of(lines, b"a\n--- b\n")
    assert list(marks_of(lines, b"a\n--- b\n", buildkite=True)) == [1]
