"""Bytes that a disk has changed, and files that were cut short: found and said, never served."""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import httpx2
import pytest

from logflume.errors import StoreError
from logflume.lineage import stored
from logflume.records import LogId, Seq, State
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from logflume.store.sqlite_mark import MARK
from tests.contract.api import Api, check_problem
from tests.contract.store import EMPTY, append_of
from tests.live.test_power_cut import QUICK
from tests.servers import ServerProcess

DAMAGES = int(os.environ.get("LOGFLUME_DAMAGES", "250"))
"""`make soak` makes it more."""

LOGS = [LogId(f"deployment/{name}") for name in ("one", "two", "three")]
WAL = f"{DATABASE}-wal"

pytestmark = pytest.mark.live

Told = tuple[State, list[bytes]]
Truth = dict[LogId, Told]
Damage = Callable[[Path, random.Random], str]
"""Does something to a file, or to a folder, and says what."""


async def opened(folder: Path) -> SqliteStore:
    return await SqliteStore.open(folder, on_failure=lambda _: None)


async def fill(store: SqliteStore, chance: random.Random) -> None:
    """Rows of all sizes, so that there are pages of all kinds."""
    for log in LOGS:
        await store.create(log, EMPTY)
    for _ in range(60):
        size = chance.choice((1, 50, 3000, 40_000))
        await store.append(chance.choice(LOGS), append_of("x" * size, "y"))


async def told(store: SqliteStore, log: LogId) -> Told:
    """The log as every reader reads it."""
    state, records = await store.state(log), list[bytes]()
    while len(records) < state.tail:
        after = Seq(len(records))
        for chunk in await stored(store, log, state, after, until=state.tail, max_bytes=100_000):
            records += chunk.records()
    return state, records


async def truth_of(store: SqliteStore) -> Truth:
    return {log: await told(store, log) for log in LOGS}


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("LOGFLUME_SEED", random.randrange(2**32)))
    print(f"LOGFLUME_SEED={seed}")
    return random.Random(seed)


def flip(file: Path, chance: random.Random) -> str:
    """Change one to four bytes next to each other."""
    body = bytearray(file.read_bytes())
    at = chance.randrange(len(body))
    for place in range(at, min(at + chance.choice((1, 1, 4)), len(body))):
        body[place] ^= chance.randrange(1, 256)
    file.write_bytes(body)
    return f"{file.name} changed at {at}"


def flip_a_tree(file: Path, chance: random.Random) -> str:
    """Change a byte that is used, in a page that is not one of records: those are nearly all."""
    with apsw.Connection(str(file)) as connection:
        trees = "SELECT pageno FROM dbstat WHERE name NOT IN ('chunks', 'labels')"
        pages = [int(str(page)) for (page,) in connection.execute(trees)]
        size = connection.pragma("page_size")
    connection.close()
    body = bytearray(file.read_bytes())
    start = (chance.choice(pages) - 1) * size
    at = chance.choice([place for place in range(start, start + size) if body[place]])
    body[at] ^= chance.randrange(1, 256)
    file.write_bytes(body)
    return f"{file.name} changed at {at}"


def truncate(file: Path, chance: random.Random) -> str:
    size = chance.randrange(file.stat().st_size)
    os.truncate(file, size)
    return f"{file.name} cut to {size}"


def remove(file: Path, _: random.Random) -> str:
    file.unlink()
    return f"{file.name} removed"


async def lies(folder: Path, truth: Truth) -> list[str]:
    """What a store in `folder` says that is not true. That it fails is no lie."""
    try:
        store = await opened(folder)
    except StoreError:
        return []
    wrong = []
    for log, (state, records) in truth.items():
        try:
            if await told(store, log) != (state, records):
                wrong.append(f"{log} is another")
        except StoreError:
            continue
        except Exception as error:  # noqa: BLE001 -- whatever else it is, it is not the truth
            wrong.append(f"{error!r} of {log}")
    await store.close()
    return wrong


def damage_of(damage: Damage, name: str, folder: Path, chance: random.Random) -> str:
    return damage(folder / name, chance)


async def damaged(
    folder: Path, truth: Truth, chance: random.Random, times: int, damage: Damage
) -> list[str]:
    """The lies that so many copies of `folder` tell, each damaged anew."""
    wrong = []
    for _ in range(times):
        with TemporaryDirectory(dir=QUICK) as name:
            copy = Path(name) / "data"
            shutil.copytree(folder, copy)
            what = damage(copy, chance)
            wrong += [f"{what}: {lie}" for lie in await lies(copy, truth)]
    return wrong


async def test_a_damaged_database_of_a_stopped_server_is_found_out(
    tmp_path: Path, chance: random.Random
) -> None:
    """Wherever a byte is changed: what is read is what was written, or an error."""
    store = await opened(tmp_path / "data")
    await fill(store, chance)
    truth = await truth_of(store)
    await store.close()
    connection = apsw.Connection(str(tmp_path / "data" / DATABASE))
    connection.execute("VACUUM")  # what is not in use any more may be damaged as it likes
    connection.close()
    wrong = []
    for damage, times in ((flip, DAMAGES), (flip_a_tree, DAMAGES), (truncate, DAMAGES // 10)):
        hurt = partial(damage_of, damage, DATABASE)
        wrong += await damaged(tmp_path / "data", truth, chance, times, hurt)
    assert wrong == []


@pytest.mark.parametrize("damage", [flip, truncate, remove])
async def test_a_damaged_write_ahead_log_of_a_killed_server_is_found_out(
    tmp_path: Path, chance: random.Random, damage: Damage
) -> None:
    """SQLite takes it for one that ends where the damage is, and would go on from there."""
    store = await opened(tmp_path / "data")
    await fill(store, chance)
    truth = await truth_of(store)
    shutil.copytree(tmp_path / "data", tmp_path / "killed")
    (tmp_path / "killed" / f"{DATABASE}-shm").unlink()
    await store.close()
    assert (tmp_path / "killed" / WAL).stat().st_size > 500_000
    killed, hurt = tmp_path / "killed", partial(damage_of, damage, WAL)
    assert await damaged(killed, truth, chance, 1, lambda *_: "not damaged") == []
    assert await damaged(killed, truth, chance, DAMAGES // 4, hurt) == []


@pytest.fixture
def api(server: ServerProcess) -> Iterator[Api]:
    client = Api(server.url)
    yield client
    client.close()


def refused(
    server: ServerProcess, path: str, body: str | None = None, *, says: str = "damaged"
) -> None:
    """As the server's own fault, in words that its log repeats."""
    method = "GET" if body is None else "POST"
    answer = httpx2.request(method, f"{server.url}/v1/deployments/{path}", content=body)
    detail = check_problem(answer, 503, "store-unavailable")["detail"]
    assert detail in server.messages
    assert says in detail


def change(file: Path, old: str, new: str) -> None:
    """Each byte where it stands: a file that is written anew is an empty one for a moment, and a
    server that runs might see that."""
    assert len(old) == len(new)
    places = [found.start() for found in re.finditer(re.escape(old.encode()), file.read_bytes())]
    assert places
    with file.open("r+b") as changed:
        for place in places:
            changed.seek(place)
            changed.write(new.encode())


def test_changed_records_are_refused_and_all_else_goes_on(api: Api, server: ServerProcess) -> None:
    """Changed below a server that runs: 503 for who reads them, and its log says which they are.

    Caught: rows that are served as they are found."""
    hurt, sound = api.create(), api.create()
    for deployment in (hurt, sound):
        line = "x" * 40_000 + f" of {deployment} "
        api.append(deployment, f"{line * 3}\n")
    server.restart()  # everything is in the database now
    change(server.data / DATABASE, f" of {hurt} ", f" in {hurt} ")
    refused(server, f"{hurt}/log")
    assert len(api.text(sound)) > 100_000
    assert api.append(sound, "more\n").status_code == 204


def test_a_changed_state_is_refused_and_all_else_goes_on(api: Api, server: ServerProcess) -> None:
    """To readers and to producers of that log alone. Caught: states that are believed."""
    hurt, sound = api.create(project="some"), api.create()
    server.stop()
    change(server.data / DATABASE, '"project":"some"', '"project":"same"')
    server.start()
    refused(server, hurt)
    refused(server, f"{hurt}/log", "more\n")
    assert api.append(sound, "more\n").status_code == 204


def test_a_database_that_is_cut_short_below_a_running_server_is_noticed(
    api: Api, server: ServerProcess
) -> None:
    """What is gone is not read as nothing."""
    deployment = api.create()
    api.append(deployment, "".join(f"{n} {'x' * 1000}\n" for n in range(2000)))
    server.restart()
    os.truncate(server.data / DATABASE, 1024 * 1024)
    refused(server, f"{deployment}/log?tail=10", says="disk I/O error")


def test_a_killed_server_whose_write_ahead_log_was_cut_does_not_start(
    api: Api, server: ServerProcess
) -> None:
    """It says what is missing and what to do; and says so again, because it left all as it was."""
    deployment = api.create()
    for n in range(50):
        api.append(deployment, f"{n}\n")
    server.kill()
    left = (server.data / WAL).stat().st_size - 40_000
    os.truncate(server.data / WAL, left)
    for _ in range(2):
        with pytest.raises(AssertionError, match="lacks changes that were acknowledged"):
            server.start()
        assert server.wait() == 2
        assert (server.data / WAL).stat().st_size == left
    (server.data / MARK).unlink()  # as it is told to, to go on with what is left
    server.start()
    assert 40 <= api.get(deployment)["lines"] < 50
