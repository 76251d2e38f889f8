"""Search: the whole of a long log gone through, part by part, and what others notice of it.

One client asks for one part after the other, as a page does that counts all matches, while another
asks for the log's last line again and again. Every search is checked: it finds what was hidden in
the log and nothing else.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from urllib.parse import urlencode

from bench.connection import Connection
from bench.requests import batches, get, lines_a_batch, new_log, post
from bench.returning import body_of
from bench.rounds import Bench, Figure, percentile
from bench.servers import Server, Timed

LINES = 1_000_000
LINE_BYTES = 64

PLACES = 10
"""Where what is looked for is hidden, all over the log."""

HIDDEN = "::group::Migrate\nerror: no needle in this haystack\n"

WHOLE = {
    "a rare word": {"q": "needle"},
    "a rare word, case=true": {"q": "needle", "case": "true"},
    "regex no needle.*stack$": {"regex": "no needle.*stack$"},
    "level=error": {"level": "error"},
    "kind=group": {"kind": "group"},
}
"""Searches that find one record at each place."""

FREQUENT = {"q": "compiling"}
IDLE_SECONDS = 1.0
PAUSE_SECONDS = 0.002


@dataclass(slots=True)
class Asking:
    """Asks for the last line again and again, until it is told to end."""

    server: Server
    path: str
    waits: list[float] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def __call__(self) -> None:
        with Connection(self.server.port) as connection:
            while not self.ended.wait(PAUSE_SECONDS):
                sent = time.perf_counter()
                connection.ask(get(f"{self.path}?tail=1"))
                self.waits.append(time.perf_counter() - sent)


def measure(bench: Bench, *, count: int = LINES) -> Iterator[Figure]:
    with bench.logflume() as server:
        path = hidden_in(server, count)
        runs = {name: partial(_whole, server, path, query) for name, query in WHOLE.items()}
        rounds = bench.in_turn({**runs, "": partial(_idle, server, path)})
        first = bench.rounds_of(server, partial(_first, path=path))
    told = f"search, {count:,} lines"
    for name in WHOLE:
        want = "< 1" if name == "a rare word" else ""
        yield rounds[name].figure("seconds", f"{told}: {name}", "s", want)
    yield first.figure("ms", f"{told}: first answer, a frequent word", "ms", "< 100")
    yield rounds[""].figure("p99", f"{told}: another request, nobody searches: p99", "ms")
    for name in WHOLE:
        yield rounds[name].figure("p99", f"{told}: another request, {name}: p99", "ms")


def hidden_in(server: Server, count: int) -> str:
    """A log of `count` lines and what is hidden between them; its path."""
    path = new_log(server.port)
    bodies = cycle(batches(path, LINE_BYTES))
    with Connection(server.port) as producer:
        for _ in range(PLACES):
            for request in islice(bodies, count // PLACES // lines_a_batch(LINE_BYTES)):
                producer.ask(request)
            producer.ask(post(path, HIDDEN.encode()))
    return path


def _whole(server: Server, path: str, query: dict[str, str]) -> tuple[dict[str, float], Timed]:
    asking = Asking(server, path)
    thread = threading.Thread(target=asking)
    thread.start()
    with Connection(server.port) as connection, server.timed() as timed:
        found = sum(len(part["numbers"]) for part in _parts(connection, path, query))
    asking.ended.set()
    thread.join()
    assert found == PLACES, f"{query}: {found} records are found, not {PLACES}"
    return {"seconds": timed.seconds, "p99": percentile(asking.waits, 99) * 1000}, timed


def _parts(
    connection: Connection, path: str, query: dict[str, str]
) -> Iterator[dict[str, list[int]]]:
    """All answers, one after the other."""
    offset = "-1"
    while offset:
        asked = urlencode({**query, "limit": "10", "offset": offset})
        part = json.loads(body_of(connection.ask(get(f"{path}/search?{asked}"))))
        offset = part["next"]
        yield part


def _idle(server: Server, path: str) -> tuple[dict[str, float], Timed]:
    asking = Asking(server, path)
    thread = threading.Thread(target=asking)
    with server.timed() as timed:
        thread.start()
        time.sleep(IDLE_SECONDS)
        asking.ended.set()
        thread.join()
    return {"p99": percentile(asking.waits, 99) * 1000}, timed


def _first(server: Server, path: str) -> tuple[dict[str, float], Timed]:
    with Connection(server.port) as connection, server.timed() as timed:
        part = next(_parts(connection, path, FREQUENT))
    assert part["numbers"], "a frequent word is not found"
    return {"ms": timed.seconds * 1000}, timed
