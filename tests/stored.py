"""A data folder with some of everything, for tests of what is done with its database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import httpx2

from logflume.store.sqlite_file import DATABASE
from tests.servers import ServerProcess, new_deployment
from tests.websocket import log_path

TEXT = {"Content-Type": "text/plain"}


class Filled:
    """The names of what `fill` has made on a server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ended = new_deployment(url)
        self._append(log_path(self.ended), "::group::build\none\ntwo\n::endgroup::\nthree\n")
        self._append(log_path(self.ended), "::group::release\n" + "x" * 70_000 + "\nfailed\n")
        httpx2.patch(f"{url}/v1/deployments/{self.ended}", json={"status": "failed"})
        self.retry = new_deployment(url, retry_of=self.ended)
        self._append(log_path(self.retry), "again\n")
        httpx2.patch(f"{url}/v1/deployments/{self.retry}", json={"status": "succeeded"})
        self.again = new_deployment(url, retry_of=self.retry)
        self.running = new_deployment(url)
        for number in range(5):
            self._append(log_path(self.running), f"line {number}\n")
        self.stream = "some/where"
        httpx2.put(f"{url}/v1/stream/{self.stream}", headers=TEXT)
        for mark in range(3):
            self.produce(mark)
        httpx2.put(
            f"{url}/v1/stream/fork", headers={"Stream-Forked-From": f"/v1/stream/{self.stream}"}
        )
        self._append("/v1/stream/fork", "its own")

    def produce(self, seq: int) -> httpx2.Response:
        """A producer's append to the generic log."""
        marks = {"Producer-Id": "p", "Producer-Epoch": "0", "Producer-Seq": str(seq)}
        address = f"{self.url}/v1/stream/{self.stream}"
        return httpx2.post(address, content=f"part {seq};", headers={**TEXT, **marks})

    @property
    def paths(self) -> list[str]:
        """Where its logs are read."""
        deployments = (self.ended, self.retry, self.again, self.running)
        streams = (f"/v1/stream/{name}" for name in (self.stream, "fork"))
        return [*map(log_path, deployments), *streams, "/v1/deployments/feed"]

    def bodies(self) -> dict[str, bytes]:
        """What each of them holds, but for the feed, which every start of a server adds to."""
        return {path: httpx2.get(self.url + path).content for path in self.paths[:-1]}

    def tails(self) -> dict[str, str]:
        """The offset at the end of each."""
        return {
            path: httpx2.get(self.url + path).headers["Stream-Next-Offset"] for path in self.paths
        }

    def _append(self, path: str, text: str) -> None:
        answer = httpx2.post(self.url + path, content=text, headers=TEXT)
        assert answer.status_code == 204, answer.text


def filled_folder(folder: Path) -> Filled:
    """A data folder with some of everything, whose server has stopped."""
    with ServerProcess(folder) as server:
        made = Filled(server.url)
        assert server.stop() == 0
    return made


def changed(folder: Path, change: Callable[[apsw.Connection], object]) -> Path:
    """The folder's database after a change that no server makes; it is closed."""
    connection = apsw.Connection(str(folder / DATABASE))
    change(connection)
    connection.pragma("journal_mode", "delete")
    connection.close()
    return folder / DATABASE


__all__ = ["TEXT", "Filled", "changed", "filled_folder"]
