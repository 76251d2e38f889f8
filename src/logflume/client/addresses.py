"""From what people paste to a server and a deployment.

An id, the address of a page or a log, with or without what chat programs put around an address
(`<https://…|text>`), a query or a line's anchor. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from logflume.deployments.ids import is_deployment_id

_BEFORE_ID = re.compile(
    r"(?P<server>https?://[^\s?#]*?)/(?:d|embed|v1/deployments)/(?P<id>dep_[^/?#]*)"
)


@dataclass(frozen=True, slots=True)
class Address:
    """A server and one deployment on it."""

    server: str
    id: str

    @property
    def page(self) -> str:
        return f"{self.server}/d/{self.id}"


def normal_server(text: str) -> str:
    """The server's address without its last slash. Raises ValueError unless it is http(s)://host."""
    server = text.strip().rstrip("/")
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"{text!r} is not a server's address, such as http://127.0.0.1:8080")
    _ = parts.port  # raises ValueError if it is no number up to 65535
    return server


def same_server(one: str, other: str) -> bool:
    """Whether two addresses have the same origin: what is meant for one may go to the other."""
    return _origin(one) == _origin(other)


def find_deployment(text: str, server: str) -> Address:
    """The deployment that `text` means; of `server`, if it is an id alone. Raises ValueError."""
    pasted = text.strip().removeprefix("<").removesuffix(">").split("|")[0].strip()
    match = _BEFORE_ID.match(pasted)
    if match:
        server, pasted = normal_server(match["server"]), match["id"]
    if not is_deployment_id(pasted):
        raise ValueError(
            f"{text!r} is neither a deployment's id (dep_…) nor the address of its page"
        )
    return Address(server, pasted)


def _origin(address: str) -> tuple[str, str | None, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


__all__ = ["Address", "find_deployment", "normal_server", "same_server"]
