"""What lets somebody in, held in memory: over one store, with a clock of the test's own."""

from __future__ import annotations

import asyncio
from itertools import count

from logflume.access.callers import ANYBODY, Caller, Grant
from logflume.access.registry import USE_NOTED_US, Registry
from logflume.store.memory import MemoryStore

SECOND_US = 1_000_000
READ = (Grant("read"),)


class Servers:
    """Two servers on one store, at the same time."""

    def __init__(self) -> None:
        self.now_us = 1_795_435_200_000_000
        self.store = MemoryStore()
        numbers = count(1)

        def random(size: int) -> bytes:
            return next(numbers).to_bytes(size)

        self.here, self.there = (
            Registry(self.store, clock=lambda: self.now_us, random=random) for _ in range(2)
        )


async def test_a_token_is_over_to_the_microsecond() -> None:
    """Not when somebody looks next. Caught: a second in which what is over lets in."""
    servers = Servers()
    expires_us = servers.now_us + SECOND_US
    secret, _ = await servers.here.issue(
        "token", "t", by="test", grants=READ, expires_us=expires_us
    )
    servers.now_us = expires_us - 1
    caller = servers.here.find(secret, "token")
    assert caller is not None
    servers.now_us = expires_us
    assert servers.here.find(secret, "token") is None
    assert not caller.valid


async def test_what_another_server_revokes_ends_here() -> None:
    """And what began with it. Caught: a token that goes on where nobody revoked it."""
    servers = Servers()
    secret, token = await servers.here.issue("token", "t", by="test", grants=READ)
    cookie, _ = await servers.there.issue("session", "t", by="t", grants=READ, token=token.id)
    callers = [servers.there.find(secret, "token"), servers.here.find(cookie, "session")]
    ended: list[Caller] = []
    servers.here.on_end(ended.append)
    servers.there.on_end(ended.append)
    await servers.there.revoke(token)
    assert [caller.valid for caller in callers if caller] == [False, False]
    assert len(ended) == 4
    assert servers.here.find(secret, "token") is None
    assert servers.here.find(cookie, "session") is None


async def test_a_server_that_starts_knows_all() -> None:
    """Tokens, and sessions as far as their tokens are there."""
    servers = Servers()
    secret, token = await servers.here.issue("token", "t", by="test", grants=READ)
    cookie, _ = await servers.here.issue("session", "t", by="t", grants=READ, token=token.id)
    orphan, _ = await servers.here.issue("session", "t", by="t", grants=READ, token="to_gone")
    third = Registry(servers.store, clock=lambda: servers.now_us, random=bytes)
    assert third.find(secret, "token") is None
    await third.start()
    assert third.find(secret, "token")
    assert third.find(cookie, "session")
    assert third.find(orphan, "session") is None


async def test_a_use_is_noted_once_a_minute() -> None:
    """On every server. Caught: a write with each request."""
    servers = Servers()
    secret, token = await servers.here.issue("token", "t", by="test", grants=READ)

    async def revision() -> int:
        for _ in range(10):
            await asyncio.sleep(0)  # what notes it is a task of its own
        return (await servers.store.state(token.log)).revision

    for _ in range(5):
        servers.here.find(secret, "token")
    assert await revision() == 1
    assert servers.there.get("token", token.id).used_us == servers.now_us
    servers.there.find(secret, "token")
    assert await revision() == 1
    servers.now_us += USE_NOTED_US
    servers.there.find(secret, "token")
    assert await revision() == 2


async def test_a_secret_is_of_its_kind_only() -> None:
    """A share link's is no token."""
    servers = Servers()
    secret, _ = await servers.here.issue("share", "s", by="test")
    assert servers.here.find(secret, "share")
    assert servers.here.find(secret, "token") is None
    assert servers.here.find("lf_" + secret.removeprefix("lfs_"), "token") is None


def test_scopes_add_up() -> None:
    """Of several grants each counts, and `admin` is all of them."""
    caller = Caller("c", [Grant("read", ("a",)), Grant("write", ("b",)), Grant("read", ("c",))])
    may = {
        (scope, p) for scope in ("read", "write", "admin") for p in "abc" if caller.may(scope, p)
    }
    assert may == {("read", "a"), ("read", "c"), ("write", "b")}
    assert Caller("c", [Grant("read", ("a",)), Grant("read")]).may_everywhere("read")
    assert Caller("c", [Grant("admin", ("a",))]).projects("write") == frozenset({"a"})
    assert ANYBODY.may_everywhere("admin")
