"""The benchmark's own measures, small: real servers, real sockets, one round.

What is asserted is that each measure gives its figures, says what it had to leave out, and notices
a server that loses, repeats or changes a line. No figure is.
"""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bench import history, long_polling, many_logs, nginx, stalled, storm
from bench.connection import Connection
from bench.nginx import ADMINISTRATORS
from bench.receipts import Receipts
from bench.requests import get, lines, new_log, single
from bench.returning import body_of, records_of
from bench.rounds import PYTHON, Bench, Cores, Figure
from bench.servers import Server
from bench.watching import follow

pytestmark = pytest.mark.live

MORE_THAN_EVER = 1_000_000_000
"""Watchers for whom no machine has descriptors enough."""

WATCHERS = 7

EVENT = b"id: 1_2\nevent: data\ndata:[%b]\n\n"
CONTROL = b'event: control\ndata:{"streamNextOffset":"1_2","upToDate":true}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """One round of each; what a measure does to the process that runs it is undone."""
    cores, files = os.sched_getaffinity(0), resource.getrlimit(resource.RLIMIT_NOFILE)
    yield Bench(Cores.choose(), tmp_path, 1)
    os.sched_setaffinity(0, cores)
    resource.setrlimit(resource.RLIMIT_NOFILE, files)


def test_a_storm_is_timed_where_the_server_ran_on_and_where_it_restarted(bench: Bench) -> None:
    figures = by_name(storm.measure(bench, watchers=20, missed=100))
    assert len(figures) == 6
    assert all(figure.rounds[0] > 0 and figure.nothing for figure in figures.values())


def test_a_storm_that_needs_too_many_descriptors_is_missing_and_says_why(bench: Bench) -> None:
    (figure,) = storm.measure(bench, watchers=MORE_THAN_EVER)
    assert figure.rounds == ()
    assert "ulimit -n" in figure.missing


@pytest.mark.parametrize(
    "told",
    [b'{"n":1}', b'{"n":1},{"n":1},{"n":2}', b'{"n":1},{"n":2,"text":"b"}'],
    ids=["lost", "repeated", "changed"],
)
def test_one_watcher_that_a_storm_leaves_with_something_else_is_noticed(
    bench: Bench, told: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All others got what they missed."""
    right = b'{"n":1},{"n":2}'
    answers = [tmp_path / f"answer-{number}" for number in range(WATCHERS)]
    for answer in answers:
        answer.write_bytes(HEAD + EVENT % right + CONTROL)

    @contextmanager
    def calm(bench: Bench, _: int) -> Iterator[tuple[Server, storm.Missed]]:
        with bench.started([*PYTHON, "bench.replay", *map(str, answers)]) as server:
            yield server, storm.Missed(get("/"), right)

    monkeypatch.setattr(storm, "PLACES", {"here": calm})
    assert len(list(storm.measure(bench, watchers=WATCHERS))) == 3
    answers[-2].write_bytes(HEAD + EVENT % told + CONTROL)
    with pytest.raises(AssertionError, match="lost, repeated or changed"):
        list(storm.measure(bench, watchers=WATCHERS))


def test_the_records_of_a_stream_are_whole_however_it_was_cut() -> None:
    """Chunks of the transfer end where they like; what is in them is what was sent."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = (b"retry: 7\n\n", EVENT[:9], EVENT[9:] % b"1,2", CONTROL)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    assert body_of(head + chunks) == b"".join(pieces)
    assert records_of(head + chunks) == b"1,2"


def test_history_stands_beside_nginx_with_the_same_bytes(bench: Bench) -> None:
    figures = by_name(beside_nginx(bench))
    assert {figure.unit for figure in figures.values()} == {"MB/s", "MiB", "×"}
    assert all(figure.rounds and not figure.missing for figure in figures.values())


def test_history_without_nginx_is_measured_and_says_what_to_install(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(nginx, "ADMINISTRATORS", ())
    *measured, ratio = beside_nginx(bench)
    assert all(figure.rounds for figure in measured)
    assert ratio.missing == "install nginx"


def test_nginx_serves_the_bytes_that_it_is_given(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "log").write_bytes(bytes(range(256)) * 100)
    assert shutil.which("nginx", path=os.pathsep.join([os.environ["PATH"], *ADMINISTRATORS]))
    served = bench.started([*PYTHON, "bench.nginx", str(folder)])
    with served as server, Connection(server.port) as reader:
        assert body_of(reader.ask(get("/log"))) == bytes(range(256)) * 100


def test_long_polling_without_node_is_measured_and_says_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(long_polling, "LOADS", {"5 watchers": (5, False)})
    monkeypatch.setattr(long_polling, "DELIVERIES", 50)
    monkeypatch.setattr(long_polling, "WARM_UP_DELIVERIES", 5)
    figures = by_name(long_polling.measure(bench))
    missing = {name for name, figure in figures.items() if figure.missing}
    assert len(figures) > len(missing) > 0
    assert all("node" in figures[name].missing for name in missing)
    assert all("Node" in name for name in missing)


def test_a_delivery_of_many_logs_stands_beside_one_of_one_log(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many_logs, "SETTLE_SECONDS", 0)
    figures = by_name(many_logs.measure(bench, logs=20))
    units = [figure.unit for figure in figures.values()]
    assert units.count("µs/delivery") == 2
    assert units.count("×") == 1
    assert units.count("bytes") == 2


def test_many_logs_that_need_too_many_descriptors_are_missing(bench: Bench) -> None:
    (figure,) = many_logs.measure(bench, logs=MORE_THAN_EVER)
    assert "ulimit -n" in figure.missing


def test_a_stalled_watcher_costs_memory_and_the_others_are_timed(bench: Bench) -> None:
    measured = stalled.measure(bench, watchers=5, lines=10, stalled=2, flood_bytes=2**22)
    figures = by_name(measured)
    kernel = next(figure for name, figure in figures.items() if "in the kernel" in name)
    assert kernel.rounds[0] > 0, "it did not stall"
    assert sum(figure.unit == "×" for figure in figures.values()) == 2


def test_too_few_descriptors_leave_out_the_watchers_and_not_the_flood(bench: Bench) -> None:
    first, *rest = stalled.measure(bench, watchers=MORE_THAN_EVER, stalled=2, flood_bytes=2**21)
    assert "ulimit -n" in first.missing
    assert rest
    assert all(figure.rounds for figure in rest)


@pytest.mark.parametrize(("count", "finds"), [(1, True), (2, False)], ids=["once", "twice"])
def test_a_line_that_comes_twice_is_noticed(bench: Bench, count: int, finds: bool) -> None:
    """Two lines for each that was meant to be sent look to a watcher like a line repeated."""
    with bench.logflume() as server, ExitStack() as stack:
        path = new_log(server.port)
        watcher, producer = (stack.enter_context(Connection(server.port)) for _ in range(2))
        follow(watcher, path)
        request = single(path) if count == 1 else lines(path, count, 64)
        receipts = Receipts([watcher], producer, request, 0.001)
        if finds:
            receipts.run(3)
            assert len(receipts.waits) == 3
        else:
            with pytest.raises(AssertionError, match="repeated"):
                receipts.run(3)
        receipts.poll.close()


def beside_nginx(bench: Bench) -> list[Figure]:
    with bench.logs() as logs:
        with bench.logflume(logs) as server:
            log = history.built(server, 2000)
        return list(history.beside_nginx(bench, logs, log, "history"))


def by_name(figures: Iterable[Figure]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}
