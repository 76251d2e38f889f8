"""The real command line in processes and terminals of its own, for tests."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import httpx2

LOGFLUME = [sys.executable, "-m", "logflume"]
PATIENCE_SECONDS = 20.0
NOBODY = "http://127.0.0.1:9"
"""A server that is away: the discard port, which nobody serves."""


class CommandLine:
    """`logflume` with a home, and so a spool, of the test's own."""

    def __init__(self, home: Path, server: str) -> None:
        self.home = home
        self.server = server
        self.spool = home / "state/logflume/spool"

    def environ(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """What the processes see: nothing of the CI system that may run the tests."""
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "TMPDIR", "PYTHONPATH")
            if name in os.environ
        }
        own = {
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "LOGFLUME_SERVER": self.server,
            "LOGFLUME_SYNC_SECONDS": "5",
        }
        return {**kept, **own, **(extra or {})}

    def __call__(
        self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run it to its end, without a terminal."""
        return subprocess.run(
            [*LOGFLUME, *arguments],
            env=self.environ(env),
            cwd=self.home,
            input=stdin,
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    @contextmanager
    def running(
        self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run it beside the test; at the end of the block what still runs of it is killed, and of
        what it has started."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        own = {"cwd": self.home, "env": self.environ(env), "start_new_session": True}
        command = [*LOGFLUME, *arguments]
        with subprocess.Popen(**{"args": command, **pipes, **own, **options}) as process:
            try:
                yield process
            finally:
                kill_group(process)

    def spools(self) -> list[Path]:
        """The spools that are there."""
        return sorted(self.spool.glob("dep_*")) if self.spool.exists() else []

    def terminal(
        self, *arguments: str, env: Mapping[str, str] | None = None, **options: Any
    ) -> Terminal:
        """Run it in a terminal."""
        options = {"env": self.environ({"TERM": "xterm-256color", **(env or {})}), **options}
        return Terminal([*LOGFLUME, *arguments], cwd=self.home, **options)


class Terminal:
    """A command in a pseudo-terminal, as a person at a keyboard sees it."""

    def __init__(
        self,
        command: list[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        rows: int = 33,
        columns: int = 111,
        **options: Any,
    ) -> None:
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(slave)
        streams = {"stdin": slave, "stdout": slave, "stderr": slave}
        self.process = subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
            **{**streams, **options},
        )
        self._slave = slave
        self.screen = b""

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def expect(self, text: bytes) -> None:
        """Read until `text` is on the screen."""
        until(lambda: self.read() and text in self.screen, lambda: f"{text!r} in {self.screen!r}")

    def wait(self) -> int:
        """Read to the end; how the process ended, as Popen says it."""
        until(lambda: self.read() and self.process.poll() is not None, lambda: repr(self.screen))
        self.read()
        return self.process.returncode

    def restored(self) -> bool:
        """Whether the terminal has the settings that it had before."""
        return termios.tcgetattr(self._slave) == self.settings

    def read(self) -> bool:
        while select.select([self.master], [], [], 0.01)[0]:
            self.screen += os.read(self.master, 65536)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        kill_group(self.process)
        self.process.wait()
        os.close(self._slave)
        os.close(self.master)


class Logs:
    """What a server has, asked for over HTTP without Logflume's own client."""

    def __init__(self, url: str) -> None:
        self.url = url

    def deployments(self) -> list[dict[str, Any]]:
        answer = httpx2.get(f"{self.url}/v1/deployments", params={"limit": 1000})
        return list(answer.raise_for_status().json()["deployments"])

    def only(self) -> dict[str, Any]:
        """The one deployment there is."""
        found = self.deployments()
        assert len(found) == 1, found
        return found[0]

    def records(self, deployment_id: str) -> list[dict[str, Any]]:
        """All records, checked to be numbered 1, 2, 3 …"""
        answer = httpx2.get(
            f"{self.url}/v1/deployments/{deployment_id}/log",
            headers={"accept": "application/x-ndjson"},
        )
        records = [json.loads(row) for row in answer.raise_for_status().content.split(b"\n")[:-1]]
        assert [record["n"] for record in records] == list(range(1, len(records) + 1))
        return records

    def texts(self, deployment_id: str, stream: str = "stdout") -> list[str]:
        """The complete lines of one stream."""
        text = ""
        for record in self.records(deployment_id):
            if record.get("stream") == stream:
                text += record["text"] + ("" if record.get("partial") else "\n")
        return text.split("\n")[:-1]


def until(condition: Callable[[], object], what: Callable[[], str] = lambda: "") -> None:
    """Wait until the condition holds; fail, saying `what`, if it takes too long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what()}"
        time.sleep(0.005)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the leader of a group with all that it has started there, even if it has itself ended
    already: what is left over would run on beside the tests that follow."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def page_id(stderr: bytes) -> str:
    """The deployment whose address was announced."""
    return stderr.split(b"/d/")[1].split()[0].decode()


def returncode_of(number: signal.Signals) -> int:
    """What Popen says of a process that this signal has ended."""
    return -int(number)
