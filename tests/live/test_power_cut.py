"""The power is cut, at any moment: what was acknowledged is there, what was seen is as it was.

The store runs on a disk that remembers (`tests/disk.py`); of one run, hundreds of disks are made as
cuts may leave them, and the real store is opened on each. That the test bites is shown by the same
run with a store that does not sync its commits: there the checker must find losses.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import pytest

from logflume.errors import Duplicate, LogError, NoSuchLog, ProducerGap, StoreError
from logflume.records import LogId, Producer
from logflume.store import sqlite_writer
from logflume.store.sqlite import SqliteStore
from logflume.store.sqlite_file import DATABASE
from logflume.store.sqlite_mark import MARK
from tests.checker import Found, Witness
from tests.contract.store import EMPTY, LOG, append_of, everything
from tests.disk import Disk, Recorder
from tests.older import make_older

CUTS = int(os.environ.get("LOGFLUME_CUTS", "250"))
"""`make soak` makes it more."""

CONTROL_CUTS = 60
"""Enough to find what is wrong nearly everywhere."""

QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 -- not for secrets
"""Where a sync costs nothing: these disks are cut already."""

PRODUCERS = 4
APPENDS = 40
OTHERS = 12
"""Logs that are made, grow and are deleted meanwhile."""

CHECKPOINT_PAGES = 30
"""So that there are many checkpoints in a run."""

pytestmark = pytest.mark.live


async def opened(folder: Path) -> SqliteStore:
    return await SqliteStore.open(folder, on_failure=lambda _: None)


def text_of(record: bytes) -> str | None:
    return record.decode().rstrip("\n").partition(":")[2]


def numbered(records: Sequence[bytes]) -> list[Found]:
    return [(int(record.partition(b":")[0]), record) for record in records]


@dataclass
class Run:
    """Clients of one store, who tell the recorder what they know, when they know it."""

    store: SqliteStore
    recorder: Recorder
    chance: random.Random
    going: bool = True

    async def all(self) -> None:
        await self.store.create(LOG, EMPTY)
        self.recorder.tell(("made", LOG))
        reading = asyncio.ensure_future(self.read())
        await asyncio.gather(*(self.produce(f"p{k}") for k in range(PRODUCERS)), self.others())
        self.going = False
        await reading

    async def produce(self, name: str, log: LogId = LOG, appends: int = APPENDS) -> None:
        for seq in range(appends):
            size = self.chance.choice((1, 1, 3, 200, 20_000))
            count = self.chance.choice((1, 2, 9))
            lines = [f"{name} {seq}.{k} {'x' * size}" for k in range(count)]
            self.recorder.tell(("sent", log, name, lines))
            await self.store.append(log, append_of(*lines, producer=Producer(name, 0, seq)))
            self.recorder.tell(("heard", log, name, seq))

    async def read(self) -> None:
        while self.going:
            self.recorder.tell(("seen", LOG, numbered(await everything(self.store))))
            await asyncio.sleep(0)

    async def others(self) -> None:
        for k in range(OTHERS):
            log = LogId(f"other/{k}")
            await self.store.create(log, EMPTY)
            self.recorder.tell(("made", log))
            await self.produce(f"q{k}", log, 3)
            if k % 2:
                self.recorder.tell(("deleting", log))
                await self.store.delete(log)
                self.recorder.tell(("deleted", log))


@dataclass
class Known:
    """What clients know at one moment: the sum of what they told."""

    logs: dict[LogId, str] = field(default_factory=dict)
    witnesses: dict[LogId, Witness] = field(default_factory=dict)
    appends: dict[tuple[LogId, str], list[list[str]]] = field(default_factory=dict)
    heard: dict[tuple[LogId, str], int] = field(default_factory=dict)

    def learn(self, what: tuple[str, LogId, object, object]) -> None:
        kind, log, *rest = what
        witness = self.witnesses.setdefault(log, Witness())
        match kind, rest:
            case "sent", [str() as name, list() as lines]:
                witness.sends(name, lines)
                self.appends.setdefault((log, name), []).append(lines)
            case "heard", [str() as name, int() as seq]:
                witness.hears(name)
                self.heard[log, name] = seq
            case "seen", [list() as records]:
                witness.sees(records)
            case _:
                self.logs[log] = kind


async def complaints(folder: Path, known: Known) -> list[str]:
    """What a store that is opened in `folder` gets wrong."""
    try:
        store = await opened(folder)
    except StoreError as error:
        return [f"the store does not open: {error}"]
    found: list[str] = []
    try:
        for log, kind in known.logs.items():
            found += await _of_log(store, log, kind, known)
        with apsw.Connection(str(folder / DATABASE)) as connection:
            if connection.pragma("integrity_check") != "ok":
                found.append("SQLite finds the database damaged")
    except (LogError, AssertionError, apsw.Error) as error:
        found.append(f"{error!r}")
    finally:
        await store.close()
    return found


async def _of_log(store: SqliteStore, log: LogId, kind: str, known: Known) -> list[str]:
    try:
        state = await store.state(log)
    except NoSuchLog:
        return [f"{log} is gone"] if kind == "made" else []
    if kind == "deleted":
        return [f"{log} was deleted and is there again"]
    if kind == "deleting":
        return []
    witness = known.witnesses[log]
    records = await everything(store, log)
    found = witness.judge(numbered(records), text_of)
    if (state.tail, state.size_bytes) != (len(records), sum(map(len, records))):
        found.append(f"the state of {log} is not of its records")
    for (of, name), appends in known.appends.items():
        if of == log:
            found += await _repeat(store, log, name, appends, known.heard.get((log, name), -1))
            witness.hears(name)
    return found + witness.judge(numbered(await everything(store, log)), text_of)


async def _repeat(
    store: SqliteStore, log: LogId, name: str, appends: list[list[str]], heard: int
) -> list[str]:
    """As a producer does that knows of its last append, and perhaps of one that was unanswered."""
    for seq in range(max(0, heard), len(appends)):
        try:
            await store.append(log, append_of(*appends[seq], producer=Producer(name, 0, seq)))
        except Duplicate:
            continue
        except ProducerGap as gap:
            return [f"append {seq} of {name} is refused: {gap}"]
        if seq <= heard:
            return [f"append {seq} of {name} was acknowledged and is taken again"]
    return []


async def after_cuts(
    recorder: Recorder,
    chance: random.Random,
    cuts: int = CUTS,
    *,
    first: int = 0,
    marked: bool = True,
) -> list[str]:
    """What is wrong after cuts at moments all over the recording, from the `first` on; with the
    store's own note of its last commit, or without."""
    moments = sorted(chance.randint(first, len(recorder.happened)) for _ in range(cuts))
    disk, known, told, wrong = Disk(recorder), Known(), 0, list[str]()
    for moment in moments:
        disk.move(moment)
        for one in recorder.happened[told:moment]:
            if one.kind == "told":
                known.learn(one.what)
        told = moment
        with TemporaryDirectory(dir=QUICK) as name:
            left = Path(name)
            disk.cut(left, chance)
            if not marked:
                (left / MARK).unlink(missing_ok=True)
            wrong += [f"cut at {moment}: {one}" for one in await complaints(left, _copy(known))]
    return wrong


def _copy(known: Known) -> Known:
    """One that may be told of the repeats after a cut."""
    witnesses = {
        log: Witness(one.sent, dict(one.acknowledged), one.seen)
        for log, one in known.witnesses.items()
    }
    return Known(known.logs, witnesses, known.appends, known.heard)


@pytest.fixture
def chance(monkeypatch: pytest.MonkeyPatch) -> random.Random:
    seed = int(os.environ.get("LOGFLUME_SEED", random.randrange(2**32)))
    print(f"LOGFLUME_SEED={seed}")
    monkeypatch.setattr(sqlite_writer, "CHECKPOINT_PAGES", CHECKPOINT_PAGES)
    return random.Random(seed)


async def recorded(
    folder: Path, chance: random.Random, prepare: Callable[[SqliteStore], object] = lambda _: None
) -> Recorder:
    with Recorder(folder) as recorder:
        store = await opened(folder)
        prepare(store)
        await Run(store, recorder, chance).all()
        await store.close()
    return recorder


async def test_nothing_acknowledged_or_seen_is_lost_in_a_power_cut(
    tmp_path: Path, chance: random.Random
) -> None:
    """At any moment: in a commit, a checkpoint, a purge, a deletion.

    Caught: a commit that is not synced, one that is shown before it is, a note of a commit that is
    ahead of it, producers' marks that are stored later."""
    recorder = await recorded(tmp_path / "data", chance)
    assert ("write", DATABASE) in {(one.kind, one.file) for one in recorder.happened}
    assert await after_cuts(recorder, chance) == []


@pytest.mark.parametrize(
    ("synchronous", "losses"),
    [(0, [f"{LOG} is gone"]), (1, ["were acknowledged and are lost", "which was seen, is gone"])],
    ids=["OFF", "NORMAL"],
)
async def test_a_store_that_does_not_sync_is_found_out(
    tmp_path: Path, chance: random.Random, synchronous: int, losses: list[str]
) -> None:
    """OFF, and NORMAL, which syncs checkpoints only: the control of the test above. By what the
    clients know, and by the store's own note of its last commit."""

    def loosen(store: SqliteStore) -> None:
        store._writer._connection.pragma("synchronous", synchronous)

    recorder = await recorded(tmp_path / "data", chance, loosen)
    wrong = await after_cuts(recorder, chance, CONTROL_CUTS, marked=False)
    print(f"{len(wrong)} complaints, such as {wrong[:3]}")
    for loss in losses:
        assert any(loss in one for one in wrong), loss
    noted = await after_cuts(recorder, chance, CONTROL_CUTS)
    assert any("lacks changes that were acknowledged" in one for one in noted)


async def test_a_power_cut_while_a_database_is_brought_forward_loses_nothing(
    tmp_path: Path, chance: random.Random
) -> None:
    """It is of the one version or of the other, with all that was in it before, and goes on."""
    texts = [f"p0 {n}.0 {'x' * 3000}" for n in range(60)]
    make_older(tmp_path / "data", LOG, "p0", texts)
    with Recorder(tmp_path / "data") as recorder:
        recorder.tell(("made", LOG))
        for text in texts:
            recorder.tell(("sent", LOG, "p0", [text]))
        recorder.tell(("heard", LOG, "p0", len(texts) - 1))
        begun = len(recorder.happened)
        store = await opened(tmp_path / "data")
        recorder.tell(("seen", LOG, numbered(await everything(store))))
        await store.close()
    assert await after_cuts(recorder, chance, CONTROL_CUTS, first=begun) == []
