"""A log's records on stdout: lines, parts of lines, streams that come in between."""

from __future__ import annotations

import msgspec
import pytest

from logflume.cli.printer import JsonPrinter, TextPrinter
from logflume.client.follow import Batch
from logflume.client.records import LogRecord


def line(n: int, text: str, stream: str = "stdout", *, partial: bool = False) -> LogRecord:
    """A record of a line."""
    return LogRecord(n, f"2026-11-23T15:37:0{n}Z", stream=stream, text=text, partial=partial)


def text_printer(*, safe: bool = False, colours: bool = True, stamps: bool = False) -> TextPrinter:
    """A printer for texts."""
    return TextPrinter(safe=safe, colours=colours, timestamps=stamps)


@pytest.mark.parametrize(
    ("records", "output"),
    [
        ([line(1, "a"), line(2, "b")], b"a\nb\n"),
        ([line(1, "a", partial=True), line(2, "b")], b"ab\n"),
        ([line(1, "a", partial=True), line(2, "")], b"a\n"),
        ([line(1, "a\rb\x1b[6n")], b"a\rb\x1b[6n\n"),
        ([line(1, "a", partial=True), line(2, "err", "stderr"), line(3, "b")], b"a\nerr\nb\n"),
        ([line(1, "a"), LogRecord(2, "", kind="end", status="failed"), line(3, "b")], b"a\nb\n"),
        ([line(1, "prompt> ", partial=True)], b"prompt> \n"),
    ],
)
def test_texts(
    capsysbinary: pytest.CaptureFixture[bytes], records: list[LogRecord], output: bytes
) -> None:
    """Partial records make one line, other streams begin their own, other kinds have no text."""
    printer = text_printer()
    for record in records:
        printer.show(Batch([], [record]))
    printer.finish()
    assert capsysbinary.readouterr().out == output


GITLAB = (
    "\x1b[0Ksection_end:1:a\r\x1b[0Ksection_start:2:b[collapsed=true]\r\x1b[0K\x1b[36mNext\x1b[0m"
)
GROUPS = [
    LogRecord(1, "", "group", "stdout", "::group::Build", group="Build", open=True),
    LogRecord(2, "", "group", "stdout", "::endgroup::", open=False),
    LogRecord(3, "", "group", "stdout", GITLAB, group="Next", open=True, section="b"),
    LogRecord(4, "", "group", "stdout", "^^^ +++", expands=True),
]


@pytest.mark.parametrize(
    ("options", "output"),
    [
        ({}, f"::group::Build\n::endgroup::\n{GITLAB}\n^^^ +++\n"),
        (
            {"safe": True},
            "\x1b[1m::group::Build\x1b[0m\n::endgroup::\n"
            "\x1b[1m\x1b[36mNext\x1b[0m\x1b[0m\n^^^ +++\n\x1b[0m",
        ),
        (
            {"safe": True, "colours": False},
            "::group::Build\n::endgroup::\nNext\n^^^ +++\n",
        ),
    ],
)
def test_markers_are_lines(
    capsysbinary: pytest.CaptureFixture[bytes], options: dict[str, bool], output: str
) -> None:
    """To a program as they were written. At a terminal what begins a group is bold, and GitLab's
    marks, which their control sequences would have hidden, are hidden.

    Caught: groups that are missing from what is printed."""
    printer = text_printer(**options)
    printer.show(Batch([], GROUPS))
    printer.finish()
    assert capsysbinary.readouterr().out.decode() == output


def test_timestamps(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Each line begins with its time, the rest of one does not."""
    printer = text_printer(stamps=True)
    records = [line(1, "a"), line(2, "b", partial=True), line(3, "c"), line(4, "d")]
    printer.show(Batch([], records))
    rows = capsysbinary.readouterr().out.decode().splitlines()
    assert [row.split(" ") for row in rows] == [
        ["2026-11-23T15:37:01Z", "a"],
        ["2026-11-23T15:37:02Z", "bc"],
        ["2026-11-23T15:37:04Z", "d"],
    ]


def test_at_a_terminal(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Only colours reach a terminal, streams do not mix in one sequence, colours end at the end."""
    printer = text_printer(safe=True)
    records = [line(1, "\x1b[3", partial=True), line(2, "[", "stderr"), line(3, "1mred\x1b[6n")]
    printer.show(Batch([], records))
    printer.finish()
    assert capsysbinary.readouterr().out == b"\n[\n\x1b[31mred\n\x1b[0m"


def test_without_colours(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """Not even the reset at the end is printed for who wants no colours."""
    printer = text_printer(safe=True, colours=False)
    printer.show(Batch([], [line(1, "\x1b[31mred\x1b[0m")]))
    printer.finish()
    assert capsysbinary.readouterr().out == b"red\n"


def test_json_is_what_was_received(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """NDJSON has the server's bytes, unknown fields and all."""
    rows = [b'{"n":1, "later": {"a":[1]}}', '{"n":2,"text":"é\u2028"}'.encode()]
    printer = JsonPrinter()
    printer.show(Batch([msgspec.Raw(row) for row in rows], []))
    printer.finish()
    assert capsysbinary.readouterr().out == b"\n".join(rows) + b"\n"
