"""The load of the fan-out benchmark: nothing that a server does wrong is taken for a delivery."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from bench.peers.load import CutOff, Unfaithful, deliver
from bench.peers.own import Limit
from bench.peers.peer import LINE
from bench.peers.running import running
from bench.rounds import Bench, Cores
from bench.servers import ServerDied
from tests.planted import Planted, Tell, every_line

pytestmark = pytest.mark.live

WATCHERS = 5
LINES = 3
SIXTH = b"~#00000006"
"""The last line of the second request."""


def deliver_to(
    server: Planted, *, watchers: int = WATCHERS, lines: int = LINES
) -> dict[str, float]:
    values, _ = deliver(
        server, server.feed, watchers=watchers, lines=lines, seconds=0.05, warm=0.05
    )
    return values


def test_lines_that_come_once_and_in_order_are_counted() -> None:
    with Planted() as server:
        assert deliver_to(server)["deliveries"] > 0


def test_a_mark_that_is_cut_by_the_end_of_a_read_is_counted_once() -> None:
    with Planted(piece_bytes=7) as server:
        assert deliver_to(server, watchers=1, lines=200)["deliveries"] > 0


def test_a_mark_that_is_cut_by_a_chunk_of_the_answer_is_counted_once() -> None:
    with Planted(piece_bytes=7, is_chunked=True) as server:
        assert deliver_to(server, watchers=1, lines=200)["deliveries"] > 0


def loses(place: int, lines: list[bytes]) -> bytes:
    return every_line(place, [line for line in lines if place != 3 or line != SIXTH])


def repeats(place: int, lines: list[bytes]) -> bytes:
    return every_line(place, lines + [line for line in lines if place == 3 and line == SIXTH])


def swaps(place: int, lines: list[bytes]) -> bytes:
    return every_line(place, lines[::-1] if place == 3 else lines)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (loses, "watcher 3 got line 7 where line 6 was due: one was lost"),
        (repeats, "watcher 3 got line 6 where line 7 was due: it was repeated"),
        (swaps, "watcher 3 got line 3 where line 1 was due: one was lost"),
    ],
)
def test_one_watcher_of_many_is_enough_for_a_run_to_fail(fault: Tell, said: str) -> None:
    with Planted(fault) as server, pytest.raises(Unfaithful, match=said):
        deliver_to(server)


def test_a_stream_that_is_cut_is_no_figure() -> None:
    def cuts(place: int, lines: list[bytes]) -> bytes:
        return b"" if place == 3 and lines[-1] >= SIXTH else every_line(place, lines)

    with Planted(cuts) as server, pytest.raises(CutOff, match="the stream of watcher 3"):
        deliver_to(server)


def test_a_server_that_refuses_watchers_is_quoted() -> None:
    refusal = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nfull"
    with Planted(begun=refusal) as server, pytest.raises(CutOff, match="503 Service Unavailable"):
        deliver_to(server)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    core = min(os.sched_getaffinity(0))
    return Bench(Cores(core, core), tmp_path, 1)


@pytest.fixture
def limit() -> Limit:
    return Limit([every_line(0, [LINE.encode()] * count) for count in (1, LINES)])


def test_the_limit_sends_each_watcher_each_line_of_the_request(bench: Bench, limit: Limit) -> None:
    with running(bench, limit) as server:
        feed = limit.feed(server.port)
        values, timed = deliver(
            server, feed, watchers=WATCHERS, lines=LINES, seconds=0.05, warm=0.05
        )
    assert values["deliveries"] > 0
    assert timed.server_cpu > 0


def test_a_peer_that_dies_is_named_with_its_last_lines(bench: Bench, limit: Limit) -> None:
    def kill_and_deliver() -> None:
        with running(bench, limit) as server:
            os.kill(server.pid, signal.SIGKILL)
            deliver(server, limit.feed(server.port), watchers=1, lines=1, seconds=0.05, warm=0)

    with pytest.raises(ServerDied) as died:
        kill_and_deliver()
    assert str(died.value).startswith("C, only write(): the server died; its last lines:")
    assert "serves http://127.0.0.1:" in str(died.value)
