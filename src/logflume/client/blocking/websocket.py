# Made by scripts/generate-client from client/aio/websocket.py: change that one, then run it.
"""Live reading by WebSocket: a message for each batch, until the last one."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Self

from websockets.sync.client import ClientConnection, connect

from logflume.client import sockets
from logflume.client.blocking.calls import Calls
from logflume.client.blocking.connection import ANSWER_SECONDS
from logflume.client.follow import Piece, Query
from logflume.client.frames import piece_of_message


class WebSocket:
    """A log's WebSocket."""

    def __init__(self, stack: ExitStack, socket: ClientConnection) -> None:
        self._stack = stack
        self._socket = socket

    @classmethod
    def open(cls, calls: Calls, path: str, query: Query) -> Self:
        """Begin to read at a place. Raises ServerAway, Refused."""
        connection = calls.connection
        stack = ExitStack()
        # The blocking `connect` does so at once, the other one when it is entered.
        with sockets.socket_errors():
            connecting = connect(
                sockets.socket_url(connection.server, path, query),
                additional_headers=connection.headers,
                proxy=None if connection.is_local else True,
                # Compressed for each watcher, a message would cost the server more than its bytes.
                compression=None,
                open_timeout=ANSWER_SECONDS,  # a busy server takes its time to look for the place
                ping_interval=sockets.PING_SECONDS,
                ping_timeout=sockets.PONG_SECONDS,
                close_timeout=sockets.CLOSE_SECONDS,
                max_size=sockets.MAX_MESSAGE_BYTES,
            )
            return cls(stack, stack.enter_context(connecting))

    def receive(self) -> Piece:
        """What comes next. Raises ConnectionEnded, ServerAway, Refused."""
        while True:
            with sockets.socket_errors():
                message = self._socket.recv()
            piece = piece_of_message(message)
            if piece:
                return piece

    def close(self) -> None:
        """Leave the log. May be called again."""
        self._stack.close()


__all__ = ["WebSocket"]
