"""uvicorn's HTTP protocol, less forgetful.

When a client goes away, uvicorn's request forgets what had arrived while the application was busy.
For a log those are the last words of a deployment that crashed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveEvent


class Cycle(RequestResponseCycle):
    """A request that hands over what its client had sent before it went away."""

    async def receive(self) -> ASGIReceiveEvent:
        event = await super().receive()
        if event["type"] != "http.disconnect" or self.response_complete or not self.body:
            return event
        body, self.body = bytes(self.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": self.more_body}


class HttpProtocol(HttpToolsProtocol):
    """Makes each request a `Cycle`, before its task has begun to run."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.cycle is not None:
            self.cycle.__class__ = Cycle


__all__ = ["HttpProtocol"]
