"""The command that measures: what it leaves out and why, and what it says when a server dies."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.live

ROOT = Path(__file__).parent.parent
FEW_DESCRIPTORS = 256
WAIT_SECONDS = 30

INGESTED_BYTES = 2 * 1024 * 1024
"""In the server's files, once the measure is in the middle of its run."""


def test_too_few_descriptors_leave_out_what_needs_them(tmp_path: Path) -> None:
    """And the command ends well, for it did what can be done here."""
    with bench(tmp_path, "fanout", "storm", "many-logs") as process:
        output, errors = process.communicate(timeout=WAIT_SECONDS)
    forget_results(output)
    assert process.returncode == 0, errors
    assert output.count("MISSING: a higher limit of open files (ulimit -n)") == 2
    assert "left out: 1000 watchers" in output


def test_a_server_that_dies_midway_ends_the_command_with_its_last_lines(tmp_path: Path) -> None:
    with bench(tmp_path, "ingest") as process:
        os.kill(server_at_work(process.pid, tmp_path), signal.SIGKILL)
        _, errors = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 1
    assert "bench: the server died; its last lines:\n" in errors
    assert "serves http://127.0.0.1:" in errors
    assert "Traceback" not in errors


@contextmanager
def bench(folder: Path, *measures: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m bench`, one round, with few descriptors."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench", "--rounds", "1", "--folder", str(folder), *measures],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=few_descriptors,
    )
    with process:
        yield process


def few_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_DESCRIPTORS, FEW_DESCRIPTORS))


def server_at_work(parent: int, folder: Path) -> int:
    """The process of the server that is measured, once it has stored something."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        stored = sum(file.stat().st_size for file in folder.glob("*/*/logflume.db*"))
        if stored > INGESTED_BYTES:
            children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
            return int(children[0])
        time.sleep(0.01)
    raise AssertionError("the measure never began")


def forget_results(output: str) -> None:
    """The command keeps its figures; a test's are worth nothing."""
    written = re.search(r"written to (\S+)", output)
    assert written is not None, output
    (ROOT / written[1]).unlink()
