"""`logflume ls`, `show` and `open`: what deployments there are, and one of them.

A table for people at a terminal, tabs for programs, the server's own JSON for those that want all.
"""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Iterable, Iterator

import msgspec

from logflume.cli.escapes import plain
from logflume.cli.messages import say
from logflume.cli.settings import Settings
from logflume.client.addresses import Address
from logflume.client.blocking.client import Client
from logflume.client.follow import Query
from logflume.client.records import Deployment, decode


def ls(query: Query, limit: int, settings: Settings, *, json: bool) -> None:
    """List deployments, newest first. Raises ClientError."""
    with Client(settings.server, settings.token) as client:
        found = client.calls.deployments(query, limit)
        if json:
            _print_rows(_text(raw) for raw in found)
            return
        deployments = [decode(raw, Deployment) for raw in found]
    if sys.stdout.isatty():
        from logflume.cli.table import print_table

        print_table(deployments)
    else:
        _print_rows("\t".join(_cells(deployment)) for deployment in deployments)


def show(address: Address, settings: Settings, *, json: bool) -> None:
    """Print all that is known of a deployment. Raises ClientError."""
    with Client(address.server, settings.token_for(address.server)) as client:
        raw = client.calls.deployment(address.id)
    if json:
        _print_rows([_text(raw)])
        return
    fields = list(_fields(decode(raw, Deployment)))
    width = max(len(name) for name, _ in fields) + 2
    _print_rows(f"{plain(name):<{width}}{plain(str(value))}" for name, value in fields)


def open_page(address: Address, *, json: bool) -> None:
    """Print the address of the deployment's page and show it in a browser."""
    page = msgspec.json.encode({"page": address.page}).decode() if json else address.page
    _print_rows([page])
    if not webbrowser.open(address.page):
        say("there is no browser here; open the address in one elsewhere")


def _fields(deployment: Deployment) -> Iterator[tuple[str, object]]:
    """What is known, name and value; metadata and links beside the rest."""
    for name, value in msgspec.to_builtins(deployment).items():
        if isinstance(value, dict):
            yield from value.items()
        elif value is not None:
            yield name, value


def _cells(deployment: Deployment) -> list[str]:
    values = (
        deployment.status,
        deployment.created_at,
        deployment.project,
        deployment.environment,
        deployment.title,
        deployment.ref,
        deployment.lines,
        deployment.id,
    )
    return ["" if value is None else plain(str(value)) for value in values]


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode().strip()


def _print_rows(rows: Iterable[str]) -> None:
    """One line each, at once, so that a reader that has enough may end it."""
    for row in rows:
        sys.stdout.write(row + "\n")
    sys.stdout.flush()
