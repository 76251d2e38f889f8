"""A body that goes on, as the protocol suite reads it: `live=follow`."""

from __future__ import annotations

from collections.abc import Mapping

from tests.contract.api import Api
from tests.exchange import Exchange


class Body(Exchange):
    """The answer as it comes."""

    def until(self, count: int) -> bytes:
        """The next so many bytes, or more if they came together."""
        body = b""
        while len(body) < count:
            piece = self.read()
            assert piece, f"the body ended after {body[-200:]!r}"
            body += piece
        return body

    def breaks_off(self) -> bytes:
        """The rest of a body that is not ended, though its connection is."""
        body = b""
        try:
            while piece := self.read():
                body += piece
        except ConnectionError:
            return body
        raise AssertionError("the body has an end")


def follow_body(
    api: Api, path: str, query: str = "offset=-1", headers: Mapping[str, str] | None = None
) -> Body:
    """The log at `path` from where the query says."""
    return Body("GET", f"{api.url}{path}?live=follow&{query}", headers, chunked=False)


__all__ = ["Body", "follow_body"]
