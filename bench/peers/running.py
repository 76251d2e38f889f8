"""A peer that runs: on the server's core, with all the processes that it consists of."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from bench.peers.peer import Peer
from bench.rounds import Bench
from bench.servers import Server


class PeerServer(Server):
    """Processor time and memory are those of its process and of all that it started."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        self.peer = peer
        self._folder = folder
        super().__init__(peer.command(folder), folder / "stderr")

    def pids(self) -> list[int]:
        """All its processes."""
        found = [self.pid]
        for pid in found:  # which grows meanwhile
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        return found

    def rss_bytes(self) -> int:
        return sum(_rss_bytes(pid) for pid in self.pids())

    def has_ended(self) -> bool:
        return self._has_ended()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        except subprocess.TimeoutExpired:  # some wait for watchers, who have gone without a word
            os.kill(self.pid, signal.SIGKILL)

    def _port_if_ready(self) -> int | None:
        if not self.peer.port:
            return super()._port_if_ready()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.peer.port), 1):
            return self.peer.port
        return None

    def _last_words(self) -> str:
        return f"{self.peer.name}: {super()._last_words()}"


def _rss_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def running(bench: Bench, peer: Peer) -> Iterator[PeerServer]:
    """The peer, on the server's core, in a folder of its own. Raises Missing, ServerDied."""
    with bench.logs() as folder:
        os.sched_setaffinity(0, {bench.cores.server})  # what is started inherits it
        try:
            server = PeerServer(peer, folder)
        finally:
            os.sched_setaffinity(0, {bench.cores.load})
        with server:
            yield server


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody has, for servers that cannot choose one themselves."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
