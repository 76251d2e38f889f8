"""A crowd tells each of its members every record once and in order, whoever comes, goes, or takes
no more, and whenever: before a round, between its slices, after it."""

from __future__ import annotations

import weakref

import pytest

from logflume.http import rounds
from logflume.tail import RING_BYTES
from tests.followers import HEARTBEAT, Watcher, World, check, end_of, turns


@pytest.fixture
def single(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slice is one write."""
    monkeypatch.setattr(rounds, "SLICE", 1)


async def members(count: int, *, ring_bytes: int = RING_BYTES) -> tuple[World, list[Watcher]]:
    """So many at the tail of an empty log, who have been told where that is."""
    world = await World.made(ring_bytes=ring_bytes)
    joined = [await world.join() for _ in range(count)]
    for one in joined:
        one.writes.clear()
    return world, joined


async def test_all_are_written_the_same_object() -> None:
    """No copy for each. Caught: a frame made for each member."""
    world, joined = await members(5)
    await world.append("a", "b")
    assert {len(one.writes) for one in joined} == {1}
    assert len({id(one.writes[0]) for one in joined}) == 1


async def test_a_large_round_lets_others_have_their_turn(single: None) -> None:
    """A slice of it at a time. Caught: a round in one go."""
    world, joined = await members(3)
    await world.append("a")
    told = [[len(one.writes) for one in joined]]
    while sum(told[-1]) < 3:
        await turns(1)
        told.append([len(one.writes) for one in joined])
    assert told == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]


async def test_news_of_a_round_are_told_in_the_next_all_at_once(single: None) -> None:
    """Each is written two times, although three batches came."""
    world, joined = await members(2)
    for text in "abc":
        await world.append(text)
    await world.quiet()
    assert [one.writes for one in joined] == [[b"1:a\n", b"2:b\n3:c\n"]] * 2


async def test_who_leaves_in_a_round_is_not_told_any_more(single: None) -> None:
    """And the others are. Caught: a round that tells whoever was there when it began."""
    world, joined = await members(3)
    await world.append("a")
    joined[1].leave()
    await world.quiet()
    assert [one.writes for one in joined] == [[b"1:a\n"], [], [b"1:a\n"]]


async def test_who_pauses_before_his_turn_is_still_told_the_round(single: None) -> None:
    """And nothing of the next; he reads that alone, when he can."""
    world, joined = await members(2)
    await world.append("a")
    joined[1].fill()
    await world.append("b")
    await world.quiet()
    assert [one.seen for one in joined] == [[1, 2], [1]]
    joined[1].drain()
    await world.quiet()
    assert joined[1].seen == [1, 2]


async def test_who_takes_more_before_the_round_has_ended_stays(single: None) -> None:
    """He was never alone. Caught: a pause that a resumption does not undo."""
    world, joined = await members(2)
    await world.append("a")
    await world.append("b")
    joined[0].fill()
    joined[0].drain()
    assert joined[0].writes == [b"1:a\n"]
    await turns(1)
    assert joined[0].writes == [b"1:a\n"], "he went ahead alone"
    await world.quiet()
    assert [one.seen for one in joined] == [[1, 2]] * 2


async def test_who_comes_before_the_others_have_caught_up_waits_for_them(single: None) -> None:
    """What he has read alone is not told him again. Caught: a member who stands ahead."""
    world, joined = await members(2)
    await world.append("a")
    await world.append("b")
    await turns(1)
    ahead = await world.join()
    await world.append("c")
    await world.quiet()
    assert [one.seen for one in (*joined, ahead)] == [[1, 2, 3]] * 3


async def test_who_leaves_before_he_has_arrived_is_not_told(single: None) -> None:
    """Caught: a follower who is let in after he has left."""
    world, _ = await members(2)
    await world.append("a")
    gone = await world.join()
    gone.leave()
    await world.quiet()
    await world.append("b")
    await world.quiet()
    assert gone.seen == [1]


async def test_who_arrives_ahead_of_those_who_leave_goes_on(single: None) -> None:
    """Nobody is left whom he could wait for. Caught: somebody who waits for a crowd that has
    gone."""
    world, joined = await members(2)
    await world.append("a")
    await world.append("b")
    await turns(1)
    ahead = await world.join()
    for one in joined:
        one.leave()
    await world.quiet()
    await world.append("c")
    await world.quiet()
    assert ahead.seen == [1, 2, 3]


async def test_who_arrives_ahead_takes_over_a_crowd_that_has_not_gone(single: None) -> None:
    """The last member, sent off while somebody waits who stands further ahead, keeps his own
    place. Caught: a place that is taken after the crowd was taken over."""
    world, (one, other) = await members(2)
    await world.append("a")
    await world.append("b")
    await world.join()
    other.leave()
    await turns(1)
    one.fill()
    one.drain()
    await world.quiet()
    assert [watcher.seen for watcher in world.watchers] == [[1, 2], [], [1, 2]]


async def test_a_round_is_not_broken_off_by_news_of_an_earlier_one(single: None) -> None:
    """A crowd is left while it has yet to look for news, and others make it theirs at once.
    Caught: a look for news in the middle of a round, which begins another."""
    world, before = await members(2)
    await world.append("a")
    await world.append("b")
    await turns(1)
    for one in before:
        one.leave()
    after = [await world.join(2), await world.join(2)]
    await world.append("c")
    await world.append("d")
    await world.quiet()
    assert [one.seen for one in after] == [[3, 4]] * 2


async def test_more_at_once_than_the_ring_holds_is_read_once_for_all() -> None:
    """From the store, and nobody leaves the crowd for it; who arrives or leaves meanwhile, or takes
    no more, has what he came for all the same.

    Caught: a read of the store for each."""
    world, joined = await members(3, ring_bytes=1)
    await world.append(*"abc")
    await turns(1)  # now it is being read
    arrives = await world.join(3)
    joined[1].leave()
    joined[2].fill()
    await world.append(*"def")
    await world.quiet()
    assert [one.seen for one in joined] == [[1, 2, 3, 4, 5, 6], [], [1, 2, 3]]
    assert arrives.seen == [4, 5, 6]
    assert world.store.reads == 2
    joined[2].drain()
    await world.quiet()
    assert joined[2].seen == [1, 2, 3, 4, 5, 6]
    await beats(world, 2)
    assert [one.heartbeats for one in world.watchers] == [1, 0, 1, 1]


async def test_a_store_that_fails_the_crowd_ends_it() -> None:
    """Everybody is told once. Caught: an error that nobody hears of."""
    world, joined = await members(2, ring_bytes=1)
    world.store.failing = True
    await world.append("a")
    await world.quiet()
    assert [one.ends for one in joined] == [["StoreUnavailable"]] * 2


async def beats(world: World, count: int) -> None:
    for _ in range(count):
        (await world.crowd()).beat()
    await world.quiet()


async def test_a_silent_crowd_is_told_a_heartbeat() -> None:
    """When there was nothing for a whole beat. Caught: a heartbeat right after news."""
    world, [one] = await members(1)
    await world.append("a")
    await beats(world, 1)
    assert one.writes == [b"1:a\n"]
    await beats(world, 1)
    assert one.writes == [b"1:a\n", HEARTBEAT]
    await world.append("b")
    await beats(world, 1)
    assert one.writes == [b"1:a\n", HEARTBEAT, b"2:b\n"]


async def test_who_takes_no_more_is_told_no_heartbeat() -> None:
    """His buffer would grow by one every few seconds."""
    world, (one, other) = await members(2)
    one.fill()
    await beats(world, 3)
    assert one.writes == []
    assert other.heartbeats >= 2


async def test_a_timer_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again, without anybody's asking. Caught: a beat that is not begun, or once."""
    monkeypatch.setattr("logflume.http.crowd.BEAT_SECONDS", 0)
    _, [one] = await members(1)
    while one.heartbeats < 3:
        await turns(1)


@pytest.mark.parametrize("end", ["close", "close with records", "delete", "stop"])
async def test_the_end_comes_in_a_round(single: None, end: str) -> None:
    """Each is told it once, also who arrives meanwhile, who has paused, and who takes no more."""
    world, joined = await members(3)
    await world.append("a")
    await world.join()
    joined[2].fill()
    await end_of(world, end)
    await world.quiet()
    joined[2].drain()
    await world.quiet()
    check(world, end)


async def test_a_crowd_without_members_lets_go_of_the_tail() -> None:
    """Nothing of it is left, without a collection. Caught: a crowd that is called for ever."""
    world, joined = await members(2)
    kept = weakref.ref(await world.crowd())
    tail = (await world.cursor()).tail
    for one in joined:
        one.leave()
    assert not tail._waiters
    assert kept() is None
    del tail
    assert not list(world.tails._tails)
    assert not list(world.crowds._crowds)


async def test_a_crowd_that_was_left_in_a_round_lets_go_too(single: None) -> None:
    """When the round is over. Caught: an empty crowd that waits for news."""
    world, joined = await members(2)
    await world.append("a")
    tail = (await world.cursor()).tail
    for one in joined:
        one.leave()
    await world.quiet()
    assert not tail._waiters
    assert [one.seen for one in joined] == [[1], []]


async def test_another_framing_is_another_crowd() -> None:
    """Each is told in his own way."""
    world, _ = await members(1)
    assert await world.crowd() is not world.crowds.of(await world.cursor(), _Shouting())


class _Shouting:
    heartbeat = b""
    pattern = "follow"

    def __call__(self, batch: object, now_us: int) -> bytes:
        return b"!"
