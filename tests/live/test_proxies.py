"""Behind real proxies, as `deploy/` sets them up, nothing is held back, cut off or lost.

Lines are waited for on a stream on which nothing else happens, for less time than lies between
heartbeats: what a proxy buffers never comes. Latencies are printed, not asserted.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from logflume import Client
from logflume.client.follow import TransportName
from tests.cli_tools import CommandLine, page_id, until
from tests.contract.api import Api
from tests.proxies import DEPLOYED, PROXIES, Certificate, Proxy
from tests.servers import ServerProcess
from tests.watchers import WATCHERS, Curl, Record, Watcher

pytestmark = pytest.mark.live

SHORT_SECONDS = 12
"""A proxy's time-out in place of 60 s: longer than the pause between heartbeats."""

POLL_SECONDS = 24
"""The same for long polls, which are silent until they are answered."""

QUIET_SECONDS = 25.0
"""More than two short time-outs."""

UPLOAD = ("--upload-file", "-", "--request", "POST")
"""An append that is sent as it is written."""

Way = tuple[Proxy, TransportName]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def proxies(
    shared_server: ServerProcess, certificate: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Proxy]]:
    """All of them, running."""
    folder = tmp_path_factory.mktemp("proxies")
    with ExitStack() as running:
        yield {
            kind.name: running.enter_context(
                kind(folder / kind.__name__, shared_server.url, certificate)
            )
            for kind in PROXIES
        }


@pytest.fixture(params=[kind.name for kind in PROXIES])
def proxy(proxies: dict[str, Proxy], request: pytest.FixtureRequest) -> Proxy:
    return proxies[request.param]


def passes(kind: type[Proxy], pattern: str) -> bool:
    """Whether this proxy passes this pattern on: a WebSocket only if it is told to."""
    return pattern != "websocket" or kind in DEPLOYED


WAYS = [(kind.name, pattern) for kind in PROXIES for pattern in WATCHERS if passes(kind, pattern)]


@pytest.fixture(params=WAYS, ids="-".join)
def way(proxies: dict[str, Proxy], request: pytest.FixtureRequest) -> Way:
    """Each proxy with each pattern."""
    name, pattern = request.param
    return proxies[name], pattern


@pytest.fixture(params=[kind.name for kind in DEPLOYED])
def deployed(proxies: dict[str, Proxy], request: pytest.FixtureRequest) -> Proxy:
    """One with a file in `deploy/`."""
    return proxies[request.param]


@pytest.fixture
def api(shared_server: ServerProcess) -> Iterator[Api]:
    """The server itself, with no proxy between."""
    with closing(Api(shared_server.url)) as direct:
        yield direct


def log_url(base: str, deployment: str) -> str:
    return f"{base}/v1/deployments/{deployment}/log"


def read_until(watcher: Watcher, text: str) -> list[Record]:
    """The records up to the one with this text."""
    records: list[Record] = []
    while not any(record.get("text") == text for record in records):
        records += watcher.next()
    return records


def test_each_line_arrives_by_itself(api: Api, way: Way, certificate: Certificate) -> None:
    """Though nothing follows it that would push it out of a buffer."""
    (proxy, pattern), deployment = way, api.create()
    latencies_ms = []
    watch = WATCHERS[pattern]
    with closing(watch(log_url(proxy.url, deployment), certificate.path)) as watcher:
        for n in range(50):
            begun = time.perf_counter()
            api.append(deployment, f"line {n}\n")
            assert [record["n"] for record in read_until(watcher, f"line {n}")] == [n + 1]
            latencies_ms.append((time.perf_counter() - begun) * 1000)
    print(f"{proxy.name}, {pattern}: median {statistics.median(latencies_ms):.1f} ms")


def test_lines_of_an_open_request_are_seen(
    api: Api, deployed: Proxy, certificate: Certificate
) -> None:
    """Each before the next is sent."""
    url = log_url(deployed.url, api.create())
    with (
        closing(WATCHERS["sse"](url, certificate.path)) as watcher,
        Curl(url, certificate.path, *UPLOAD) as producer,
    ):
        for text in ("one", "two", "three"):
            producer.send(f"{text}\n".encode())
            read_until(watcher, text)
        producer.end()
        assert producer.head()[0] == "HTTP/2 204"


def test_a_batch_of_20_mib_passes(
    api: Api, deployed: Proxy, certificate: Certificate, tmp_path: Path
) -> None:
    """As much as Logflume itself takes; one byte more is refused by Logflume and not before."""
    row = json.dumps({"text": "x" * (2**20 - 13)}) + "\n"
    assert len(row) == 2**20
    (tmp_path / "whole").write_text(row * 20)
    (tmp_path / "more").write_text(row * 20 + "\n")
    url = log_url(deployed.url, api.create())
    batch = ("--header", "Content-Type: application/x-ndjson", "--data-binary")
    with Curl(url, certificate.path, *batch, f"@{tmp_path / 'whole'}") as whole:
        assert whole.head()[0] == "HTTP/2 204"
    with Curl(url, certificate.path, *batch, f"@{tmp_path / 'more'}") as more:
        assert more.head()[0] == "HTTP/2 413"
        assert json.loads(more.body())["type"].endswith("too-large")


def test_links_are_of_the_address_that_was_asked(
    api: Api, deployed: Proxy, certificate: Certificate
) -> None:
    """Of the proxy, with https; and who comes with http is sent there."""
    with Curl(f"{deployed.url}/v1/deployments/{api.create()}", certificate.path) as answer:
        assert answer.head()[0] == "HTTP/2 200"
        links = json.loads(answer.body())["links"]
    assert all(link.startswith(f"{deployed.url}/") for link in links.values()), links
    with Curl(deployed.plain_url, certificate.path) as redirect:
        status, headers = redirect.head()
    assert status.split()[1] in ("301", "308")
    assert headers["location"].startswith("https://")


def test_a_watcher_outlives_a_restart(
    api: Api, way: Way, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines from before, during and after it: every number once, and the end."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    (proxy, pattern), deployment = way, api.create()
    api.append_lines(deployment, 1, 100)
    with Client(proxy.url) as client:
        records = client.follow(deployment, transport=pattern)
        seen = list(islice(records, 100))
        with proxy.stopped():
            api.append_lines(deployment, 101, 200)
        api.append_lines(deployment, 201, 300)
        api.finish(deployment)
        seen += records
    assert [record.n for record in seen] == list(range(1, 302))
    assert [record.text for record in seen[:-1]] == [f"line {n}" for n in range(1, 301)]


def test_a_producer_outlives_a_restart(
    api: Api, proxy: Proxy, certificate: Certificate, tmp_path: Path
) -> None:
    """What it says before, during and after it is stored once, in order."""
    logflume = CommandLine(tmp_path, proxy.url)
    trust = {"SSL_CERT_FILE": str(certificate.path)}

    def say(first: int, last: int) -> None:
        assert push.stdin
        push.stdin.write(b"".join(b"line %d\n" % n for n in range(first, last + 1)))
        push.stdin.flush()

    with logflume.running("push", "--project", proxy.name, env=trust) as push:
        assert push.stderr
        say(1, 100)
        deployment = page_id(push.stderr.readline())
        until(lambda: api.read(deployment).status_code == 200 and len(api.texts(deployment)) == 100)
        with proxy.stopped():
            say(101, 200)
        say(201, 300)
        _, messages = push.communicate(timeout=30)
    assert push.returncode == 0, messages
    assert api.texts(deployment) == [f"line {n}" for n in range(1, 301)]
    assert api.get(deployment)["status"] == "succeeded"


@pytest.mark.timeout(90)
def test_silence_is_not_the_end(api: Api, certificate: Certificate, tmp_path: Path) -> None:
    """Two time-outs long nothing is said, to watchers of each pattern and in requests that send a
    log. Then all of them go on. All proxies at once, for it takes its time."""
    deployment = api.create()
    watchers: list[Watcher] = []
    producers: list[Curl] = []
    with ExitStack() as running:
        for kind in PROXIES:
            urls = {}
            for seconds in (SHORT_SECONDS, POLL_SECONDS):
                folder = tmp_path / f"{kind.__name__}{seconds}"
                proxy = kind(folder, api.url, certificate, silence_seconds=seconds)
                urls[seconds] = log_url(running.enter_context(proxy).url, deployment)
            for pattern in filter(partial(passes, kind), WATCHERS):
                url = urls[POLL_SECONDS if pattern == "long-poll" else SHORT_SECONDS]
                watcher = WATCHERS[pattern](url, certificate.path)
                watchers.append(running.enter_context(closing(watcher)))
            if kind in DEPLOYED:
                upload = Curl(urls[SHORT_SECONDS], certificate.path, *UPLOAD)
                producers.append(running.enter_context(upload))
        deadline = time.monotonic() + QUIET_SECONDS
        for watcher in watchers:
            with pytest.raises(TimeoutError):
                watcher.next(deadline - time.monotonic())
        for n, producer in enumerate(producers):
            producer.send(b"line %d\n" % n)
            for watcher in watchers:
                read_until(watcher, f"line {n}")
