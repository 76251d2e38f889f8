"""Below another ASGI server, Hypercorn, every pattern is the same: ordinary responses, in tasks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.api import Api
from tests.contract.protocol_follow import *  # noqa: F403
from tests.contract.protocol_from import *  # noqa: F403
from tests.contract.protocol_live_body import *  # noqa: F403
from tests.contract.protocol_poll import *  # noqa: F403
from tests.contract.protocol_read import *  # noqa: F403
from tests.contract.protocol_websocket import *  # noqa: F403
from tests.contract.protocol_websocket_many import *  # noqa: F403
from tests.exchange import Exchange
from tests.hypercorn_server import HypercornProcess
from tests.websocket import Closed, RawSocket, WsReader, log_path, ws_url

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def hypercorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HypercornProcess]:
    with HypercornProcess(tmp_path_factory.mktemp("hypercorn") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def api(hypercorn: HypercornProcess) -> Iterator[Api]:
    client = Api(hypercorn.url)
    yield client
    client.close()


def test_a_stop_ends_every_pattern_in_order(tmp_path: Path) -> None:
    """Streams ask their clients to come back and end as they should, a long poll is answered, a
    WebSocket is told 1012; and whoever comes back has every line once.

    Caught: a stream that the server cuts, or waits for."""
    with HypercornProcess(tmp_path / "data") as server:
        api = Api(server.url)
        deployment = api.create()
        path = log_path(deployment)
        with (
            api.follow(deployment) as stream,
            WsReader(ws_url(server.url, path)) as socket,
        ):
            for follows in (stream, socket):
                follows.batch()
            api.append_lines(deployment, 1, 5)
            place = stream.batch().control["streamNextOffset"]
            assert len(socket.records()) == 5
            address = f"{server.url}{path}?live=long-poll&offset={place}"
            with Exchange("GET", address, chunked=False) as asks:
                assert len(api.records(deployment)) == 5  # by then it waits
                assert server.stop() == 0
                assert asks.status == 204
            assert stream.next() is None
            assert len(stream.retries_ms) == 2
            assert socket.closed() == Closed(1012, "the server restarts")
        assert "Traceback" not in server.messages
        server.start()
        api.append_lines(deployment, 6, 7)
        api.finish(deployment)
        with api.follow(deployment, f"offset={place}") as stream:
            assert [record["n"] for record in stream.rest()] == [6, 7, 8]
        api.close()


def test_clients_that_break_off_leave_nothing(hypercorn: HypercornProcess, api: Api) -> None:
    """Whether in the middle of a long log or when all is quiet; others go on, and the server has
    nothing to say about it. Caught: an error for each client that goes away."""
    deployment = api.create()
    api.append(deployment, ("x" * 1000 + "\n") * 3000)
    path = log_path(deployment)
    with api.follow(deployment, "offset=now") as stays:
        stays.batch()
        for query in ("offset=-1", "offset=now") * 3:
            with api.follow(deployment, query):
                pass
            with RawSocket(ws_url(hypercorn.url, path, query)) as socket:
                socket.head()
        api.append_lines(deployment, 1, 1)
        assert len(stays.batch().records) == 1
    assert hypercorn.messages.count("\n") == 1, hypercorn.messages
