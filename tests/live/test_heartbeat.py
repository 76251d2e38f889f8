"""Silence on a live stream is filled: part of the protocol, but too long for its suite."""

from __future__ import annotations

import pytest

from tests.contract.api import Api
from tests.servers import ServerProcess

HEARTBEAT_SECONDS = 15


@pytest.mark.live
@pytest.mark.timeout(20)
def test_a_comment_comes_when_nothing_happens(shared_server: ServerProcess) -> None:
    """Within 15 s, on a log where nothing is appended, and no event with it.

    Caught: a follower that only writes when there is something to say."""
    api = Api(shared_server.url)
    with api.follow(api.create()) as reader:
        reader.batch()
        before = bytes(reader.raw)
        reader.wait_for_comment(HEARTBEAT_SECONDS)
        assert reader.raw.removeprefix(before).startswith(b":")
    api.close()
