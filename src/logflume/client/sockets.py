"""WebSockets from the client's side: the address, and what the library raises as errors of ours.

Shared by both clients; only the library's `connect` differs between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from logflume.client.answers import answer_error, reason
from logflume.client.errors import ConnectionEnded, ServerAway
from logflume.client.follow import Query
from logflume.client.records import not_logflume

MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""Three times the longest append: the server sends no more than that at once, and what does is no
Logflume."""

PING_SECONDS = 15.0
"""As often as the other live readings bring a sign of life."""

PONG_SECONDS = 30.0
"""With the ping's own time as long as they may be silent."""

CLOSE_SECONDS = 1.0
"""For the server's goodbye, when the client leaves: it is courtesy, and nobody waits for it."""

TOO_BIG = 1009
"""The code with which a WebSocket is closed by whoever got too long a message."""


def socket_url(server: str, path: str, query: Query) -> str:
    """The address of a log's WebSocket from a place on."""
    scheme, rest = server.split("://", 1)
    secure = "s" if scheme == "https" else ""
    return f"ws{secure}://{rest}{path}?{urlencode({**query, 'live': 'ws'})}"


@contextmanager
def socket_errors() -> Iterator[None]:
    """Turns what the library raises into ConnectionEnded, ServerAway and Refused."""
    try:
        yield
    except ConnectionClosed as error:
        if error.sent and error.sent.code == TOO_BIG:
            raise not_logflume("a message is too long") from error
        if error.rcvd is None:
            raise ServerAway("the connection was lost") from error
        raise ConnectionEnded(f"the connection was closed, code {error.rcvd.code}") from error
    except InvalidStatus as error:
        answer = error.response
        if answer.status_code < 300:
            raise not_logflume("that is no WebSocket") from error
        raise answer_error(
            answer.status_code, answer.reason_phrase, answer.headers, bytes(answer.body)
        ) from error
    except TimeoutError as error:
        raise ServerAway("it does not answer in time") from error
    except (OSError, EOFError, InvalidHandshake) as error:
        raise ServerAway(reason(error)) from error


__all__ = [
    "CLOSE_SECONDS",
    "MAX_MESSAGE_BYTES",
    "PING_SECONDS",
    "PONG_SECONDS",
    "socket_errors",
    "socket_url",
]
