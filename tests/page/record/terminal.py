"""A pseudo-terminal that keeps what programs write to it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import struct
import subprocess
import termios
from pathlib import Path

ROWS, COLUMNS = 24, 80
FOLDER_NAME = "/src"
"""What the folder of a recording is called in its log."""

READ_BYTES = 65_536


class Terminal:
    """Runs programs in a folder of their own, on a terminal."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def write(self, name: str, text: str) -> Path:
        """A file that a program needs."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def run(self, *command: str, **environment: str) -> bytes | None:
        """What it wrote, with line ends as in a log; None if there is no such program."""
        if shutil.which(command[0]) is None:
            return None
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env={**self._environment(), **environment},
        )
        os.close(theirs)
        written = _all_of(ours)
        os.close(ours)
        process.wait()
        return self._nameless(written)

    def _environment(self) -> dict[str, str]:
        """Nothing of this machine's settings, where programs would say where they load from."""
        rustup = os.environ.get("RUSTUP_HOME", str(Path("~/.rustup").expanduser()))
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "RUSTUP_HOME": rustup,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }

    def _nameless(self, written: bytes) -> bytes:
        written = written.replace(str(self.folder).encode(), FOLDER_NAME.encode())
        written = re.sub(rb"127\.0\.0\.1:\d+", b"127.0.0.1:8000", written)
        return written.replace(b"\r\n", b"\n")


def _all_of(descriptor: int) -> bytes:
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, READ_BYTES)
        except OSError:  # a terminal's end, once nobody has its other side
            part = b""
        if not part:
            return b"".join(parts)
        parts.append(part)
