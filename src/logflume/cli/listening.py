"""The socket that the server listens on, and what each connection inherits from it.

What is wrong with the address is found out here, before anything is announced, and said in one
line.
"""

from __future__ import annotations

import errno
import os
import socket

from logflume.cli.serve_access import StartError

BACKLOG = 4096
"""Connections the kernel holds until they are accepted: watchers come back all at once."""

MAX_UNSENT_BYTES = 128 * 1024
"""The kernel's share of what a client has not taken; it would hold 4 MB for each that stalls."""

PROBES = (60, 15, 4)
"""Seconds of silence until a client is probed, between probes, and how many it may leave without
an answer: a streamed append may be silent for hours, but not from a machine that is gone."""

MAX_PORT = 65535


def listen(host: str, port: int) -> socket.socket:
    """A bound socket. Raises StartError when the address cannot be had."""
    if not 0 <= port <= MAX_PORT:
        raise StartError(f"--port takes 0 to {MAX_PORT}, not {port}")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise StartError(f"--host {host}: there is no such host") from None
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _expect_life(listener)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # each connection inherits it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        hint = _HINTS.get(error.errno or 0, "")
        reason = os.strerror(error.errno or 0)
        raise StartError(f"cannot listen on {host} port {port}: {reason}{hint}") from None
    return listener


def _expect_life(listener: socket.socket) -> None:
    """Have the kernel find out clients whose machine is gone: each connection inherits it."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in zip(("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"), PROBES, strict=True):
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


_HINTS = {
    errno.EADDRINUSE: "; try another --port",
    errno.EACCES: "; try a --port from 1024",
    errno.EADDRNOTAVAIL: "; give an address of this machine to --host",
}


__all__ = ["BACKLOG", "listen"]
