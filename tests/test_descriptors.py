"""What is written to a connection's descriptor comes in order with what its transport writes, and
the descriptor is the connection's until its protocol has heard of the end."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logflume.http.descriptors import NO_DESCRIPTOR, descriptor_of
from tests.loops import LOOPS, NewLoop, run, until
from tests.pairs import Pair, tcp_pair
from tests.proxies import HOST, Certificate

LARGE = b"x" * 4 * 1024 * 1024
"""More than any socket here takes at once."""


class Told(asyncio.Protocol):
    """What a connection's protocol is told of it."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.writable = True
        self.waiting_at_resumption: list[int] = []
        self.descriptor = NO_DESCRIPTOR
        self.is_lost = asyncio.Event()
        self.open_at_the_end = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self.waiting_at_resumption.append(self.transport.get_write_buffer_size())

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_at_the_end = is_open_socket(self.descriptor)
        self.is_lost.set()


@asynccontextmanager
async def connection(ends: Pair | None = None, **options: Any) -> AsyncIterator[tuple[Told, Pair]]:
    """A transport's protocol, and the two ends of its connection."""
    ends = ends or tcp_pair()
    with closing(ends.far):
        ends.near.setblocking(False)
        loop = asyncio.get_running_loop()
        told = Told()
        await loop.connect_accepted_socket(lambda: told, ends.near, **options)
        try:
            yield told, ends
        finally:
            if not told.is_lost.is_set():
                told.transport.abort()
            await until(lambda: ends.near.fileno() < 0)


def is_open_socket(descriptor: int) -> bool:
    try:
        return str(Path(f"/proc/self/fd/{descriptor}").readlink()).startswith("socket:")
    except FileNotFoundError:
        return False


def take(far: socket.socket) -> bytes:
    """All that has come."""
    taken = b""
    while select.select([far], [], [], 0)[0] and (piece := far.recv(1 << 20)):
        taken += piece
    return taken


async def take_all(far: socket.socket, count: int) -> bytes:
    """So many bytes, as fast as the transport sends them."""
    taken = b""
    while len(taken) < count:
        taken += take(far)
        await asyncio.sleep(0)
    return taken


@LOOPS
def test_what_is_taken_is_written_at_once(new_loop: NewLoop) -> None:
    """Before the loop has had another turn, and nobody is paused for it."""

    async def write() -> None:
        async with connection() as (told, ends):
            assert descriptor_of(told.transport) == ends.near.fileno()
            for number in range(3):
                told.transport.write(b"line %d\n" % number)
                assert (told.transport.get_write_buffer_size(), told.writable) == (0, True)
                assert ends.take(7) == b"line %d\n" % number  # the loop is held up meanwhile

    run(new_loop, write())


@LOOPS
def test_who_waits_is_paused_until_nothing_waits(new_loop: NewLoop) -> None:
    """From the first byte to the last. Caught: limits that let something wait unseen."""

    async def write() -> None:
        async with connection() as (told, ends):
            descriptor_of(told.transport)
            for _ in range(2):
                told.transport.write(LARGE)
                assert not told.writable
                assert await take_all(ends.far, len(LARGE)) == LARGE
                await until(lambda: told.writable)
            ends.fill()
            told.transport.write(b".")
            assert not told.writable
            while not told.writable:
                take(ends.far)
                await asyncio.sleep(0)
            assert told.waiting_at_resumption == [0, 0, 0]

    run(new_loop, write())


@LOOPS
def test_what_waited_before_pauses_too(new_loop: NewLoop) -> None:
    """However little it is: who had the connection before did not have to know of it."""

    async def write() -> None:
        async with connection() as (told, ends):
            held = ends.fill()
            told.transport.write(b"before")
            assert told.writable
            descriptor_of(told.transport)
            assert not told.writable
            assert (await take_all(ends.far, held + 6))[-7:] == b".before"
            await until(lambda: told.writable)
            assert told.waiting_at_resumption == [0]

    run(new_loop, write())


def reset(far: socket.socket) -> None:
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()


ENDS: dict[str, Callable[[Told, Pair], None]] = {
    "closed here": lambda told, _: told.transport.close(),
    "broken off here": lambda told, _: told.transport.abort(),
    "closed there": lambda _, ends: ends.far.close(),
    "half closed there": lambda _, ends: ends.far.shutdown(socket.SHUT_WR),
    "reset there": lambda _, ends: reset(ends.far),
}


@LOOPS
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("waits", [b"", LARGE], ids=["nothing waits", "much waits"])
def test_a_descriptor_stays_open_until_its_end_was_told(
    new_loop: NewLoop, end: Callable[[Told, Pair], None], waits: bytes
) -> None:
    """And is closed after it. Caught: a descriptor that is another client's by then."""

    async def lose() -> None:
        async with connection() as (told, ends):
            told.descriptor = descriptor_of(told.transport)
            told.transport.write(waits)
            end(told, ends)
            while not told.is_lost.is_set():
                assert is_open_socket(told.descriptor)
                if waits and ends.far.fileno() >= 0:
                    take(ends.far)
                await asyncio.sleep(0)
            assert told.open_at_the_end
            await until(lambda: not is_open_socket(told.descriptor))

    run(new_loop, lose())


steps = st.lists(
    st.tuples(st.sampled_from(["transport", "past it", "take", "turn"]), st.integers(1, 60_000)),
    min_size=5,
    max_size=40,
)


@LOOPS
@settings(max_examples=60, deadline=None)
@given(script=steps)
def test_both_ways_to_write_keep_their_order(
    new_loop: NewLoop, script: list[tuple[str, int]]
) -> None:
    """Past the transport while its protocol is not paused, and the rest by it."""

    async def write() -> None:
        async with connection() as (told, ends):
            descriptor = descriptor_of(told.transport)
            said, heard = b"", b""
            for number, (step, count) in enumerate(script):
                data = b"%c" % number * count
                if step == "turn":
                    await asyncio.sleep(0)
                elif step == "take":
                    heard += take(ends.far)
                elif step == "transport":
                    told.transport.write(data)
                    said += data
                elif told.writable:
                    told.transport.write(data[past(descriptor, data) :])
                    said += data
            heard += await take_all(ends.far, len(said) - len(heard))
            assert heard == said

    run(new_loop, write())


def past(descriptor: int, data: bytes) -> int:
    """Write to the socket itself; how much it took."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0


@LOOPS
def test_tls_has_no_descriptor(new_loop: NewLoop, tmp_path: Path) -> None:
    """What is to be written must be encrypted first; the transport still does it."""
    certificate = Certificate(tmp_path)
    near_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    near_tls.load_cert_chain(certificate.path, certificate.key)
    far_tls = ssl.create_default_context(cafile=str(certificate.path))

    async def greet(far: socket.socket) -> bytes:
        reader, writer = await asyncio.open_connection(sock=far, ssl=far_tls, server_hostname=HOST)
        word = await reader.readexactly(6)
        writer.transport.abort()
        return word

    async def write() -> None:
        ends = tcp_pair()
        greeting = asyncio.create_task(greet(ends.far))
        async with connection(ends, ssl=near_tls) as (told, _):
            assert descriptor_of(told.transport) == NO_DESCRIPTOR
            assert told.writable, "paused, although nothing waits"
            told.transport.write(b"secret")
            assert await greeting == b"secret"

    run(new_loop, write())
