"""Tells systemd when the server is ready, and when it stops, so that a unit of `Type=notify` is
started when it serves and not before (sd_notify(3)).

The protocol is one datagram to a socket that the environment names; a library for it would be
longer than this file.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress

READY = "READY=1"
STOPPING = "STOPPING=1"


def notify(state: str) -> None:
    """Tell whoever supervises this process, if somebody does. Never fails."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):  # an abstract socket, whose name begins with a zero byte
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.sendto(state.encode(), address)


__all__ = ["READY", "STOPPING", "notify"]
