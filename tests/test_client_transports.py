"""Each way to follow a log, with both clients: the same records, whatever happens to the server."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest

from logflume import AsyncClient, Client, LogGone, LogReset, ServerAway, new_id
from logflume.client.follow import TransportName
from tests.cli_tools import NOBODY, until
from tests.client_tools import TRANSPORTS, Variant, Watch
from tests.cutting import CuttingProxy
from tests.servers import ServerProcess, new_deployment

pytestmark = pytest.mark.live

each_transport = pytest.mark.parametrize("transport", TRANSPORTS)
each_way = pytest.mark.parametrize(
    ("variant", "transport"),
    [
        *(("blocking", transport) for transport in TRANSPORTS),
        # The other two wait for nothing but answers; what is cut or cancelled below is all async.
        *(("async", transport) for transport in TRANSPORTS[:2]),
    ],
)


def append(url: str, deployment_id: str, count: int) -> None:
    """So many more lines, of whoever does not use the client."""
    body = json.dumps([{"text": str(number)} for number in range(count)])
    headers = {"content-type": "application/json"}
    log = f"{url}/v1/deployments/{deployment_id}/log"
    httpx2.post(log, content=body, headers=headers).raise_for_status()


def finish(url: str, deployment_id: str) -> None:
    """The end of the deployment."""
    address = f"{url}/v1/deployments/{deployment_id}"
    httpx2.patch(address, json={"status": "succeeded"}).raise_for_status()


@each_way
def test_over_restarts(server: ServerProcess, variant: Variant, transport: TransportName) -> None:
    """The server is killed and started anew twice: every number once, and both is told."""
    done = new_deployment(server.url)
    with Watch(variant, server.url, done, transport=transport) as watch:
        for part in range(3):
            append(server.url, done, 1500)
            due = 1500 * (part + 1)
            until(lambda due=due: len(watch.numbers) >= due, lambda: str(watch.numbers[-3:]))  # type: ignore[misc]
            if part < 2:
                server.kill()
                until(lambda part=part: watch.told.count("away") > part)  # type: ignore[misc]
                server.start()
                until(lambda part=part: watch.told.count("back") > part)  # type: ignore[misc]
        finish(server.url, done)
    assert watch.numbers == list(range(1, 4502))
    assert watch.error is None


@each_transport
async def test_over_connections_that_are_cut(
    shared_server: ServerProcess, transport: TransportName
) -> None:
    """Resets in the middle of whatever is on its way cost and repeat nothing."""
    done = new_deployment(shared_server.url)
    async with CuttingProxy(shared_server.url, random.Random(7)) as proxy:
        with Watch("async", proxy.url, done, transport=transport) as watch:
            for _ in range(20):
                await asyncio.to_thread(append, shared_server.url, done, 100)
                await asyncio.sleep(0.05)  # so that cuts fall between appends as well
            await asyncio.to_thread(finish, shared_server.url, done)
            await asyncio.to_thread(watch.wait)
    assert watch.numbers == list(range(1, 2002))
    assert watch.error is None
    assert proxy.cuts > 0


@each_way
def test_a_log_that_is_deleted(
    shared_server: ServerProcess, variant: Variant, transport: TransportName
) -> None:
    """Who follows it is told, and does not wait for ever."""
    done = new_deployment(shared_server.url)
    append(shared_server.url, done, 2)
    with Watch(variant, shared_server.url, done, transport=transport) as watch:
        until(lambda: watch.numbers == [1, 2])
        httpx2.delete(f"{shared_server.url}/v1/deployments/{done}").raise_for_status()
    assert isinstance(watch.error, LogGone)


@each_way
def test_another_log_of_that_name(
    server: ServerProcess, tmp_path: Path, variant: Variant, transport: TransportName
) -> None:
    """A server that comes back with other data has another log: that is an error, not a hole."""
    done = new_id()
    new_deployment(server.url, id=done)
    append(server.url, done, 3)
    with Watch(variant, server.url, done, transport=transport) as watch:
        until(lambda: len(watch.numbers) == 3)
        server.stop()
        shutil.rmtree(tmp_path / "data")
        # Nobody follows before the log is there: that would be a log that is gone.
        with ServerProcess(tmp_path / "data") as other:
            new_deployment(other.url, id=done)
            append(other.url, done, 5)
            other.stop()
        server.start()
    assert isinstance(watch.error, LogReset)
    assert watch.numbers == [1, 2, 3]


@each_transport
def test_a_log_that_was_put_back(
    server: ServerProcess, tmp_path: Path, transport: TransportName
) -> None:
    """A server that has lost records that were given out says so to who has them."""
    done = new_deployment(server.url)
    append(server.url, done, 1)
    server.stop()
    shutil.copytree(tmp_path / "data", tmp_path / "saved")
    server.start()
    append(server.url, done, 2)
    with Watch("blocking", server.url, done, transport=transport) as watch:
        until(lambda: len(watch.numbers) == 3)
        server.stop()
        shutil.rmtree(tmp_path / "data")
        shutil.move(tmp_path / "saved", tmp_path / "data")
        server.start()
    assert isinstance(watch.error, LogReset)


@each_way
def test_nobody_is_there(variant: Variant, transport: TransportName) -> None:
    """Who begins with a server that is away is told at once; later it would be waited for."""
    with Watch(variant, NOBODY, new_id(), transport=transport) as watch:
        pass
    assert isinstance(watch.error, ServerAway)
    assert "refused" in str(watch.error)
    assert watch.told == []


@each_way
def test_a_log_that_is_not_there(
    shared_server: ServerProcess, variant: Variant, transport: TransportName
) -> None:
    """A first question that is answered with no is not asked again."""
    with Watch(variant, shared_server.url, new_id(), transport=transport) as watch:
        pass
    assert isinstance(watch.error, LogGone)


@each_transport
def test_where_it_begins(shared_server: ServerProcess, transport: TransportName) -> None:
    """From the start, an offset, the tail, or now; the end of a finished log is an end."""
    url, done = shared_server.url, new_deployment(shared_server.url)
    append(url, done, 2500)
    with Client(url) as client:
        with client.follow(done, transport=transport) as records:
            for record in records:
                if record.n == 1234:
                    break
            place = records.offset
        finish(url, done)
        begin: Any = client.follow
        assert [r.n for r in begin(done, offset=place, transport=transport)] == [*range(1235, 2502)]
        assert [r.n for r in begin(done, tail=3, transport=transport)] == [2499, 2500, 2501]
        assert [r.n for r in begin(done, tail=2000, transport=transport)] == [*range(502, 2502)]
        assert [*begin(done, offset="now", transport=transport)] == []


def test_a_reader_may_change_the_way(shared_server: ServerProcess) -> None:
    """An offset means the same to each of them, and within a batch as well."""
    url, done = shared_server.url, new_deployment(shared_server.url)
    append(url, done, 100)
    finish(url, done)
    numbers: list[int] = []
    place = "-1"
    with Client(url) as client:
        while len(numbers) < 101:
            transport = TRANSPORTS[len(numbers) % len(TRANSPORTS)]
            with client.follow(done, offset=place, transport=transport) as records:
                numbers += [next(records).n for _ in range(min(7, 101 - len(numbers)))]
                place = records.offset
    assert numbers == list(range(1, 102))


@each_transport
async def test_a_reading_that_is_cancelled(
    shared_server: ServerProcess, transport: TransportName
) -> None:
    """A time-out around the next record loses and repeats nothing, and is no lost connection."""
    url, done = shared_server.url, new_deployment(shared_server.url)
    numbers: list[int] = []
    away: list[ServerAway] = []
    chance = random.Random(7)
    async with AsyncClient(url) as client:
        records = client.follow(done, transport=transport, on_away=away.append)
        for part in range(12):
            await asyncio.to_thread(append, url, done, 50)
            due = 50 * (part + 1)
            while len(numbers) < due:
                seconds = chance.uniform(0.0001, 0.02)
                try:
                    numbers.append((await asyncio.wait_for(anext(records), seconds)).n)
                except TimeoutError:
                    async with asyncio.timeout(5):
                        numbers.append((await anext(records)).n)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(records), 0.01)
        await records.aclose()
    assert numbers == list(range(1, 601))
    assert away == []


@each_transport
def test_batches(shared_server: ServerProcess, transport: TransportName) -> None:
    """For programs: records as the server stores them, and whether that was all for now."""
    url, done = shared_server.url, new_deployment(shared_server.url)
    append(url, done, 30)
    stored = httpx2.get(f"{url}/v1/deployments/{done}/log?format=ndjson").content
    raw = b""
    with Client(url) as client, client.follow(done, transport=transport).batches() as batches:
        for batch in batches:
            raw += b"".join(bytes(row) + b"\n" for row in batch.raw)
            if batch.up_to_date:
                break
        assert batch.offset.endswith("_0000000000000030")
        assert not batch.closed
    assert raw == stored


def test_what_is_no_transport() -> None:
    """A name that is none is refused before anything is asked."""
    with Client(NOBODY) as client, pytest.raises(ValueError, match="sse, websocket"):
        client.follow("dep_x", transport="carrier-pigeon")  # type: ignore[arg-type]
