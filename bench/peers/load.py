"""The load in C, run as a process on the load's core, and what it says when it has ended.

It fails when a watcher got a line twice, not at all, or out of order: then there is no figure.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from bench.peers import build
from bench.peers.peer import Feed
from bench.servers import Timed

LOST = 2
"""What it exits with when a line was lost or repeated; see bench/c/watchers.h."""

ENDED_SECONDS = 170
"""It gives up by itself after 30 s without a line; this ends one that is only slow."""


class Unfaithful(Exception):
    """A line was lost or repeated; the text says which."""


class CutOff(ConnectionError):
    """The server refused, or closed a connection; if it has died, its last words tell more."""


class Target(Protocol):
    """A server as the load sees it."""

    port: int

    def pids(self) -> list[int]:
        """The processes whose processor time is its."""


class Weighed(Protocol):
    """A server whose memory is known."""

    port: int

    def rss_bytes(self) -> int:
        """The memory of all its processes."""


def deliver(
    server: Target,
    feed: Feed,
    *,
    watchers: int,
    lines: int,
    seconds: float,
    warm: float,
    rate: float = 0,
) -> tuple[dict[str, float], Timed]:
    """Append to `feed` for so long, so many lines a request, after so long a warm-up: each when
    the last is answered, or `rate` of them a second. Raises Unfaithful, CutOff."""
    with _files(feed, lines) as files:
        said = _run(
            *files,
            f"port={server.port}",
            f"publish={feed.publish_port}",
            f"watchers={watchers}",
            f"seconds={seconds}",
            f"warm={warm}",
            f"rate={rate}",
            f"pids={','.join(str(pid) for pid in server.pids())}",
        )
    taken = said["seconds"]
    values: dict[str, float] = {}
    values |= {name: said[name] * 1000 for name in ("p50", "p95", "p99") if name in said}
    values["deliveries"] = said["deliveries"] / taken
    values["cpu"] = said["server_cpu"] / said["deliveries"] * 1e6
    values["lines"] = said["deliveries"] / said["reads"]
    return values, Timed(taken, said["server_cpu"] / taken, said["load_cpu"] / taken)


def held_bytes(server: Weighed, feed: Feed, steps: tuple[int, int]) -> float:
    """What the server's memory grows by for each watcher between so many and so many. What it
    makes room for with its first watchers is not counted. Raises CutOff."""
    sizes = []
    with _files(feed, 1) as (watch, ready, _):
        command = [watch, ready, f"port={server.port}", f"hold={steps[0]},{steps[1]}"]
        with _started(command) as load:
            assert load.stdin is not None
            assert load.stdout is not None
            for _ in steps:
                if not load.stdout.readline():
                    _judge(load, load.communicate(timeout=ENDED_SECONDS)[1])
                sizes.append(server.rss_bytes())
                load.stdin.write("\n")
                load.stdin.flush()
    return (sizes[1] - sizes[0]) / (steps[1] - steps[0])


@contextmanager
def _files(feed: Feed, lines: int) -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory() as name:
        watch, post = Path(name) / "watch", Path(name) / "post"
        watch.write_bytes(feed.watch)
        post.write_bytes(feed.post(lines))
        yield f"watch={watch}", f"ready={feed.ready}", f"post={post}"


def _run(*words: str) -> dict[str, float]:
    with _started(words) as load:
        out, err = load.communicate(timeout=ENDED_SECONDS)
        _judge(load, err)
    figures: dict[str, float] = json.loads(out)
    return figures


def _started(words: tuple[str, ...] | list[str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [str(build.load()), *words], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def _judge(load: subprocess.Popen[str], said: str) -> None:
    if load.returncode == LOST:
        raise Unfaithful(said.strip())
    if load.returncode:
        raise CutOff(said.strip() or f"the load ended with {load.returncode}")
