r"""What lines mean to the CI systems that they were written for: groups of lines, and levels.

The one place that knows what a marker is. `marker_of` says what a line is; the rules:

- GitHub's commands: `::group::T`, `::endgroup::`, `::error …::msg`, `::warning`, `::notice`,
  `::debug`, and what its runner prints for them, `##[group]T`; after white space, in any case.
- GitLab's sections: `section_start:TIME:NAME[collapsed=true]`, `section_end:TIME:NAME`. With the
  `\r\e[0K` that belongs to it a section's marker may stand anywhere in a line, and a line may have
  several; without it only where the line begins, or where the one before it ended.
- Buildkite's headers: `--- T`, `+++ T`, `~~~ T`, `^^^ +++`. Only where they are asked for, because
  YAML and diffs are full of them.

A line is never changed by what it means, and no line is refused. Nothing here knows what stood in
the lines before. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from logflume.deployments.lines import Line

OPTIONAL = ("buildkite",)
"""Whose markers count only where they are asked for: they look like what is in many a log."""

LONGEST_TITLE = 200
"""A group's title in characters: it is a heading. The line itself is kept whole."""

LONGEST_HEADER = 500
"""A Buildkite header has fewer bytes than this, by Buildkite's own rule; we count characters."""


class Marker(msgspec.Struct, frozen=True):
    """What a marker says; what it does not say is None, false or empty.

    Either it gives a level to its line, or its line is a group's: it begins one (`open`), ends one
    (not `open`), or `expands` the one before it, which makes `open` None.
    """

    level: str | None = None
    kind: str | None = None
    group: str | None = None
    """The title."""
    open: bool | None = None
    collapsed: bool = False
    """Its lines are hidden until they are asked for."""
    dimmed: bool = False
    expands: bool = False
    section: str | None = None
    """The name that tells GitLab's sections, which may be nested, from one another."""
    ends: tuple[str, ...] = ()
    """Sections that end in this line before what else it says."""


NO_MARKS: Mapping[int, Marker] = {}


def marker_of(text: str, *, partial: bool = False, buildkite: bool = False) -> Marker | None:
    """What a line says as a marker, if it is one. `partial`: it is the beginning of a line whose
    rest has not come, so a name at its end may be cut."""
    return (
        _command(text)
        or ("section_" in text and _sections(text, partial=partial))
        or (buildkite and _header(text))
        or None
    )


def marks_of(
    lines: Sequence[Line], came: bytes, *, goes_on: bool = False, buildkite: bool = False
) -> Mapping[int, Marker]:
    """The markers among lines, by their places. `came` is what the lines were made of, except that
    the first may have begun before it; `goes_on`: so that part of it is a record already."""
    looked_at = lines if buildkite or may_hold(came) else lines[:1]
    found = {}
    for place, (text, partial) in enumerate(looked_at):
        marker = None if goes_on else marker_of(text, partial=partial, buildkite=buildkite)
        if marker is not None:
            found[place] = marker
        goes_on = partial
    return found


def may_hold(text: bytes) -> bool:
    """Whether a marker of GitHub's or GitLab's may be in there, or a command that `masking` obeys.
    Nearly always not, which is found out without looking at single lines."""
    if b"::" not in text and b"#" not in text and b"section_" not in text:
        return False  # of one line, in a third of the time
    return next(signs(text), None) is not None


def signs(text: bytes) -> Iterator[int]:
    """Where markers of GitHub's and GitLab's may stand in lines, or in JSON that holds them."""
    for sign in (_COMMAND_SIGN, _SECTION_SIGN):
        yield from (found.start() for found in sign.finditer(text))
    if b"#" in text:
        yield from (found.start() for found in _PRINTED_SIGN.finditer(text))


def may_be_said(json: bytes) -> bool:
    """The same of JSON, where every character may be written as its number."""
    return may_hold(json) or _NUMBERED.search(json) is not None


def _command(text: str) -> Marker | None:
    found = _COMMAND.match(text)
    if found is None:
        return None
    name = (found["name"] or found["printed"]).lower()
    if name != "group":
        return _UNTITLED[name]
    title = _ESCAPED.sub(lambda code: _MEANT[code[0].upper()], found["title"])
    return Marker(kind="group", group=_title(title), open=True)


def _sections(text: str, *, partial: bool) -> Marker | None:
    markers = list(_section_markers(text, partial=partial))
    if not markers:
        return None
    *before, last = markers
    ends = tuple(found["name"] for found in before if found["what"] == "end")
    name = last["name"]
    if last["what"] == "end":
        return Marker(kind="group", open=False, section=name, ends=ends)
    title = _title(text[last.end() :]) or name
    collapsed = "collapsed=true" in (last["options"] or "")
    return Marker(
        kind="group", group=title, open=True, collapsed=collapsed, section=name, ends=ends
    )


def _section_markers(text: str, *, partial: bool) -> Iterator[re.Match[str]]:
    expected = _after_sequences(text, 0)
    for found in _SECTION.finditer(text):
        if found["ending"] != _ENDING and found.start() != expected:
            continue
        if partial and not found["ending"] and found.end() == len(text):
            continue
        expected = _after_sequences(text, found.end())
        yield found


def _after_sequences(text: str, start: int) -> int:
    """Where what is seen begins: colours and erasures come before a marker, too."""
    found = _SEQUENCES.match(text, start)
    return found.end() if found else start


def _header(text: str) -> Marker | None:
    if len(text) >= LONGEST_HEADER:
        return None
    found = _HEADER.match(_SEQUENCES.sub("", text))
    if found is None:
        return None
    if found["expands"]:
        return Marker(kind="group", expands=True)
    sign = found["sign"]
    return Marker(
        kind="group",
        group=_title(found["title"]),
        open=True,
        collapsed=sign != "+++",
        dimmed=sign == "~~~",
    )


def _title(text: str) -> str:
    """The text as a heading: what is seen of it, in one line."""
    seen = _UNSEEN.sub("", text[: 10 * LONGEST_TITLE])
    return " ".join(_CONTROL.sub(" ", seen).split())[:LONGEST_TITLE].rstrip()


_LEVELS = ("error", "warning", "notice", "debug")
_UNTITLED = {level: Marker(level=level) for level in _LEVELS}
_UNTITLED["endgroup"] = Marker(kind="group", open=False)
_NAMES = "|".join(("group", *_UNTITLED))
# Begins with letters of its own, which is what makes the search fast; what is looked for next makes
# short work of the paths of C++ and Rust.
_SIGNS = f"{_NAMES}|add-mask".encode()
_COMMAND_SIGN = re.compile(rb"::(?=[ADEGNW])(?:%b)[: ]" % _SIGNS, re.IGNORECASE)
_PRINTED_SIGN = re.compile(rb"##\[(?:%b)[\] ]" % _SIGNS, re.IGNORECASE)
_SECTION_SIGN = re.compile(rb"section_(?:start|end):")
_NUMBERED = re.compile(rb"\\u00[2-7]")
_COMMAND = re.compile(
    rf"\s*(?:::(?P<name>{_NAMES})(?:\ .*?)?::|\#\#\[(?P<printed>{_NAMES})(?:\ [^\]]*)?\])"
    r"(?P<title>.*)",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_MEANT = {"%0D": "\r", "%0A": "\n", "%25": "%"}
_ESCAPED = re.compile("|".join(_MEANT), re.IGNORECASE)

_ENDING = "\r\x1b[0K"
_SECTION = re.compile(
    r"section_(?P<what>start|end):[0-9]+:(?P<name>[A-Za-z0-9_.-]+)(?P<options>\[[\w=, ]*\])?"
    r"(?P<ending>\r\x1b\[0K|\r|(?=\x1b)|\Z)"
)
_SEQUENCES = re.compile(r"(?:\x1b\[[0-9;]*[mK])*")
_HEADER = re.compile(
    r"(?P<expands>\^\^\^\s+\+\+\+\s*\Z)|(?P<sign>---|\+\+\+|~~~)\s(?P<title>.*)", re.DOTALL
)
_UNSEEN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

__all__ = [
    "NO_MARKS",
    "OPTIONAL",
    "Marker",
    "marker_of",
    "marks_of",
    "may_be_said",
    "may_hold",
    "signs",
]
