"""The server keeps the protocol, whichever store is below it.

The suite in `tests/contract/protocol_*.py` needs nothing but a base URL. Here it runs over the
memory and the embedded store; against any other server it runs with

    LOGFLUME_TEST_URL=http://127.0.0.1:8080 .venv/bin/pytest tests/test_protocol.py

which makes deployments of the project `test` and others there, and leaves them behind. What takes
long, or needs to restart the server or look into it, is in `tests/live`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.contract.api import Api
from tests.contract.protocol_ansi import *  # noqa: F403
from tests.contract.protocol_append import *  # noqa: F403
from tests.contract.protocol_bad_input import *  # noqa: F403
from tests.contract.protocol_caching import *  # noqa: F403
from tests.contract.protocol_compression import *  # noqa: F403
from tests.contract.protocol_content import *  # noqa: F403
from tests.contract.protocol_deployments import *  # noqa: F403
from tests.contract.protocol_follow import *  # noqa: F403
from tests.contract.protocol_from import *  # noqa: F403
from tests.contract.protocol_generic import *  # noqa: F403
from tests.contract.protocol_generic_follow import *  # noqa: F403
from tests.contract.protocol_generic_refused import *  # noqa: F403
from tests.contract.protocol_live_body import *  # noqa: F403
from tests.contract.protocol_markers import *  # noqa: F403
from tests.contract.protocol_poll import *  # noqa: F403
from tests.contract.protocol_read import *  # noqa: F403
from tests.contract.protocol_redactions import *  # noqa: F403
from tests.contract.protocol_retries import *  # noqa: F403
from tests.contract.protocol_status import *  # noqa: F403
from tests.contract.protocol_stream import *  # noqa: F403
from tests.contract.protocol_websocket import *  # noqa: F403
from tests.contract.protocol_websocket_frames import *  # noqa: F403
from tests.contract.protocol_websocket_many import *  # noqa: F403

URL = os.environ.get("LOGFLUME_TEST_URL", "")
SERVERS = {"memory": "memory_server", "sqlite": "shared_server"}


@pytest.fixture(scope="module", params=[URL] if URL else list(SERVERS))
def base_url(request: pytest.FixtureRequest) -> str:
    """Where the server under test is."""
    if URL:
        return URL
    return str(request.getfixturevalue(SERVERS[request.param]).url)


@pytest.fixture(scope="module")
def api(base_url: str) -> Iterator[Api]:
    """A client of it."""
    client = Api(base_url)
    yield client
    client.close()
