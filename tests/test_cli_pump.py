"""The pump: output passed on and recorded, and when it counts as ended."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from logflume.cli.pump import Keys, Pump, Source, write_all
from logflume.cli.recorder import Recorder, SafeSpool
from logflume.masks.masks import Masks

MEGABYTE = 1024 * 1024


class Recorded:
    """A recorder and what has come out of it."""

    def __init__(self) -> None:
        self.body = b""
        self.recorder = Recorder(SafeSpool(self._append), "stdout", Masks())

    def _append(self, records: bytes) -> None:
        self.body += records

    @property
    def lines(self) -> int:
        return self.body.count(b"\n")


@pytest.fixture
def recorded() -> Recorded:
    """Where the test's output is recorded."""
    return Recorded()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe as large as the system gives it, whose writing end stays open."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, MEGABYTE)
    yield reader, writer
    os.close(writer)


def test_all_that_waits_is_taken(pipe: tuple[int, int], recorded: Recorded) -> None:
    """When the command has ended, what it wrote is read, though another holds the pipe open."""
    os.write(pipe[1], b"line\n" * (MEGABYTE // 5))
    pump = Pump([Source(pipe[0], recorded.recorder)])
    pump.stop()
    pump.run()
    assert recorded.lines == MEGABYTE // 5
    assert pump.left_open


def test_a_writer_that_is_never_silent(
    pipe: tuple[int, int], recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A background process that writes on and on does not keep the pump from ending."""
    monkeypatch.setattr("logflume.cli.pump.LINGER_SECONDS", 0.05)
    over = threading.Event()

    def chatter() -> None:
        while not over.is_set():
            try:
                os.write(pipe[1], b"still here\n")
            except BrokenPipeError:
                return

    thread = threading.Thread(target=chatter)
    thread.start()
    pump = Pump([Source(pipe[0], recorded.recorder)])
    pump.stop()
    pump.run()
    over.set()
    thread.join()
    assert pump.left_open
    assert recorded.lines


def test_an_end_is_no_stop(recorded: Recorded) -> None:
    """A stream that simply ends is read to its end, its last line too, and is not left open."""
    reader, writer = os.pipe()
    os.write(writer, b"one\ntwo")
    os.close(writer)
    pump = Pump([Source(reader, recorded.recorder)])
    pump.run()
    assert recorded.lines == 2
    assert not pump.left_open


def test_a_file_is_a_source(tmp_path: Path, recorded: Recorded) -> None:
    """`push < file` works as from a pipe."""
    (tmp_path / "log").write_bytes(b"line\n" * 100_000)
    Pump([Source(os.open(tmp_path / "log", os.O_RDONLY), recorded.recorder)]).run()
    assert recorded.lines == 100_000


def test_a_reader_that_is_gone(pipe: tuple[int, int], recorded: Recorded) -> None:
    """Without a reader the source is closed, so that its writer notices; nothing raises."""
    gone, echo = os.pipe()
    os.close(gone)
    os.write(pipe[1], b"unread\n")
    Pump([Source(pipe[0], recorded.recorder, echo)]).run()
    assert recorded.lines == 1
    with pytest.raises(BrokenPipeError):
        os.write(pipe[1], b"more\n")
    os.close(echo)


def test_a_reader_that_is_slow_and_does_not_block() -> None:
    """A stdout that somebody has set to non-blocking gets every byte all the same."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    got: list[bytes] = []

    def read() -> None:
        while piece := os.read(reader, 1000):
            got.append(piece)

    thread = threading.Thread(target=read)
    thread.start()
    write_all(writer, bytes(range(256)) * 4096)
    os.close(writer)
    thread.join()
    os.close(reader)
    assert b"".join(got) == bytes(range(256)) * 4096


def test_keys_that_nobody_takes(recorded: Recorded) -> None:
    """Keys wait for a command that does not read them; its output goes on meanwhile."""
    keyboard, typing = os.pipe()
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    os.write(typing, b"x" * 50_000)
    pump = Pump([Source(ours, recorded.recorder)], Keys(keyboard, ours))
    os.write(theirs, b"output\n")
    os.close(theirs)
    pump.stop()
    pump.run()
    assert b'"text":"output"' in recorded.body
    for fd in (keyboard, typing):
        os.close(fd)
