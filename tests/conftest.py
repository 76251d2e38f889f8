"""Fixtures that more than one test file needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ServerProcess


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
