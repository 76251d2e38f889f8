"""Fixtures that more than one test file needs."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ServerProcess


def pytest_configure() -> None:
    """Who runs the tests in the background may have signals ignored, as shells, nohup and CI
    systems do, and what a process ignores, all that it starts ignores. So these are not ignored but
    caught, and nothing is done: what tests start gets them as if a person had started it."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_collection_finish() -> None:
    """Let Python look only at what the tests make: at the 600,000 objects that were there before
    them it would look for half a second, at the end of each file."""
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_open() -> Iterator[None]:
    """What the tests of a file have left open is found at its end, and one of them fails, and not a
    test of another file that happens to run when Python next looks."""
    yield
    gc.collect()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of the test's own, which it may kill and restart."""
    with ServerProcess(tmp_path / "data") as running:
        yield running


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests that leave it alone: each makes deployments of its own."""
    with ServerProcess(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def memory_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The same on the memory store."""
    data = tmp_path_factory.mktemp("memory") / "data"
    with ServerProcess(data, store="memory:") as running:
        yield running
