"""A deployment named by a share link: the link's secret is what lets its reader in."""

from __future__ import annotations

import re
from dataclasses import replace

import msgspec

from logflume.cli.settings import Settings
from logflume.client.addresses import Address, find_deployment, normal_server
from logflume.client.blocking.client import Client
from logflume.client.records import decode

_LINK = re.compile(r"<?(?P<server>https?://[^\s?#]*?)/s/(?P<secret>lfs_[a-z2-7]+)(?:[|>?#].*)?")


class Session(msgspec.Struct):
    """Who asks, as the server sees it."""

    deployment: str | None = None


def find_shown(text: str, settings: Settings) -> tuple[Address, Settings]:
    """The deployment that `text` means, which may be a share link, and with what it is asked for.
    Raises ClientError, ValueError."""
    link = _LINK.fullmatch(text.strip())
    if link is None:
        return find_deployment(text, settings.server), settings
    server = normal_server(link["server"])
    with Client(server, link["secret"]) as client:
        answer = client.calls.connection.call("GET", "/v1/session")
    found = decode(answer.content, Session)
    if found.deployment is None:
        raise ValueError("that link shares no deployment here")
    return Address(server, found.deployment), replace(settings, server=server, token=link["secret"])


__all__ = ["find_shown"]
