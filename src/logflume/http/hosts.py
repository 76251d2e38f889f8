"""By which names a server that lets in everybody on its machine may be called.

A page of the web can have its own name lead to 127.0.0.1 once it is open (DNS rebinding). To the
browser what it asks for is its own then, so no `Origin` tells it from ours. But the browser says
the name in `Host`, and nobody's name server answers for the names that are taken here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_REST = r"\.?(?::[0-9]*)?"
"""What may follow a name: a dot, for it is whole, and a port."""

_LOCAL = r"(?:[a-z0-9_-]+\.)*localhost|127(?:\.[0-9]{1,3}){1,3}|\[::1\]"
"""Browsers ask no name server for these (RFC 6761, section 6.3)."""


class Hosts:
    """This machine's own names, and that of the site's address where it has one."""

    def __init__(self, public_url: str | None = None) -> None:
        name = (urlsplit(public_url).hostname or "") if public_url else ""
        names = f"{_LOCAL}|{re.escape(name)}|{re.escape(f'[{name}]')}" if name else _LOCAL
        self._names = re.compile(f"(?:{names}){_REST}", re.IGNORECASE)

    def are_called(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Whether a request with these headers calls the server by one of them, or by no name at
        all, as no browser does."""
        said = [value.decode("latin-1").strip(" \t") for name, value in headers if name == b"host"]
        return all(self._names.fullmatch(one) for one in said)


__all__ = ["Hosts"]
