"""Moves a command's output to where it would have gone, at once, and to the log beside it.

One loop, one thread: what arrives first is passed on first, on whichever stream. Passing on
blocks when the reader does, as it would have blocked the command without Logflume; everything
else that blocks (the network) is other threads' business.

The loop ends when all sources have ended, or soon after `stop`: a background process that a
deployment leaves behind may hold its output open for ever.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import struct
import termios
import time
from dataclasses import dataclass

from logflume.cli.recorder import Recorder

BLOCK_BYTES = 64 * 1024
"""A pipe's whole buffer on Linux."""

QUIET_SECONDS = 0.25
"""After the command's end, output that others still hold open has ended after this silence."""

LINGER_SECONDS = 2.0
"""The same if they are never silent."""


@dataclass(slots=True)
class Source:
    """A stream that is read, and where it goes besides the log; `echo` None is nowhere."""

    fd: int
    recorder: Recorder
    echo: int | None = None
    due: int = 0
    """Bytes that were waiting when the command ended: they are the log's, however long it takes."""


@dataclass(slots=True)
class Keys:
    """What is typed: from the terminal to the command's own."""

    terminal: int
    command: int
    waiting: bytes = b""


class Pump:
    """Reads its sources to their end. `left_open` says afterwards whether one had none."""

    def __init__(self, sources: list[Source], keys: Keys | None = None) -> None:
        # Not epoll, which refuses the regular files that `push` may be given.
        self._selector = selectors.SelectSelector()
        self._sources = {source.fd: source for source in sources}
        self._keys = keys
        self._stopped_at: float | None = None
        self._quiet_since = 0.0
        self._wake_reader, self._wake_writer = os.pipe()
        for fd in (*self._sources, self._wake_reader):
            self._selector.register(fd, selectors.EVENT_READ)
        if keys:
            self._selector.register(keys.terminal, selectors.EVENT_READ)
        self.left_open = False

    def stop(self) -> None:
        """The command has ended: take what is there and come to an end. From any thread."""
        os.write(self._wake_writer, b".")

    def run(self) -> None:
        """Pump until the end. Raises nothing because of what it reads or who does not."""
        while self._sources:
            ready = self._selector.select(self._wait_seconds())
            for key, events in ready:
                self._turn(key.fd, events)
            self._flush_due()
            if self._is_over(quiet=not ready):
                self.left_open = True
                break
        for source in list(self._sources.values()):
            self._end(source)

    def _turn(self, fd: int, events: int) -> None:
        if fd == self._wake_reader:
            self._stopping()
        elif self._keys and fd == self._keys.terminal:
            self._type(self._keys)
        elif self._keys and events & selectors.EVENT_WRITE:
            self._hand_over(self._keys)
        if fd in self._sources and events & selectors.EVENT_READ:
            self._take(self._sources[fd])

    def _take(self, source: Source) -> None:
        try:
            piece = os.read(source.fd, BLOCK_BYTES)
        except BlockingIOError:
            return
        except OSError:  # EIO: the last one who could write to the pseudo-terminal has gone
            piece = b""
        if not piece:
            self._end(source)
            return
        reader_gone = source.echo is not None and not self._pass_on(piece, source)
        source.due -= len(piece)
        self._quiet_since = time.monotonic()
        source.recorder.push(piece, self._quiet_since)
        if reader_gone:
            self._end(source)

    def _pass_on(self, piece: bytes, source: Source) -> bool:
        """Whether the command may go on writing; a reader that is gone is to be its business."""
        try:
            write_all(source.echo or 0, piece)
        except BrokenPipeError:
            return False
        except OSError:  # the terminal is gone: the command is told by SIGHUP, and may go on
            source.echo = None
        return True

    def _end(self, source: Source) -> None:
        source.recorder.finish()
        self._selector.unregister(source.fd)
        del self._sources[source.fd]
        os.close(source.fd)

    def _type(self, keys: Keys) -> None:
        """Read keys, and no more before the command's terminal has taken them."""
        self._selector.unregister(keys.terminal)
        try:
            keys.waiting = os.read(keys.terminal, BLOCK_BYTES)
        except OSError:
            keys.waiting = b""
        if keys.waiting:
            self._hand_over(keys)

    def _hand_over(self, keys: Keys) -> None:
        if keys.command not in self._sources:
            return
        try:
            keys.waiting = keys.waiting[os.write(keys.command, keys.waiting) :]
        except BlockingIOError:
            pass
        except OSError:
            return
        if keys.waiting:
            events = selectors.EVENT_READ | selectors.EVENT_WRITE
        else:
            events = selectors.EVENT_READ
            self._selector.register(keys.terminal, selectors.EVENT_READ)
        self._selector.modify(keys.command, events)

    def _stopping(self) -> None:
        os.read(self._wake_reader, BLOCK_BYTES)
        if self._stopped_at is not None:
            return
        self._stopped_at = self._quiet_since = time.monotonic()
        for source in self._sources.values():
            source.due = _waiting_bytes(source.fd)

    def _is_over(self, *, quiet: bool) -> bool:
        if self._stopped_at is None:
            return False
        now = time.monotonic()
        if quiet:
            return now >= self._quiet_since + QUIET_SECONDS
        due = any(source.due > 0 for source in self._sources.values())
        return now >= self._stopped_at + LINGER_SECONDS and not due

    def _wait_seconds(self) -> float | None:
        times = self._flush_times()
        if self._stopped_at is not None:
            times.append(self._quiet_since + QUIET_SECONDS)
        return max(0, min(times) - time.monotonic()) if times else None

    def _flush_times(self) -> list[float]:
        recorders = [source.recorder for source in self._sources.values()]
        return [recorder.flush_at for recorder in recorders if recorder.flush_at is not None]

    def _flush_due(self) -> None:
        now = time.monotonic()
        for source in self._sources.values():
            if source.recorder.flush_at is not None and source.recorder.flush_at <= now:
                source.recorder.flush()


def write_all(fd: int, piece: bytes) -> None:
    """Write all of it, waiting as long as it takes, also on a descriptor that does not block."""
    rest = memoryview(piece)
    while rest:
        try:
            rest = rest[os.write(fd, rest) :]
        except BlockingIOError:
            with selectors.SelectSelector() as selector:
                selector.register(fd, selectors.EVENT_WRITE)
                selector.select()


def _waiting_bytes(fd: int) -> int:
    try:
        answer = fcntl.ioctl(fd, termios.FIONREAD, struct.pack("i", 0))
    except OSError:
        return 0
    return int(struct.unpack("i", answer)[0])
