"""Writing a log: each line once and in order, however often it takes, or an error that says so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest

from logflume import AsyncClient, Client, LogGone, Refused, ServerAway
from logflume.client.blocking.writer import Writer
from logflume.client.outbox import encode_lines
from tests.cli_tools import NOBODY, until
from tests.client_tools import BUSY, Cutter, Script, answer
from tests.servers import ServerProcess

TAKEN = answer(status="200 OK")


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """A client of a server that is there."""
    with Client(shared_server.url) as client:
        yield client


@pytest.fixture
def fresh(client: Client) -> str:
    """A deployment of the test's own."""
    return client.create("shop").id


def bodies(script: Script) -> list[tuple[bytes, bytes]]:
    """The producer's sequence number and the body of each append."""
    found = []
    for request in script.requests:
        head, _, body = request.lower().partition(b"\r\n\r\n")
        fields = dict(row.split(b": ", 1) for row in head.split(b"\r\n")[1:])
        found.append((fields[b"producer-seq"], body))
    return found


def texts(client: Client, deployment_id: str) -> list[str]:
    """The log's lines."""
    return [record.text for record in client.read(deployment_id)]


def test_lines(client: Client, fresh: str) -> None:
    """A text is as many records as it has lines, in order, with what goes with them."""
    with client.writer(fresh) as log:
        log.write("one")
        log.write("two\r\nthree\n", stream="stderr", level="warning")
        log.write("")
        log.write("a\rb\x1b[0m\udc80")
    found = [(record.text, record.stream, record.level) for record in client.read(fresh)]
    assert found == [
        ("one", "stdout", ""),
        ("two", "stderr", "warning"),
        ("three", "stderr", "warning"),
        ("", "stdout", ""),
        ("a\rb\x1b[0m?", "stdout", ""),
    ]


def test_long_lines(client: Client, fresh: str) -> None:
    """A line that is too long for one record is as many as it takes, and the log has all of it."""
    line = "é" * 300_000
    with client.writer(fresh) as log:
        log.write(line)
        log.write("after")
    records = list(client.read(fresh))
    assert [record.partial for record in records] == [True] * (len(records) - 2) + [False] * 2
    assert "".join(record.text for record in records[:-1]) == line


def test_many_lines(client: Client, fresh: str) -> None:
    """More than one append takes arrives whole, and so does what is written after a flush."""
    with client.writer(fresh) as log:
        for number in range(30_000):
            log.write(f"line {number}")
        log.flush()
        assert log.unsent == 0
        assert texts(client, fresh)[-1] == "line 29999"
        log.write("last")
    assert texts(client, fresh) == [*(f"line {number}" for number in range(30_000)), "last"]


def test_many_threads(client: Client, fresh: str) -> None:
    """Several threads may write into one log: every line is there once, each one's in its order."""

    def work(log: Writer, name: int) -> None:
        for number in range(300):
            log.write(f"{name} {number}")

    with client.writer(fresh) as log:
        threads = [threading.Thread(target=work, args=(log, name)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = [text.split() for text in texts(client, fresh)]
    assert len(found) == 1200
    for name in range(4):
        assert [int(number) for one, number in found if int(one) == name] == list(range(300))


def test_lines_are_seen_before_the_end(client: Client, fresh: str) -> None:
    """A line is sent without being asked to, and none has to follow it."""
    with client.writer(fresh) as log, client.follow(fresh) as records:
        for number in range(5):
            log.write(str(number))
            assert next(records).text == str(number)


@pytest.mark.parametrize("plan", [["after"], ["before", "after", "after", "before"]])
def test_an_answer_that_is_cut(shared_server: ServerProcess, plan: list[str]) -> None:
    """A request whose answer is lost is sent again, and its lines are there once."""
    cutter = Cutter(shared_server.url, *plan)
    with Client(shared_server.url) as client, cutter.serving() as url, Client(url) as through:
        fresh = client.create("shop").id
        with through.writer(fresh) as log:
            for number in range(100):
                log.write(str(number))
        assert texts(client, fresh) == [str(number) for number in range(100)]
    assert cutter.cut == len(plan)


async def test_the_same_awaited(shared_server: ServerProcess) -> None:
    """So it is with the other client."""
    cutter = Cutter(shared_server.url, "after", "before")
    with Client(shared_server.url) as client, cutter.serving() as url:
        fresh = client.create("shop").id
        async with AsyncClient(url) as through, through.writer(fresh) as log:
            for number in range(100):
                await log.write(str(number))
            await log.flush()
            assert texts(client, fresh) == [str(number) for number in range(100)]
    assert cutter.cut == 2


def test_one_append_at_a_time() -> None:
    """An append keeps its number and its bytes until it is answered; then comes the next."""
    script = Script(BUSY, b"", BUSY, TAKEN, BUSY, TAKEN)
    with script.serving() as url, Client(url) as client, client.writer("dep_x") as log:
        log.write("one")
        until(lambda: len(script.requests) >= 1)
        log.write("two")
        log.write("three")
    one, more = encode_lines("one")[0], b"".join(encode_lines("two\nthree"))
    assert bodies(script) == [(b"0", one)] * 4 + [(b"1", more)] * 2


@pytest.mark.live
def test_a_server_that_comes_back(server: ServerProcess) -> None:
    """A restart is waited for, with what is written meanwhile."""
    with Client(server.url) as client:
        fresh = client.create("shop").id
        with client.writer(fresh) as log:
            log.write("before")
            log.flush()
            server.kill()
            for number in range(50):
                log.write(f"while {number}")
            server.start()
            log.flush()
            log.write("after")
        assert texts(client, fresh) == ["before", *(f"while {n}" for n in range(50)), "after"]


def test_a_server_that_stays_away() -> None:
    """After as long as there is patience, whoever writes is told how much is not stored."""
    with Client(NOBODY) as client:
        log = client.writer("dep_x", patience_seconds=0)
        log.write("one\ntwo\nthree")
        with pytest.raises(ServerAway, match="refused; lines that are not stored: 3"):
            log.flush()
        for _ in range(2):
            with pytest.raises(ServerAway):
                log.write("more")
            with pytest.raises(ServerAway):
                log.close()


def test_an_error_within_the_block() -> None:
    """What ends the block is not hidden by what became of the log; it says that, too."""

    def fail(client: Client) -> None:
        with client.writer("dep_x", patience_seconds=0) as log:
            log.write("one")
            raise KeyError("within")

    with Client(NOBODY) as client, pytest.raises(KeyError, match="within") as raised:
        fail(client)
    assert "lines that are not stored: 1" in raised.value.__notes__[0]


def test_a_refusal(client: Client, fresh: str) -> None:
    """A final no is raised to whoever writes, not asked about again."""
    client.finish(fresh)
    log = client.writer(fresh)
    log.write("late")
    with pytest.raises(Refused, match="closed"):
        log.close()
    assert log.unsent == 1
    with pytest.raises(LogGone), client.writer("dep_x") as log:
        log.write("nowhere")


def test_a_writer_that_is_closed(client: Client, fresh: str) -> None:
    """Nothing can follow the end, and an end without lines asks nothing of the server."""
    with client.writer(fresh) as log:
        pass
    with pytest.raises(ValueError, match="closed"):
        log.write("late")
    log.close()
    assert texts(client, fresh) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stream": "nowhere"}, "stderr"),
        ({"level": "x" * 33}, "32"),
        ({"sent": datetime(2026, 11, 23)}, "time zone"),
    ],
)
def test_what_is_no_line(
    client: Client, fresh: str, options: dict[str, object], words: str
) -> None:
    """What the server would refuse with a whole batch is refused line by line, before."""
    with client.writer(fresh) as log:
        log.write("before")
        with pytest.raises(ValueError, match=words):
            log.write("x", **options)  # type: ignore[arg-type]
        log.write("after")
    assert texts(client, fresh) == ["before", "after"]


def test_a_writer_that_is_faster(
    client: Client, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While as much is waiting as memory is to hold, writing waits, too; then it goes on."""
    monkeypatch.setattr("logflume.client.outbox.FULL_BYTES", 1000)
    monkeypatch.setattr("logflume.client.outbox.BATCH_BYTES", 500)
    written: list[int] = []

    def write(log: Writer) -> None:
        for number in range(100):
            log.write(f"{number:0100}")
            written.append(number)

    cutter = Cutter(client.server)
    cutter.gate.clear()
    with cutter.serving() as url, Client(url) as through, through.writer(fresh) as log:
        writing = threading.Thread(target=write, args=(log,), daemon=True)
        writing.start()
        until(lambda: len(written) >= 7)
        writing.join(0.2)
        assert writing.is_alive()
        assert len(written) < 20
        cutter.gate.set()
        writing.join()
    assert [int(text) for text in texts(client, fresh)] == list(range(100))


async def test_a_flush_that_is_cancelled(shared_server: ServerProcess) -> None:
    """A time-out around a flush loses nothing of what was written."""
    cutter = Cutter(shared_server.url)
    cutter.gate.clear()
    with Client(shared_server.url) as client, cutter.serving() as url:
        fresh = client.create("shop").id
        async with AsyncClient(url) as through, through.writer(fresh) as log:
            await log.write("one")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(log.flush(), 0.05)
            assert log.unsent == 1
            cutter.gate.set()
            await log.write("two")
        assert texts(client, fresh) == ["one", "two"]
