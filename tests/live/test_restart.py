"""A restart changes nothing for those who go on: producers, readers, followers, the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.contract.api import Api, check_problem
from tests.contract.protocol_append import mark
from tests.contract.protocol_status import check_end
from tests.servers import ServerProcess

pytestmark = pytest.mark.live

Restart = Callable[[], None]


@pytest.fixture
def api(server: ServerProcess) -> Iterator[Api]:
    client = Api(server.url)
    yield client
    client.close()


@pytest.fixture(params=["stopped", "killed"])
def restart(request: pytest.FixtureRequest, server: ServerProcess) -> Restart:
    """Ends the server as an operator or as a crash would, and starts it on the same data."""

    def again() -> None:
        server.stop() if request.param == "stopped" else server.kill()
        server.start()

    return again


def test_a_producer_goes_on(api: Api, restart: Restart) -> None:
    """A retry after a restart is still a repeat, an older epoch still fenced, a gap still a gap.

    Caught: a producer's marks that are not stored."""
    deployment = api.create()
    for seq in range(2):
        api.append(deployment, f"{seq}\n", headers=mark(seq, epoch=1))
    restart()
    again = api.append(deployment, "1\n", headers=mark(1, epoch=1))
    assert (again.status_code, again.headers["producer-seq"]) == (204, "1")
    fenced = api.append(deployment, "x", headers=mark(2, epoch=0))
    check_problem(fenced, 403, "producer-fenced")
    check_problem(api.append(deployment, "x", headers=mark(3, epoch=1)), 409, "producer-gap")
    assert api.append(deployment, "2\n", headers=mark(2, epoch=1)).status_code == 200
    assert api.texts(deployment) == ["0", "1", "2"]


def test_a_log_goes_on(api: Api, restart: Restart) -> None:
    """Bytes, offsets and numbers are as they were, and the end counts and hashes all of it.

    Caught: a digest of what this server has seen."""
    deployment = api.create(title="kept")
    api.append_lines(deployment, 1, 500)
    shown, history, tail = api.get(deployment), api.ndjson(deployment), api.tail(deployment)
    restart()
    links = {"links": api.get(deployment)["links"]}
    assert (api.get(deployment), api.ndjson(deployment)) == (shown | links, history)
    assert api.tail(deployment) == tail
    api.append_lines(deployment, 501, 600)
    assert [record["n"] for record in api.records(deployment, offset=tail)] == list(range(501, 601))
    api.finish(deployment)
    assert check_end(api, deployment)["lines"] == 600


def test_a_follower_comes_back(api: Api, restart: Restart) -> None:
    """By the id of its last event it gets what it lacks, once, and the end."""
    deployment = api.create()
    api.append_lines(deployment, 1, 5)
    with api.follow(deployment) as reader:
        event = reader.next()
    assert event is not None
    restart()
    api.append_lines(deployment, 6, 9)
    api.finish(deployment)
    with api.follow(deployment, "offset=-1", {"Last-Event-ID": event.id}) as reader:
        assert [record["n"] for record in reader.rest()] == [6, 7, 8, 9, 10]


def test_a_stop_ends_streams_in_order(api: Api, server: ServerProcess) -> None:
    """Followers get the end of their HTTP answer, without `streamClosed`; a producer whose stream
    is open is told with 503 that nothing more is taken, and what it sent is stored.

    Caught: a server that waits for its followers to leave."""
    deployment = api.create()
    with api.stream(deployment) as stream, api.follow(deployment) as reader:
        stream.send(b"one\ntw")
        reader.records_until(lambda record: record.get("text") == "one")
        assert server.stop() == 0
        rest = [event for event in reader if event.event == "control"]
        assert not any("streamClosed" in control.json for control in rest)
        assert stream.status == 503
        assert stream.headers["retry-after"]
    server.start()
    assert "".join(api.texts(deployment)) == "onetw"


def test_the_feed_tells_of_a_restart(api: Api, restart: Restart) -> None:
    """A `restart` record: whoever follows the list may lack something, and reads it again."""
    before = api.request("HEAD", "/v1/deployments/feed").headers["stream-next-offset"]
    restart()
    answer = api.request("GET", f"/v1/deployments/feed?offset={before}")
    assert [record["kind"] for record in answer.json()] == ["restart"]
