"""A connection's socket, for those who write to it past its transport."""

from __future__ import annotations

import asyncio

NO_DESCRIPTOR = -1


def descriptor_of(transport: asyncio.Transport) -> int:
    """The socket's descriptor, or NO_DESCRIPTOR where what is written must go another way (TLS).

    With a descriptor, the transport from now on writes at once, and pauses its protocol as soon as
    anything waits: a protocol that is not paused knows that what it writes to the socket itself
    comes in order. A transport closes its socket after `connection_lost`, not before, so until then
    the descriptor is nobody else's.
    """
    connection = transport.get_extra_info("socket")
    if connection is None or transport.get_extra_info("sslcontext") is not None:
        return NO_DESCRIPTOR  # and its limits as they are: at 0, TLS pauses with nothing waiting
    transport.set_write_buffer_limits(high=0)
    descriptor: int = connection.fileno()
    return descriptor


__all__ = ["NO_DESCRIPTOR", "descriptor_of"]
