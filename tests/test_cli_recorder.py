"""Output as records: encoded as they are sent, flushed when they have waited long enough."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.cli.recorder import PROMPT_SECONDS, Recorder, SafeSpool, encode
from logflume.cli.spool import SpoolFull
from logflume.masks.masks import Masks

SENT = "2026-11-23T15:37:00.000000Z"
lines = st.lists(st.tuples(st.text(max_size=9), st.booleans()), min_size=1, max_size=9)


@given(lines)
def test_records_are_ndjson(lines: list[tuple[str, bool]]) -> None:
    """One object a line, whatever the texts hold, and `partial` only where it is so; what follows
    a partial one `continues`."""
    rows = encode(lines, "stderr", SENT).split(b"\n")
    assert rows.pop() == b""
    before = [False, *(partial for _, partial in lines)]
    for row, (text, partial), continues in zip(rows, lines, before, strict=False):
        record = {"text": text, "stream": "stderr", "sent": SENT}
        said = {"partial": partial, "continues": continues}
        assert json.loads(row) == record | {name: True for name, so in said.items() if so}
    assert len(rows) == len(lines)


def test_a_prompt_waits_a_little() -> None:
    """A pending line is due a moment after it began, not after its last byte; its end clears it."""
    written: list[bytes] = []
    recorder = Recorder(SafeSpool(written.append), "stdout", Masks())
    recorder.push(b"Go", 10)
    recorder.push(b" on? ", 10.1)
    assert recorder.flush_at == 10 + PROMPT_SECONDS
    assert written == []
    recorder.flush()
    assert recorder.flush_at is None
    assert b'"text":"Go on? "' in written[0]
    assert b'"partial":true' in written[0]
    recorder.push(b"yes\nnext", 20)
    assert recorder.flush_at == 20 + PROMPT_SECONDS
    recorder.push(b"\n", 21)
    assert recorder.flush_at is None
    recorder.push(b"end", 22)
    recorder.finish()
    assert b'"text":"end"' in written[-1]
    assert recorder.flush_at is None


def test_what_goes_on_with_a_prompt_says_so() -> None:
    """Over the writes in between, of which some bring nothing: each stream for itself. It must not
    be taken for a marker. Caught: a line that is a group where the command was slow."""
    written: list[bytes] = []
    spool = SafeSpool(written.append)
    recorder, other = Recorder(spool, "stdout", Masks()), Recorder(spool, "stderr", Masks())
    recorder.push(b"Go on? ", 10)
    recorder.flush()
    other.push(b"::group::other\n", 11)
    recorder.push(b"::gro", 12)
    recorder.push(b"up::x\n::group::y\n", 12)
    records = [json.loads(row) for row in b"".join(written).split(b"\n")[:-1]]
    assert [(r["text"], r.get("continues", False)) for r in records] == [
        ("Go on? ", False),
        ("::group::other", False),
        ("::group::x", True),
        ("::group::y", False),
    ]


def test_lost_records_are_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    """The first loss is said on stderr, and all of it in the log when there is room again."""
    written: list[bytes] = []
    full = True

    def append(records: bytes) -> None:
        if full:
            raise SpoolFull("No space left on device", records.count(b"\n"))
        written.append(records)

    spool = SafeSpool(append)
    spool.add([("a", False), ("b", False)], "stdout")
    spool.add([("c", False)], "stdout")
    full = False
    spool.add([("d", False)], "stdout")
    spool.add([("e", False)], "stdout")
    assert capfd.readouterr().err.count("the log loses lines") == 1
    assert [json.loads(row)["text"] for row in b"".join(written).split(b"\n")[:-1]] == [
        "3 records are lost here: the spool could not be written",
        "d",
        "e",
    ]
