"""A follower on his own: what he reads, when he rests, and how he ends."""

from __future__ import annotations

import asyncio

import pytest

from logflume.http.follower import Follower
from tests.asgi import App, Client, log_of
from tests.contract.store import LOG
from tests.followers import END, FarStore, PlainFraming, Watcher, World, turns

LARGE = "x" * 100_000
"""A record of which one read takes two."""

RINGS = pytest.mark.parametrize("ring_bytes", [1, 250_000, 10**7], ids=["none", "some", "all"])


async def long_log(records: int, *, ring_bytes: int = 10**7) -> World:
    """A log of so many large records, of which a watcher at the tail has kept the ring filled."""
    world = await World.made(ring_bytes=ring_bytes)
    await world.join()
    for _ in range(records):
        await world.append(LARGE)
    await world.quiet()
    return world


@RINGS
async def test_history_and_what_follows_come_once_and_in_order(ring_bytes: int) -> None:
    """From the store, the ring and the crowd, without a seam."""
    world = await long_log(7, ring_bytes=ring_bytes)
    one = await world.join(1)
    await world.append("a")
    await world.quiet()
    await world.append("b")
    await world.quiet()
    assert one.seen == [2, 3, 4, 5, 6, 7, 8, 9]


@RINGS
async def test_nothing_is_written_while_nothing_is_taken(ring_bytes: int) -> None:
    """One write for each that is taken, not one more, and in the end everything.

    Caught: a follower who reads on although he was told to rest."""
    world = await long_log(7, ring_bytes=ring_bytes)
    one = await world.join(room=1)
    while one.seen != [1, 2, 3, 4, 5, 6, 7]:
        await world.quiet()
        written = len(one.writes)
        one.drain(room=1)
        await world.quiet()
        assert len(one.writes) == written + 1
    await world.append("a")
    await world.quiet()
    assert one.seen[-1] == 7
    one.drain()
    await world.quiet()
    assert one.seen == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_who_is_full_when_he_comes_to_the_tail_is_told_no_more() -> None:
    """His last write fills him, and says so as it is written.

    Caught: a member that nobody pauses."""
    world = await long_log(1)
    one = await world.join(room=1)
    await world.append("b")
    await world.quiet()
    assert one.seen == [1]
    one.drain()
    assert one.seen == [1, 2]


async def test_the_place_is_told_first_and_once() -> None:
    """Where the log is empty, at the tail, and after a stop; not when the follower rests and goes
    on. Caught: a place that is told at each turn, or never."""
    world = await World.made()
    one = await world.join()
    one.fill()
    one.drain()
    await world.quiet()
    assert one.writes == [b"at 0\n"]


async def test_the_place_is_told_when_it_can_be() -> None:
    """A way out that is not free when the following begins hides it from nobody.

    Caught: a beginning that is forgotten while nothing is taken."""
    world = await World.made()
    one = Watcher(0)
    one.follower = Follower(world.crowds, await world.cursor(), PlainFraming(), one)
    one.writable = False
    one.follower.begin()
    assert one.writes == []
    one.drain()
    assert one.writes == [b"at 0\n"]
    await world.append("a")
    assert one.writes == [b"at 0\n", b"1:a\n"]


@RINGS
async def test_a_log_that_is_closed_ends_with_its_last_record(ring_bytes: int) -> None:
    """In the same write, or in one of its own for who has all; and it is said once."""
    world = await long_log(3, ring_bytes=ring_bytes)
    await world.append("last", close=True)
    for start in (0, 3, 4):
        one = await world.join(start)
        await world.quiet()
        assert one.seen == list(range(start + 1, 5))
        assert one.writes[-1].endswith(END)
        assert one.ends == ["finished"]


async def test_who_rests_hears_the_end_when_he_goes_on() -> None:
    """Not before: it would be written to who takes nothing."""
    world = await World.made()
    one = await world.join(room=1)
    await world.append("a", close=True)
    await world.quiet()
    assert (one.seen, one.ends) == ([], [])
    one.drain()
    assert (one.seen, one.ends) == ([1], ["finished"])


async def test_a_store_that_fails_ends_the_following() -> None:
    """For who needs it, once; the others go on. Caught: an error that nobody hears of."""
    world = await long_log(3, ring_bytes=1)
    world.store.failing = True
    one = await world.join()
    await world.quiet()
    assert (one.seen, one.ends) == ([], ["StoreUnavailable"])
    assert world.watchers[0].ends == []
    world.store.failing = False
    await world.append("a")
    await world.quiet()
    assert world.watchers[0].seen == [1, 2, 3, 4]


async def test_a_log_that_is_deleted_while_the_store_is_read_is_gone() -> None:
    """What was read of it is another matter: maybe it is another log's by now."""
    world = await long_log(3, ring_bytes=1)
    one = await world.join()
    await turns(1)
    await world.store.delete(LOG)
    await world.quiet()
    assert one.ends == ["NoSuchLog"]


async def test_who_leaves_while_the_store_is_read_is_told_nothing() -> None:
    """Caught: a read that outlives its follower."""
    world = await long_log(3, ring_bytes=1)
    one = await world.join()
    await turns(2)
    one.leave()
    await world.quiet()
    assert (one.writes, one.ends) == ([], [])


async def test_who_is_full_when_the_store_answers_is_told_it_later() -> None:
    """What else goes his way may have filled it. Caught: an answer that is written all the same."""
    world = await long_log(3, ring_bytes=1)
    one = await world.join()
    await turns(2)
    one.fill()
    await world.quiet()
    assert one.writes == []
    one.drain()
    await world.quiet()
    assert one.seen == [1, 2, 3]


class CountingStore(FarStore):
    """Counts how many reads go on at once, at most."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0

    async def read(self, *arguments: object, **options: object):  # type: ignore[no-untyped-def]
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            return await super().read(*arguments, **options)  # type: ignore[arg-type]
        finally:
            self.now -= 1


async def test_a_resumption_while_the_store_is_read_does_not_read_again() -> None:
    """Caught: two reads of one follower, each of which is written."""
    world = await World.made(ring_bytes=1, store=CountingStore())
    await world.append("a", "b")
    one = await world.join()
    for _ in range(3):
        await turns(1)
        one.fill()
        one.drain()
    await world.quiet()
    assert one.seen == [1, 2]
    assert isinstance(world.store, CountingStore)
    assert world.store.most == 1


@pytest.mark.parametrize("ring_bytes", [1, 10**7])
async def test_who_begins_when_the_server_stops_is_told_both(ring_bytes: int) -> None:
    """Where he stands, and that the server stops: nobody would wake him later.

    Caught: a follower who waits at the tail of a server that has woken everybody."""
    world = await World.made(ring_bytes=ring_bytes)
    await world.append("a")
    for start in (0, 1):
        one = Watcher(start)
        one.follower = Follower(world.crowds, await world.cursor(start), PlainFraming(), one)
        world.tails.stop()
        one.follower.begin()
        await world.quiet()
        assert len(one.writes) == 1
        assert one.ends == ["stopped"]


async def test_who_rests_when_the_server_stops_is_told_when_he_goes_on() -> None:
    """Instead of what he has not read: he will come back for it."""
    world = await World.made()
    one = await world.join(room=1)
    await world.append("a")
    world.tails.stop()
    assert one.ends == []
    one.drain()
    assert (one.seen, one.ends) == ([], ["stopped"])


async def test_a_stop_ends_a_stream_through_asgi() -> None:
    """The same words, and the end of the body."""
    app = App()
    deployment = await app.deployment()
    client = Client()
    app.tails.stop()
    await app.run(client, "GET", f"/v1/deployments/{deployment}/log?live=sse&offset=-1")
    bodies = [message["body"] for message in client.sent[1:-1]]
    assert [body[:3] for body in bodies] == [b"ret", b"id:", b"ret"]
    assert not client.sent[-1].get("more_body", False)


async def test_a_record_comes_through_asgi_once_the_one_before_was_sent() -> None:
    """And the client's going ends the following. Caught: a follower who outlives his request."""
    app = App()
    deployment = await app.deployment()
    log = log_of(deployment)
    client = Client()
    following = asyncio.ensure_future(
        app.run(client, "GET", f"/v1/deployments/{deployment}/log?live=sse&offset=-1")
    )
    while len(client.sent) < 3:
        await turns(1)
    await app.append(log, "a")
    while b"1:a" not in client.sent[-1]["body"]:
        await turns(1)
    client.gone.set()
    await following
    before = len(client.sent)
    await app.append(log, "b")
    await turns(20)
    assert len(client.sent) == before
