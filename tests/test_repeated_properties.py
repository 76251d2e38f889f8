"""Whatever is sent over one connection, and however it is cut: the answers and what is stored are
those that the same requests have which come alone, each on a connection of its own."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack, closing
from itertools import chain
from typing import NamedTuple

import httpx2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.answers import Answers
from tests.servers import ServerProcess

Answer = tuple[int, dict[str, str], bytes]

INNER = b"POST /v1/stream/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
BODIES = {
    "text/plain": [b"a\n", b"", b"a\nb\nno end", b"\xff\xfe\n", b"\n", INNER, b"<long>"],
    "application/x-ndjson": [b'{"text":"a"}\n{"text":"b"}', b'{"text":1}', b"{", b"", INNER],
    "application/json": [b'[{"text":"a"}]', b'{"text":"b"}', b"[]", b"[", b"", b'[{"text":2}]'],
}
LONG_BYTES = 64_000
"""Just short enough to be read to its end when it is refused; after a longer one we hang up."""

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
SPELLINGS = [
    ("Content-Length: ", "Producer-Seq: "),
    ("content-length:", "producer-seq:\t"),
    ("CONTENT-LENGTH:\t", "Producer-SEQ:"),
]
CLOSE = "Stream-Closed: true\r\n"
extras = st.sampled_from(
    [
        *["", "", "", CLOSE, CLOSE, "Stream-Seq: 5\r\n", "Expect: 100-continue\r\n"],
        *["Connection: keep-alive\r\n", "Connection: Upgrade\r\nUpgrade: h2c\r\n"],
    ]
)
PLACES = [
    *["offset=<epoch>_0000000000000000", "offset=<epoch>_0000000000000001"] * 4,
    *["offset=-1", "offset=17", "offset=<epoch>_9999999999999999"],
    "offset=0000000000000007_0000000000000001",
    *["offset=-1&x=?offset=<epoch>_0000000000000001", "offset=-1#&offset=<epoch>_0000000000000001"],
]
KINDS = [*[sorted(BODIES)] * 2, ["application/json"] * 3 + ["text/plain"], ["text/plain"]]
"""What each of the logs takes, and now and then something else."""

IGNORED = {
    *("date", "stream-cursor", "connection"),
    *("x-content-type-options", "cross-origin-resource-policy", "content-security-policy"),
}
"""What says when and how it was answered, not what."""


class Log(NamedTuple):
    """A log, and how the same one is told in each run."""

    path: str
    epoch: str


class Asked(NamedTuple):
    """A request to the log of this number. Path, epoch and length are left open in the head."""

    log: int
    waits: bool
    """Whether the next one is sent only when this one has been answered."""
    head: str
    body: bytes = b""

    def to(self, log: Log) -> bytes:
        body = self.body.replace(b"<long>", b"z" * LONG_BYTES)
        head = self.head.replace("<path>", log.path).replace("<epoch>", log.epoch)
        return head.replace("<length>", str(len(body))).encode() + body


Said = tuple[str, bytes]
"""A head and a body."""


waits = st.sampled_from([True, True, False])


@st.composite
def appends(draw: st.DrawFn, log: int, times: int) -> list[Said]:
    """What one producer says, rightly or wrongly."""
    kind = draw(st.sampled_from(KINDS[log]))
    length, seq = draw(st.sampled_from(SPELLINGS))
    head = f"POST <path> HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n{draw(extras)}"
    if draw(st.booleans()):
        head += f"Producer-Id: p\r\nProducer-Epoch: {draw(st.integers(0, 1))}\r\n"
        head += f"{seq}<seq>\r\n"
    head += f"{length}<length>\r\n\r\n"
    rightly = st.sampled_from([list(range(times)), [n // 2 for n in range(times)]])
    wrongly = st.lists(st.integers(0, 3), min_size=times, max_size=times)
    bodies = st.sampled_from(BODIES[kind])
    return [
        (head.replace("<seq>", str(number)), draw(bodies))
        for number in draw(st.one_of(rightly, wrongly))
    ]


@st.composite
def reads(draw: st.DrawFn, times: int) -> list[Said]:
    """What one reader asks for: something is there, so that no long poll has to wait."""
    form = draw(st.sampled_from(["", "live=long-poll&", "live=long-poll&cursor=7&"]))
    last = draw(st.sampled_from(["", "Last-Event-ID: <epoch>_0000000000000001\r\n"]))
    places = draw(st.lists(st.sampled_from(PLACES), min_size=times, max_size=times))
    rest = f" HTTP/1.1\r\nHost: localhost\r\n{last}\r\n"
    return [(f"GET <path>?{form}{place}{rest}", b"") for place in places]


@st.composite
def bursts(draw: st.DrawFn) -> list[Asked]:
    """Requests of one kind, which repeat each other if they are sent on one connection."""
    log, times = draw(st.integers(0, 3)), draw(st.integers(2, 5))
    said = draw(st.one_of(appends(log, times), appends(log, times), reads(times)))
    return [Asked(log, draw(waits), head, body) for head, body in said]


scripts = st.lists(bursts(), min_size=1, max_size=6).map(
    lambda found: list(chain.from_iterable(found))
)
sizes = st.integers(1, 400) | st.just(1_000_000)
cuts = st.lists(st.tuples(sizes, st.booleans()), min_size=1, max_size=8)
"""How long each piece is, and whether the server has read it before the next one is sent."""


class World:
    """Four logs with two records each: two deployments', one of JSON and one of bytes."""

    def __init__(self, url: str, client: httpx2.Client, name: str) -> None:
        self.url, self.client = url, client
        self._other = Answers(url)
        paths = [f"/v1/deployments/{self._deployment()}/log" for _ in range(2)]
        for kind in ("application/json", "text/plain"):
            paths.append(f"/v1/stream/{name}/{len(paths)}")
            client.delete(paths[-1])
            client.put(paths[-1], headers={"Content-Type": kind})
        self.logs = [self._seeded(path) for path in paths]

    def _deployment(self) -> str:
        made = self.client.post("/v1/deployments", json={"project": "test"})
        return str(made.json()["id"])

    def close(self) -> None:
        self._other.close()

    def _seeded(self, path: str) -> Log:
        kind = "text/plain" if path.endswith("3") else "application/json"
        for _ in range(2):
            self.client.post(path, content=b'{"text":"seed"}', headers={"Content-Type": kind})
        tail = self.client.head(path).headers["stream-next-offset"]
        return Log(path, tail.partition("_")[0])

    def plain(self, answer: Answer) -> Answer:
        """An answer without what tells one world from the other, and one moment from another."""
        status, headers, body = answer
        told = {k: self._plain(v.encode()) for k, v in headers.items() if k not in IGNORED}
        return status, {k: v.decode() for k, v in told.items()}, self._plain(body)

    def _plain(self, text: bytes) -> bytes:
        for number, log in enumerate(self.logs):
            text = text.replace(log.epoch.encode(), b"epoch %d" % number)
        return re.sub(rb'"time":"[^"]*"', b'"time"', text)

    def stored(self) -> list[bytes]:
        found = [self.client.get(f"{log.path}?offset=-1").content for log in self.logs]
        return [self._plain(one) for one in found]

    def alone(self, script: list[Asked]) -> list[Answer]:
        """What each request is answered on a connection of its own."""
        return [self.plain(self._alone(asked)) for asked in script]

    def _alone(self, asked: Asked) -> Answer:
        with closing(Answers(self.url)) as answers:
            answers.socket.sendall(asked.to(self.logs[asked.log]))
            return final(answers)

    def together(self, script: list[Asked], pieces: list[tuple[int, bool]]) -> list[Answer]:
        """What they are answered on one connection, cut into `pieces` over and over."""
        with closing(Answers(self.url)) as answers:
            answers.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found: list[Answer] = []
            unsent = b""
            for number, asked in enumerate(script, 1):
                unsent += asked.to(self.logs[asked.log])
                if asked.waits or number == len(script):
                    self._send(answers, unsent, pieces)
                    unsent = b""
                    while len(found) < number:
                        found.append(self.plain(final(answers)))
        return found

    def _send(self, answers: Answers, data: bytes, pieces: list[tuple[int, bool]]) -> None:
        # A long body is cut into longer pieces, and a script into fifty at most.
        scale = max(1, len(data) // (50 * sum(size for size, _ in pieces) // len(pieces)))
        number = 0
        while data:
            size, is_read = pieces[number % len(pieces)]
            answers.socket.sendall(data[: size * scale])
            data, number = data[size * scale :], number + 1
            if is_read:
                # One thread reads all connections, in the order in which bytes came.
                self._other.socket.sendall(HEALTH)
                self._other.next()


def final(answers: Answers) -> Answer:
    """The next answer that is more than `100 Continue`."""
    while (found := answers.next())[0] == 100:
        pass
    return found


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(scripts, cuts)
def test_one_connection_is_as_good_as_many(
    memory_server: ServerProcess, script: list[Asked], pieces: list[tuple[int, bool]]
) -> None:
    """Appends good and bad, reads and long polls with something to tell, to several logs by turns:
    each is answered in its turn, and what is stored is stored once, where it belongs."""
    with ExitStack() as stack:
        client = stack.enter_context(httpx2.Client(base_url=memory_server.url))
        one, many = (
            stack.enter_context(closing(World(memory_server.url, client, name)))
            for name in ("one", "many")
        )
        expected = many.alone(script)
        assert one.together(script, pieces) == expected
        assert one.stored() == many.stored()
