"""Crowds of real connections: whatever a watcher's socket takes, and whenever it takes it, comes
and goes, every watcher has every record once and in order, with io_uring and where it is refused.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from logflume.http import rounds
from tests.loopback import ONE, OTHER, Far, Loopback, loopback
from tests.loops import LOOPS, NewLoop, run, until
from tests.pairs import pairs, tcp_pair
from tests.proxies import HOST, Certificate
from tests.refusals import (
    IO_URING_ENTER,
    IO_URING_SETUP,
    NEEDS_IO_URING,
    apart,
    forbidden,
    refuse,
)

pytestmark = pytest.mark.live

MANY = 12
"""Members, more than a crowd tells one by one."""

LARGE = 150_000
"""A record of which every socket here takes a part."""

HALF = 18_000
"""One that every socket here takes, but not another as long."""


def everywhere(new_loop: NewLoop, work: Callable[[], Any]) -> None:
    """Run it with io_uring, and where that is refused."""
    run(new_loop, work())
    forbidden(IO_URING_SETUP, lambda: run(new_loop, work()))


async def streams(logs: Loopback, count: int = MANY) -> list[Far]:
    """So many at the tail of an empty log, in a crowd."""
    watchers = [await logs.stream() for _ in range(count)]
    await logs.turns(2)
    return watchers


def sends(logs: Loopback) -> int:
    """How many the kernel was asked for, of a table."""
    ring = logs.context.crowds.ring
    assert ring is not None, "this kernel has no io_uring, or forbids it"
    return int(ring._counters[ring._sq_tail])


@NEEDS_IO_URING
@LOOPS
def test_a_crowd_is_told_by_the_kernel(new_loop: NewLoop) -> None:
    """Each of it once a round; a few are not. Caught: a table that is made and not used."""

    async def tell() -> None:
        async with loopback() as logs:
            few = await streams(logs, rounds.FEW)
            before = sends(logs)
            await logs.append(ONE, 10)
            assert sends(logs) == before
            await streams(logs, MANY - len(few))
            for _ in range(3):
                await logs.append(ONE, 10)
            assert sends(logs) == before + 3 * MANY
            await logs.all_have_all()

    run(new_loop, tell())


@LOOPS
def test_who_takes_a_part_has_the_rest_later(new_loop: NewLoop) -> None:
    """Once, and then what has come meanwhile; he is back in the crowd after it.

    Caught: a rest that nobody writes, a whole that is written after a part of it."""

    async def stall() -> None:
        async with loopback() as logs:
            slow = (await streams(logs))[::2]
            for _ in range(2):
                for far in slow:
                    far.stalls = True
                await logs.append(ONE, LARGE)
                await logs.append(ONE, 10)
                await logs.turns(5)
                held = [far.connection._transport.get_write_buffer_size() for far in slow]
                assert all(0 < unsent < LARGE for unsent in held)
                await logs.all_have_all()
            await logs.append(ONE, 10)
            await logs.all_have_all()

    everywhere(new_loop, stall)


@LOOPS
def test_who_comes_between_two_rounds_is_told_and_who_has_gone_is_not(new_loop: NewLoop) -> None:
    """Caught: a table of those who were there before."""

    async def change() -> None:
        async with loopback() as logs:
            watchers = await streams(logs)
            await logs.append(ONE, 10)
            await streams(logs, 2)
            await logs.append(ONE, 10)
            await logs.all_have_all()
            gone = [watchers[place] for place in (0, 5, 11)]
            descriptors = {far.connection.descriptor for far in gone}
            for far in gone:
                far.leave("close")
            await until(lambda: all(far.pair.near.fileno() < 0 for far in gone))
            with strangers() as ends:
                assert descriptors <= {end.fileno() for end in ends}
                await logs.append(ONE, 10)
                await logs.all_have_all()
                assert nothing_came(ends)

    everywhere(new_loop, change)


@LOOPS
def test_who_comes_in_a_round_is_told_the_next(
    new_loop: NewLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He has read alone what it tells, and stands where it ends.

    Caught: a table of those who were there when it began."""
    monkeypatch.setattr(rounds, "SLICE", 3)

    async def come() -> None:
        async with loopback() as logs:
            watchers = await streams(logs)
            await logs.append(ONE, 10)  # the first slice is told
            await logs.stream()
            assert not logs.has_all(watchers[-1]), "the round is over"
            await logs.all_have_all()
            await logs.append(ONE, 10)
            await logs.all_have_all()

    everywhere(new_loop, come)


@contextmanager
def strangers() -> Iterator[list[socket.socket]]:
    """Connections that have nothing to do with the log, on whatever descriptors are free."""
    with pairs(10) as those:
        yield [end for one in those for end in (one.near, one.far)]


def nothing_came(ends: list[socket.socket]) -> bool:
    return not select.select(ends, [], [], 0)[0]


@LOOPS
def test_who_has_gone_in_a_round_is_not_told_it(
    new_loop: NewLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """His descriptor is another's by then. Caught: a stranger who is told of the log."""
    monkeypatch.setattr(rounds, "SLICE", 3)

    async def go() -> None:
        async with loopback() as logs:
            watchers = await streams(logs, 30)
            await logs.append(ONE, 10)  # the first slice is told
            gone = watchers[-2]
            descriptor = gone.connection.descriptor
            gone.gone = True
            gone.connection._transport.abort()
            await until(lambda: gone.pair.near.fileno() < 0)
            assert not logs.has_all(watchers[-1]), "the round is over"
            with strangers() as ends:
                assert descriptor in [end.fileno() for end in ends]
                await logs.all_have_all()
                assert nothing_came(ends)

    everywhere(new_loop, go)


@LOOPS
def test_a_socket_that_another_log_has_filled_is_told_after_it(
    new_loop: NewLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one log's round is at its second half when the other's fills these sockets; then there
    is room in the kernel, and what waits is with the transport.

    Caught: a frame that comes within another."""
    monkeypatch.setattr(rounds, "SLICE", MANY // 2)

    async def fill() -> None:
        async with loopback() as logs:
            watchers = [await logs.socket(ONE) for _ in range(MANY)]
            for far in reversed(watchers):  # who is told first of the one is last of the other
                await logs.follow(far, OTHER)
            asyncio.get_running_loop().call_soon(take_all, watchers)
            await logs.append(ONE, 10)
            await logs.append(OTHER, LARGE)
            await logs.all_have_all()

    everywhere(new_loop, fill)


def take_all(watchers: Sequence[Far]) -> None:
    for far in watchers:
        far.take()


@LOOPS
@pytest.mark.parametrize("pattern", ["stream", "socket"])
def test_who_closes_his_side_has_no_gap(new_loop: NewLoop, pattern: str) -> None:
    """His transport takes nothing more from then on, but until he is seen off his socket does.

    Caught: a round that he gets although he has not got the one before."""

    async def close() -> None:
        async with loopback() as logs:
            await streams(logs)
            watchers = [await logs.socket(ONE) for _ in range(MANY)]
            far = watchers[3] if pattern == "socket" else logs.watchers[3]
            far.stalls = True
            await logs.append(ONE, HALF)
            await logs.turns(5)
            far.leave("close its side")
            await until(far.connection._transport.is_closing)
            assert far.pair.near.fileno() >= 0, "he is gone already"
            for _ in range(2):
                await logs.append(ONE, HALF)
                while far.pair.under_way():  # then there is room for another round
                    far.take()
            far.take()
            logs.has_all(far)

    everywhere(new_loop, close)


@LOOPS
def test_a_crowd_over_tls_is_told_by_its_transports(new_loop: NewLoop, tmp_path: Path) -> None:
    """Caught: what is written in the clear, into the middle of what is encrypted."""
    certificate = Certificate(tmp_path)
    near_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    near_tls.load_cert_chain(certificate.path, certificate.key)
    far_tls = ssl.create_default_context(cafile=str(certificate.path))

    async def open_stream(logs: Loopback) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        pair = tcp_pair()
        opening = asyncio.open_connection(sock=pair.far, ssl=far_tls, server_hostname=HOST)
        ends, _ = await asyncio.gather(opening, logs.stream(tls=near_tls, pair=pair))
        await ends[0].readuntil(b"at 0\n")
        return ends

    async def tell() -> None:
        async with loopback() as logs:
            opened = [await open_stream(logs) for _ in range(MANY)]
            for record_bytes in (10, 60_000, 10):
                await logs.append(ONE, record_bytes)
                told = logs.records[ONE][-1]
                for reader, _ in opened:
                    assert await reader.readexactly(len(told)) == told
            for _, writer in opened:
                writer.transport.abort()
            await until(lambda: all(far.pair.far.fileno() < 0 for far in logs.watchers))

    run(new_loop, tell())


@NEEDS_IO_URING
def test_a_kernel_that_refuses_from_now_on_changes_nothing() -> None:
    """Each round is written one by one from then on, whether it has slow watchers or none. (libuv,
    which has a ring of its own, gives up the whole process there, so uvloop is no matter.)"""

    async def go_on() -> None:
        async with loopback() as logs:
            await streams(logs)
            await logs.append(ONE, 10)
            assert sends(logs) > 0
            refuse(IO_URING_ENTER)
            for record_bytes in (10, LARGE, 10):
                await logs.append(ONE, record_bytes)
                await logs.all_have_all()

    apart(lambda: run(asyncio.SelectorEventLoop, go_on()))
