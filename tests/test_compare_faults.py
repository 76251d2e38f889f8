"""What a comparison would find of a server that loses and repeats lines: it must be told.

The fault is planted between server and watchers: a relay that leaves out a line, or brings it
twice, in the middle of everything else that a relay does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from logflume.compare.buffering import behind_a_buffer
from logflume.compare.crowd import crowd
from logflume.compare.cuts import cut_live
from logflume.compare.figures import Behind, latency_of
from logflume.compare.plan import Plan, sample_texts
from logflume.compare.publisher import new_log
from logflume.compare.relay import HELD_BYTES, BufferingRelay, CuttingRelay, Link, Relay
from logflume.compare.server import OwnServer, own_server

pytestmark = pytest.mark.live

WATCHERS = 2
RECORD = b'"n":'
LOST_SECONDS = 0.5
"""How long to wait here for what will never come."""

PLAN = Plan(("sse",), WATCHERS, 20, 100.0, sample_texts())


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[OwnServer]:
    async with own_server(tmp_path) as running:
        yield running


class FaultyLink(Link):
    """Another link, with one piece of its answers left out or brought twice."""

    def __init__(self, link: Link, relay: FaultyRelay) -> None:
        self._link = link
        self._relay = relay
        self.pass_on = link.pass_on  # type: ignore[method-assign]
        self.reset = link.reset  # type: ignore[method-assign]

    async def pieces(self) -> AsyncIterator[bytes]:
        with_records = 0
        async for piece in self._link.pieces():
            with_records += RECORD in piece
            # Neither the first after a cut, which is cut itself, nor one that has a head.
            if RECORD not in piece or with_records != 2 or self._relay.planted:
                yield piece
                continue
            self._relay.planted = piece.count(RECORD)
            for _ in range(self._relay.times):
                yield piece


class FaultyRelay(CuttingRelay):
    """Cuts connections, and brings one piece so many times."""

    def __init__(self, target: int, times: int) -> None:
        super().__init__(target)
        self.times = times
        self.planted = 0
        """How many records were in it."""

    async def answers(self, link: Link) -> None:
        await super().answers(FaultyLink(link, self))


@pytest.mark.parametrize("pattern", ["sse", "websocket"])
async def test_a_lost_line_is_told(server: OwnServer, pattern: str) -> None:
    """A relay that leaves a line out: so many are lost, and none repeated."""
    relay = FaultyRelay(server.port, times=0)
    found = await cut_live(
        pattern, PLAN, server, WATCHERS, relay=relay, patience_seconds=LOST_SECONDS
    )
    assert relay.planted
    assert (found.lost, found.repeated) == (relay.planted, 0)


@pytest.mark.parametrize("pattern", ["sse", "websocket"])
async def test_a_repeated_line_is_told(server: OwnServer, pattern: str) -> None:
    """A relay that brings a line twice: so many are repeated, and none lost."""
    relay = FaultyRelay(server.port, times=2)
    found = await cut_live(pattern, PLAN, server, WATCHERS, relay=relay)
    assert relay.planted
    assert (found.lost, found.repeated) == (0, relay.planted)


@pytest.mark.parametrize("pattern", ["poll", "long-poll", "sse", "websocket"])
async def test_a_cut_costs_no_line(server: OwnServer, pattern: str) -> None:
    """Each watcher is cut once a round, in the middle of what it gets, and has every line once."""
    found = await cut_live(pattern, PLAN, server, WATCHERS)
    assert found.cuts == 3 * WATCHERS
    assert (found.lost, found.repeated) == (0, 0)
    assert found.caught_up_seconds is not None
    assert found.slowest_seconds is not None
    assert 0 < found.caught_up_seconds <= found.slowest_seconds


async def test_a_relay_that_does_nothing_is_not_seen(server: OwnServer) -> None:
    """Through it, an event stream comes as it is."""
    async with (
        new_log(server.port, PLAN.texts) as log,
        Relay(server.port) as between,
        crowd("sse", between.port, log.path, WATCHERS) as everyone,
    ):
        await log.publish_at_once(20)
        assert await everyone.have(20)
        assert [n for n, _ in everyone.watchers[0].taken] == list(range(1, 21))


async def test_a_buffer_that_is_full_lets_go(server: OwnServer) -> None:
    """Of an event stream, what is more than it holds comes through before the end."""
    texts = [b"x" * 1000]
    async with (
        new_log(server.port, texts) as log,
        BufferingRelay(server.port) as between,
        crowd("sse", between.port, log.path, 1, begun=False) as everyone,
    ):
        await log.publish_at_once(1)
        assert not await everyone.have(1, LOST_SECONDS)
        lines = HELD_BYTES // 1000 + 10
        while log.lines < lines:
            await log.publish_at_once(1)
        assert await everyone.have(HELD_BYTES // 2000)
        assert everyone.distinct() < lines


async def test_a_proxy_that_loses_lines_is_told_from_one_that_is_late(server: OwnServer) -> None:
    """What did not come in time may come in the end, or not at all."""
    assert Behind(lines=20, in_time=20, arrived=20).verdict == "in time"
    assert Behind(lines=20, in_time=3, arrived=20).verdict == "late"
    assert Behind(lines=20, in_time=3, arrived=19).verdict == "lost"
    found = await behind_a_buffer("sse", PLAN, server, WATCHERS)
    assert (found.in_time, found.arrived) == (0, found.lines)


def test_percentiles() -> None:
    """The smallest of the times that so many of them do not exceed."""
    found = latency_of([n / 1000 for n in range(1, 101)])
    assert found is not None
    assert (found.p50, found.p95, found.p99) == (50.0, 95.0, 99.0)
    assert latency_of([0.002]) is not None
    assert latency_of([]) is None
