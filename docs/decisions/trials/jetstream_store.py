"""The store Protocol over JetStream, as small as it can be: does it hold, and what does it cost?

Run from the project's root: .venv/bin/python docs/decisions/trials/jetstream_store.py
It starts a nats-server of its own, on a free port, one node, every write synced to disk.

Layout: a few streams ("shards"); one subject a log; a message is a piece of a chunk, and its
header `Flume` says all that the log is after it. A deleted log leaves one message, a tombstone.
The rules are the core's own (`rules.apply`). Not here, because they teach nothing more about
the Protocol: replicas, reconnecting, archives.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import statistics
import sys
import tempfile
import time
import urllib.request
import uuid
from array import array
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BufferedReader
from pathlib import Path

import msgspec
import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy, DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import APIError

from logflume import rules
from logflume.errors import (
    CallerError,
    Conflict,
    Duplicate,
    LogClosed,
    LogError,
    LogExists,
    NoSuchLog,
    Outdated,
    StoreFull,
    StoreUnavailable,
    TooLarge,
)
from logflume.records import Append, Chunk, LogId, Producer, Rewrite, Seq, State, nothing
from logflume.store import Announcement, Figures, Listener, Store

SHARDS = 4
PIECE_BYTES = 256 * 1024  # of records a message: few enough that finding one does not cost much
SLICE_BYTES = 768 * 1024  # of payload a message: NATS takes 1 MiB with the headers, of 64 KiB
TOMBSTONE_SECONDS = 24 * 3600  # far longer than a request can be late
RACE_LOST = {10071, 10164}  # wrong last sequence; another append is in process
ERRORS = {10097: TooLarge("what the log is about", 65535), 10077: StoreFull("the stream is full")}


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message's header. `state` is None in a tombstone, and before the last of an append."""

    log: LogId
    by: str = ""  # which change it is of: how a lost acknowledgement is cleared up
    first: Seq = Seq(0)
    count: int = 0  # records of the piece; their ends come first in the payload
    part: int = 0  # of a piece that is larger than a message
    parts: int = 1
    more: bool = False  # the append goes on in the next message
    state: State | None = None


class Stored(msgspec.Struct):
    seq: int
    hdrs: bytes
    data: bytes = b""


class Answer(msgspec.Struct):
    message: Stored | None = None


def place(log: LogId) -> tuple[str, str]:
    """The stream and the subject of a log; hashed, because an id may hold `.`, `*` and spaces."""
    key = hashlib.sha256(log.encode()).hexdigest()[:32]
    shard = f"LOG{int(key[:8], 16) % SHARDS}"
    return shard, f"log.{shard}.{key}"


def messages(log: LogId, chunk: Chunk, state: State | None, by: str) -> list[tuple[Head, bytes]]:
    """An append as messages: pieces of whole records, cut further where one is too large."""
    done = []
    for piece in list(chunk.pieces(PIECE_BYTES)) or [chunk]:
        payload = piece.ends.tobytes() + piece.body
        parts = max(1, -(-len(payload) // SLICE_BYTES))
        for part in range(parts):
            head = Head(log, by, piece.first, len(piece), part, parts, more=True)
            done.append((head, payload[part * SLICE_BYTES : (part + 1) * SLICE_BYTES]))
    done[-1] = (msgspec.structs.replace(done[-1][0], more=False, state=state), done[-1][1])
    return done


def chunks(parts: Sequence[tuple[Head, bytes]]) -> list[Chunk]:
    """The chunks that consecutive messages hold, as far as they are complete."""
    done, payload = [], b""
    for head, data in parts:
        payload = data if head.part == 0 else payload + data
        if head.part == head.parts - 1 and head.count:
            cut = 4 * head.count
            done.append(Chunk(head.first, array("I", payload[:cut]), payload[cut:]))
    return done


class JetStreamStore:
    """What one server has: a connection, a consumer a shard, and the fold of what they bring."""

    def __init__(self, connection: Client) -> None:
        self._nats, self._js = connection, connection.jetstream()
        self._fold: dict[LogId, tuple[int, State | None]] = {}
        self._reached: dict[str, int] = {}  # how far each shard is folded and announced
        self._waiting: defaultdict[str, list[tuple[int, asyncio.Future[None]]]] = defaultdict(list)
        self._parts: defaultdict[LogId, list[tuple[Head, bytes]]] = defaultdict(list)
        self._queued: dict[LogId, list[tuple[Append, asyncio.Future[State]]]] = {}
        self._tasks: dict[LogId, asyncio.Task[None]] = {}
        self._listeners: list[Listener] = []
        self.races_lost = self.probes = 0
        self.lose_ack = self.lose_delivery = False  # faults that the trial asks for

    async def open(self) -> None:
        """Fold the last header of every log, then follow each shard from there."""
        for shard in (f"LOG{number}" for number in range(SHARDS)):
            held = (await self._js.stream_info(shard)).state
            last = self._reached[shard] = held.last_seq
            if held.messages:
                await self._last_headers(shard)
            start = ConsumerConfig(
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=last + 1
            )
            await self._js.subscribe(
                f"log.{shard}.>", stream=shard, ordered_consumer=True, cb=self._hear, config=start
            )

    async def create(self, log: LogId, state: State, first: Append | None = None) -> State:
        made, chunk = rules.begin(state, first)
        before, known = self._fold.get(log, (0, None))  # may be old: compare-and-set decides
        while known is None:
            if await self._put(log, before, chunk, made):
                return made
            before, known = await self._last(log)
        raise LogExists(await self.state(log))

    async def append(self, log: LogId, append: Append) -> State:
        """Queue it for the log's next message. Cancelled, it is written all the same."""
        if log not in self._queued:
            self._queued[log] = []
            self._tasks[log] = asyncio.create_task(self._commit(log))
        answer: asyncio.Future[State] = asyncio.get_running_loop().create_future()
        self._queued[log].append((append, answer))
        return await answer

    async def state(self, log: LogId) -> State:
        _, state = await self._last(log)
        if state is None:
            raise NoSuchLog(log)
        return state

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        """Without an index: look for the message by halving, then ask for what follows it."""
        last, state = await self._last(log)
        if state is None:
            raise NoSuchLog(log)
        until = min(until, state.tail)
        if after >= until:
            return ()
        start, read_bytes = await self._find(log, Seq(after + 1), last), 0
        done: list[Chunk] = []
        parts: list[tuple[Head, bytes]] = []
        while not done or (done[-1].last < until and read_bytes < max_bytes):
            found = await self._following(log, start, max(max_bytes - read_bytes, 1))
            found = [each for each in found if each[0] <= last]
            if not found:  # deleted meanwhile
                return await self.read(log, after, until=until, max_bytes=max_bytes)
            start = found[-1][0] + 1
            parts += [(head, data) for _, head, data in found]
            done = [c for c in (c.between(after, until) for c in chunks(parts)) if len(c)]
            read_bytes = sum(len(chunk.body) for chunk in done)
        return done

    async def rewrite(self, changes: Sequence[Rewrite]) -> Sequence[State]:
        """Not tried: decision 20 says how it could be done."""
        raise NotImplementedError

    async def delete(self, log: LogId, *, epoch: int | None = None) -> None:
        """A tombstone that rolls the subject up: all else goes in the same step."""
        while True:
            before, state = await self._last(log)
            if state is None or epoch not in (None, state.epoch):
                raise NoSuchLog(log)
            rollup = {"Nats-Rollup": "sub", "Nats-TTL": f"{TOMBSTONE_SECONDS}s"}
            if await self._put(log, before, nothing(Seq(0)), None, rollup):
                return

    async def logs(
        self, prefix: str, labels: Mapping[str, str], *, before: LogId | None, limit: int
    ) -> Sequence[tuple[LogId, State]]:
        """From the fold. (Sorting it each time is the trial's; a sorted list is the engine's.)"""
        found = [
            (log, state)
            for log, (_, state) in self._fold.items()
            if state is not None and log.startswith(prefix) and (before is None or log < before)
            if labels.items() <= state.labels.items()
        ]
        return sorted(found, key=lambda each: each[0], reverse=True)[:limit]

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    async def ready(self) -> None:
        await self._js.account_info()

    async def figures(self) -> Figures:
        return Figures()

    async def snapshot(self) -> BufferedReader:
        raise Conflict("the cluster has backups of its own: nats stream backup")

    async def close(self) -> None:
        await self._nats.close()

    # -- writing

    async def _commit(self, log: LogId) -> None:
        """Write what is queued, then what was queued meanwhile: one message, one sync."""
        while group := self._queued[log]:
            self._queued[log] = []
            try:
                answers = await self._apply(log, [append for append, _ in group])
            except LogError as error:
                answers = [error] * len(group)
            for (_, future), answer in zip(group, answers, strict=True):
                if future.cancelled():
                    continue
                if isinstance(answer, State):
                    future.set_result(answer)
                else:
                    future.set_exception(answer)
        del self._queued[log], self._tasks[log]

    async def _apply(self, log: LogId, appends: Sequence[Append]) -> Sequence[State | LogError]:
        known = self._fold.get(log)  # may be old: good enough to try, not to refuse
        while True:
            before, state = known or await self._last(log)
            grown: list[Chunk] = []
            answers: list[State | LogError] = []
            for append in appends:
                try:
                    if state is None:
                        raise NoSuchLog(log)
                    state, chunk = rules.apply(state, append)
                except CallerError as refusal:
                    answers.append(refusal)
                else:
                    answers.append(state)
                    grown.append(chunk)
            if known is None or len(grown) == len(appends):
                if not grown or await self._put(log, before, Chunk.merge(grown), state):
                    return answers
                self.races_lost += 1
            known = None

    async def _put(
        self,
        log: LogId,
        before: int,
        chunk: Chunk,
        state: State | None,
        more: Mapping[str, str] | None = None,
    ) -> bool:
        """Write after the log's message `before`; False where another append was first. Returns
        once this server has announced it, so that whoever was answered finds what he wrote."""
        by, attempt = uuid.uuid4().hex, 0
        batch = messages(log, chunk, state, by)
        while True:
            attempt += 1
            try:
                written = await self._publish(log, before, batch, more or {})
            except APIError as error:
                if error.err_code not in RACE_LOST:
                    raise ERRORS.get(error.err_code or 0, StoreUnavailable(str(error))) from error
                written = await self._written(log, before, by) if attempt > 1 else -1
            except nats.errors.TimeoutError:
                # Stored or not? Nobody else can have written right after `before` if we did.
                written = await self._written(log, before, by)
            if written:
                await self._announced(log, max(written, 0))
                return written > 0

    async def _publish(
        self, log: LogId, before: int, batch: Sequence[tuple[Head, bytes]], more: Mapping[str, str]
    ) -> int:
        _, subject = place(log)
        batch_id = uuid.uuid4().hex
        for number, (head, data) in enumerate(batch, 1):
            headers = {"Flume": msgspec.json.encode(head).decode(), **more}
            if number == 1:
                headers["Nats-Expected-Last-Subject-Sequence"] = str(before)
            if len(batch) > 1:
                headers |= {"Nats-Batch-Id": batch_id, "Nats-Batch-Sequence": str(number)}
            if number < len(batch):
                await self._nats.publish(subject, data, headers=headers)
            elif len(batch) > 1:
                headers["Nats-Batch-Commit"] = "1"
        ack = await self._js.publish(subject, data, headers=headers, timeout=10)
        if self.lose_ack:
            self.lose_ack = False
            raise nats.errors.TimeoutError
        return ack.seq

    async def _written(self, log: LogId, before: int, by: str) -> int:
        """Where the attempt `by` ended up; -1: another came first, 0: nothing is there yet."""
        follower = await self._get(log, seq=before + 1, next_by_subj=place(log)[1])
        if follower is None:
            return 0
        seq, head, _ = follower
        while head.by == by and head.more:
            seq += 1  # a batch's messages are consecutive
            _, head, _ = await self._get(log, seq=seq) or (0, Head(log), b"")
        return seq if head.by == by else -1

    # -- reading

    async def _get(self, log: LogId, **which: int | str) -> tuple[int, Head, bytes] | None:
        """One message as the stream's leader has it."""
        shard, _ = place(log)
        request = msgspec.json.encode(which)
        try:
            reply = await self._nats.request(f"$JS.API.STREAM.MSG.GET.{shard}", request, timeout=5)
        except nats.errors.Error as error:
            raise StoreUnavailable(str(error)) from error
        found = msgspec.json.decode(reply.data, type=Answer).message
        if found is None:
            return None
        head = found.hdrs.split(b"\r\nFlume: ", 1)[1].split(b"\r\n", 1)[0]
        return found.seq, msgspec.json.decode(head, type=Head), found.data

    async def _last(self, log: LogId) -> tuple[int, State | None]:
        """The log's last message and state, announced on this server if they were not yet."""
        seq, head, _ = await self._get(log, last_by_subj=place(log)[1]) or (0, Head(log), b"")
        await self._announced(log, seq)
        return seq, head.state

    async def _find(self, log: LogId, record: Seq, last: int) -> int:
        """The message in which the piece that holds `record` begins: O(log n) requests."""
        low, start = 1, 1
        while low <= last:
            self.probes += 1
            middle = (low + last) // 2
            seq, head, _ = await self._get(log, seq=middle, next_by_subj=place(log)[1]) or (
                last + 1,
                Head(log, first=Seq(record + 1)),
                b"",
            )
            if head.first <= record:
                low, start = seq + 1, seq - head.part
            else:
                last = middle - 1
        return start

    async def _following(
        self, log: LogId, seq: int, max_bytes: int
    ) -> Sequence[tuple[int, Head, bytes]]:
        """The log's messages from `seq` on, in one request; any replica may answer."""
        shard, subject = place(log)
        request = {"seq": seq, "next_by_subj": subject, "batch": 1000, "max_bytes": max_bytes}
        inbox = self._nats.new_inbox()
        replies = await self._nats.subscribe(inbox)
        await self._nats.publish(
            f"$JS.API.DIRECT.GET.{shard}", msgspec.json.encode(request), reply=inbox
        )
        found = []
        while "Flume" in (headers := (reply := await replies.next_msg(5)).headers or {}):
            head = msgspec.json.decode(headers["Flume"], type=Head)
            found.append((int(headers["Nats-Sequence"]), head, reply.data))
        await replies.unsubscribe()
        return found

    # -- hearing

    async def _hear(self, message: Msg) -> None:
        """One message of a shard, in the shard's order: fold it, announce it."""
        seq, shard = message.metadata.sequence.stream, message.metadata.stream
        if self.lose_delivery:
            self.lose_delivery = False
            return
        head = msgspec.json.decode((message.headers or {})["Flume"], type=Head)
        parts = self._parts[head.log]
        parts.append((head, message.data))
        if not head.more:
            del self._parts[head.log]
            _, known = self._fold.get(head.log, (0, None))
            grown = chunks(parts)
            if grown and grown[0].first != (known.tail if known else 0) + 1:
                grown = []  # something was lost before it; the state is whole all the same
            self._fold[head.log] = seq, head.state
            for listener in self._listeners:
                listener(Announcement(head.log, head.state, grown))
        self._reached[shard] = seq
        for wanted, waiter in self._waiting[shard]:
            if wanted <= seq and not waiter.done():
                waiter.set_result(None)
        self._waiting[shard] = [each for each in self._waiting[shard] if not each[1].done()]

    async def _announced(self, log: LogId, seq: int) -> None:
        """Wait until this server has announced its shard's message `seq`."""
        shard, _ = place(log)
        if self._reached[shard] >= seq:
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[shard].append((seq, waiter))
        try:
            await asyncio.wait_for(waiter, 5)
        except TimeoutError as error:
            raise StoreUnavailable("the shard's announcements do not arrive") from error

    async def _last_headers(self, shard: str) -> None:
        """Fold the last message of every subject, without the records."""
        policy = DeliverPolicy.LAST_PER_SUBJECT
        consumer = await self._js.subscribe(
            f"log.{shard}.>", stream=shard, ordered_consumer=True, deliver_policy=policy,
            headers_only=True,
        )  # fmt: skip
        pending = 1
        while pending:
            message = await consumer.next_msg(5)
            pending = message.metadata.num_pending
            head = msgspec.json.decode((message.headers or {})["Flume"], type=Head)
            self._fold[head.log] = message.metadata.sequence.stream, head.state
        await consumer.unsubscribe()


# The trial itself.


@asynccontextmanager
async def server(directory: Path) -> AsyncIterator[str]:
    """A nats-server of our own; its address."""
    configuration = directory / "nats.conf"
    configuration.write_text(
        f'listen: "127.0.0.1:-1"\nhttp: "127.0.0.1:-1"\nports_file_dir: "{directory}"\n'
        f'jetstream {{ store_dir: "{directory}/store", sync_interval: always }}\n'
    )
    binary = Path(sys.executable).with_name("nats-server")
    process = await asyncio.create_subprocess_exec(
        binary, "-c", configuration, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        ports = directory / f"nats-server_{process.pid}.ports"
        while not ports.exists() or not ports.read_text().endswith("}"):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.02)
        addresses = json.loads(ports.read_text())
        varz = await asyncio.to_thread(urllib.request.urlopen, addresses["monitoring"][0] + "/varz")
        expect("each write is synced", json.load(varz)["jetstream"]["config"]["sync_always"])
        yield addresses["nats"][0]
    finally:
        process.terminate()
        await process.wait()


def expect(what: str, holds: bool) -> None:
    if not holds:
        raise SystemExit(f"does not hold: {what}")


async def refused(kind: type[Exception], call: Awaitable[object]) -> None:
    try:
        await call
    except kind:
        return
    raise SystemExit(f"{kind.__name__} was not raised")


async def median_ms(times: int, call: Callable[[int], Awaitable[object]]) -> float:
    taken = []
    for number in range(times):
        start = time.perf_counter()
        await call(number)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


async def timed(call: Awaitable[object]) -> float:
    start = time.perf_counter()
    await call
    return time.perf_counter() - start


def lines(count: int, size: int) -> Callable[[Seq], Chunk]:
    """The encoder of `count` records that say their number, `size` bytes each."""

    def encode(first: Seq) -> Chunk:
        return Chunk.of(first, [b"%-*d\n" % (size - 1, first + i) for i in range(count)])

    return encode


def new(epoch: int = 1, document: bytes = b"{}") -> State:
    return State(epoch, "application/json", document=document, labels={"project": "Bäckerei 木"})


async def whole(store: Store, log: LogId, max_bytes: int = 2**20) -> list[Chunk]:
    state, after = await store.state(log), Seq(0)
    found: list[Chunk] = []
    while after < state.tail:
        found += await store.read(log, after, until=state.tail, max_bytes=max_bytes)
        after = found[-1].last
    return found


def dense(found: Sequence[Chunk], tail: int) -> bool:
    """Whether these are records 1 to `tail`, each of which says its number."""
    numbers = [int(record) for chunk in found for record in chunk.records()]
    firsts = [chunk.first for chunk in found]
    lasts = [0, *(chunk.last for chunk in found)]
    return numbers == list(range(1, tail + 1)) and firsts == [last + 1 for last in lasts[:-1]]


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with server(Path(directory)) as address:
            await trial(address)


async def trial(address: str) -> None:
    admin = await nats.connect(address)
    for number in range(SHARDS):
        await admin.jetstream().add_stream(
            StreamConfig(
                f"LOG{number}", subjects=[f"log.LOG{number}.*"], storage=StorageType.FILE,
                discard=DiscardPolicy.NEW, allow_direct=True, allow_atomic=True,
                allow_rollup_hdrs=True, allow_msg_ttl=True, max_bytes=2**30,
            )
        )  # fmt: skip
    ours = JetStreamStore(await nats.connect(address))
    theirs = JetStreamStore(await nats.connect(address))
    await ours.open()
    await theirs.open()
    stores: tuple[Store, Store] = (ours, theirs)
    heard: defaultdict[LogId, list[Announcement]] = defaultdict(list)
    theirs.subscribe(lambda announcement: heard[announcement.log].append(announcement))

    await one_log(ours, theirs, heard)
    await contention(stores, ours, theirs, heard)
    await large(ours, theirs, heard)
    await reading(ours)
    await deletion(ours, theirs, admin, heard)
    await faults(ours, theirs, heard)
    await listing(ours, address)
    await full(ours, admin)
    for store in stores:
        await store.close()
    await admin.close()


Heard = Mapping[LogId, list[Announcement]]


async def one_log(ours: JetStreamStore, theirs: JetStreamStore, heard: Heard) -> None:
    log = LogId("deployment/dep_one")
    create = await median_ms(200, lambda i: ours.create(LogId(f"deployment/c{i:04}"), new()))
    await ours.create(log, new())
    await refused(LogExists, theirs.create(log, new()))
    small = await median_ms(500, lambda _: ours.append(log, Append(1, lines(1, 100))))
    large = await median_ms(100, lambda _: ours.append(log, Append(1, lines(600, 109))))
    state = await median_ms(200, lambda _: theirs.state(log))
    tail = (await theirs.state(log)).tail
    expect("what one server appends, another reads", dense(await whole(theirs, log), tail))
    producer = Producer("ci", 0, 0)
    await ours.append(log, Append(1, lines(1, 100), producer=producer))
    await refused(Duplicate, theirs.append(log, Append(1, lines(1, 100), producer=producer)))
    seen = await ours.state(log)
    end = Append(1, lines(1, 100), close=True, revision=seen.revision, document=b"{1}")
    await refused(Outdated, theirs.append(log, replace(end, revision=seen.revision - 1)))
    close = await timed(theirs.append(log, end))
    await refused(LogClosed, ours.append(log, Append(1, lines(1, 100))))
    ended = await ours.state(log)
    expect("the end is one step", (ended.closed, ended.document) == (True, b"{1}"))
    expect("each append is announced", len(heard[log]) == 603)
    print(f"create                          {create:8.2f} ms")
    print(f"append, 1 line                  {small:8.2f} ms, and announced on this server")
    print(f"append, 64 KiB                  {large:8.2f} ms")
    print(f"state                           {state:8.2f} ms, last message 64 KiB")
    print(f"close with the end record       {close * 1000:8.2f} ms")


async def contention(
    stores: Sequence[Store], ours: JetStreamStore, theirs: JetStreamStore, heard: Heard
) -> None:
    log = LogId("deployment/dep_many")
    await ours.create(log, new())
    tails: list[int] = []

    async def produce(log: LogId, store: Store) -> None:
        tails.extend([(await store.append(log, Append(1, lines(3, 100)))).tail for _ in range(20)])

    seconds = await timed(asyncio.gather(*(produce(log, stores[i % 2]) for i in range(50))))
    expect("each of 1,000 appends gets its own numbers", sorted(tails) == [*range(3, 3001, 3)])
    expect("they are dense", dense(await whole(theirs, log), 3000))
    grown = [chunk for told in heard[log] for chunk in told.chunks]
    expect("they are announced whole and in order", dense(grown, 3000))
    lost, written = ours.races_lost + theirs.races_lost, len(heard[log]) - 1
    print(f"50 producers, one log           {1000 / seconds:8.0f} appends a second,", end=" ")
    print(f"{written} messages, {lost} races lost between 2 servers")
    logs = [LogId(f"deployment/m{i:04}") for i in range(50)]
    await asyncio.gather(*(ours.create(each, new()) for each in logs))
    seconds = await timed(
        asyncio.gather(*(produce(each, stores[i % 2]) for i, each in enumerate(logs)))
    )
    print(f"50 producers, 50 logs           {1000 / seconds:8.0f} appends a second, none merged")


async def large(ours: JetStreamStore, theirs: JetStreamStore, heard: Heard) -> None:
    for name, encode in (
        ("20 MiB of 100-byte lines", lines(20 * 2**20 // 100, 100)),
        ("one record of 20 MiB", lines(1, 20 * 2**20)),
    ):
        log = LogId(f"stream/{name} * > .")
        await ours.create(log, new())
        await ours.append(log, Append(1, lines(2, 100)))
        seconds = await timed(ours.append(log, Append(1, encode)))
        tail = 2 + len(encode(Seq(3)))
        size = len(messages(log, encode(Seq(3)), None, ""))
        await theirs.state(log)
        expect(
            "it is one announcement", [len(a.chunks) > 0 for a in heard[log]] == [False, True, True]
        )
        expect("it is whole", dense(await whole(theirs, log), tail))
        print(f"append, {name:24}{seconds * 1000:8.0f} ms, a batch of {size} messages")
    await refused(TooLarge, ours.create(LogId("deployment/x"), new(document=b"x" * 49_000)))
    await ours.create(LogId("deployment/x"), new(document=b"x" * 48_000))
    crowd = {
        f"producer-{i:08}": Producer(f"producer-{i:08}", 0, 10**6, 1795448220123456)
        for i in range(600)
    }
    await ours.create(LogId("deployment/y"), replace(new(), producers=crowd))


async def reading(ours: JetStreamStore) -> None:
    log = LogId("deployment/dep_long")
    await ours.create(log, new())
    others = [LogId(f"deployment/m{i:04}") for i in range(50)]
    for i in range(1000):  # interleaved with other logs of the shards
        await ours.append(log, Append(1, lines(20, 100)))
        await ours.append(others[i % 50], Append(1, lines(20, 100)))
    ours.probes = 0
    wanted = [Seq(37 * i % 20_000) for i in range(1, 101)]

    async def one(number: int) -> None:
        after = wanted[number]
        found = await ours.read(log, after, until=Seq(after + 1), max_bytes=1)
        expect("it is the record", found[0].body == lines(1, 100)(Seq(after + 1)).body)

    found = await median_ms(100, one)
    print(
        f"read one of 20,000 records      {found:8.2f} ms, {ours.probes / 100:.0f} probes, no index"
    )
    size = (await ours.state(log)).size_bytes
    seconds = await timed(whole(ours, log))
    print(f"read 1,000 small messages       {size / seconds / 1e6:8.1f} MB/s")
    log = LogId("stream/20 MiB of 100-byte lines * > .")
    seconds = await timed(whole(ours, log))
    print(f"read 20 MiB in 1-MiB steps      {20 / seconds:8.0f} MiB/s")


async def deletion(
    ours: JetStreamStore, theirs: JetStreamStore, admin: Client, heard: Heard
) -> None:
    logs = [LogId(f"deployment/c{i:04}") for i in range(100)]
    deleted = await median_ms(99, lambda i: ours.delete(logs[i]))
    log = LogId("deployment/dep_gone")
    shard, subject = place(log)
    await ours.create(log, new())
    await ours.append(log, Append(1, lines(5, 100)))
    await ours.delete(log)
    await refused(NoSuchLog, theirs.state(log))
    await refused(NoSuchLog, theirs.delete(log))
    await refused(NoSuchLog, theirs.append(log, Append(1, lines(1, 100))))
    expect("it is told", heard[log][-1].state is None)
    late = messages(log, nothing(Seq(1)), new(), "late")
    await refused(APIError, ours._publish(log, 0, late, {}))
    await ours.create(log, new(epoch=2))
    await theirs.append(log, Append(1, lines(5, 100)))
    expect("it is another log", (await ours.state(log)).epoch == 2)
    await admin.jetstream().purge_stream(shard, subject=subject)
    revived = await ours._publish(log, 0, late, {})
    expect("without a tombstone a late creation revives the log", revived > 0)
    print(f"delete                          {deleted:8.2f} ms, a late creation is refused")


async def faults(ours: JetStreamStore, theirs: JetStreamStore, heard: Heard) -> None:
    for name, encode in ("dep_lost", lines(1, 100)), ("dep_lost_batch", lines(9000, 100)):
        log = LogId(f"deployment/{name}")
        await ours.create(log, new())
        ours.lose_ack = True
        await ours.append(log, Append(1, encode))
        await theirs.append(log, Append(1, lines(1, 100)))
        expect(
            "a lost answer repeats nothing", dense(await whole(ours, log), len(encode(Seq(1))) + 1)
        )
    log = LogId("deployment/dep_hole")
    await ours.create(log, new())
    await theirs.append(log, Append(1, lines(1, 100)))
    theirs.lose_delivery = True
    await ours.append(log, Append(1, lines(1, 100)))
    await ours.append(log, Append(1, lines(1, 100)))
    tail = (await theirs.append(log, Append(1, lines(1, 100)))).tail
    told = [(a.state.tail if a.state else 0, len(a.chunks)) for a in heard[log]]
    expect("a hole is announced as a bare state", told == [(0, 0), (1, 1), (3, 0), (4, 1)])
    expect("who misses one reads the store", dense(await whole(theirs, log), tail))
    print("a lost answer, a lost delivery        nothing repeated, nothing missing")


async def listing(ours: JetStreamStore, address: str) -> None:
    for i in range(800):
        await ours.create(LogId(f"deployment/c{i + 1000:04}"), new(document=b"x" * 400))
    third = JetStreamStore(await nats.connect(address))
    seconds = await timed(third.open())
    alive = sum(state is not None for _, state in third._fold.values())
    labels = {"project": "Bäckerei 木"}
    wanted = await third.logs("deployment/", labels, before=None, limit=50)
    expect("newest first", [log for log, _ in wanted[:2]] == ["deployment/y", "deployment/x"])
    before = LogId("deployment/c1799")
    wanted = await third.logs("deployment/c", labels, before=before, limit=2)
    expect("paged", [log for log, _ in wanted] == ["deployment/c1798", "deployment/c1797"])
    expect("the folds agree", third._fold.items() <= ours._fold.items())
    ms = await median_ms(20, lambda _: third.logs("deployment/", labels, before=None, limit=50))
    print(f"fold {alive} logs at the start      {seconds * 1000:8.0f} ms")
    print(f"list 50 of them                 {ms:8.2f} ms")
    await third.close()


async def full(ours: JetStreamStore, admin: Client) -> None:
    log = LogId("deployment/dep_long")
    shard, _ = place(log)
    stream = (await admin.jetstream().stream_info(shard)).config
    await admin.jetstream().update_stream(stream, max_bytes=1024)
    await refused(StoreFull, ours.append(log, Append(1, lines(1, 100))))
    expect("a full stream can be read", dense(await whole(ours, log), 20_000))
    try:
        await ours.delete(log)
        print("a full stream                         refuses appends, takes a deletion")
    except StoreFull:
        print("a full stream                         refuses appends and tombstones")


if __name__ == "__main__":
    asyncio.run(main())
