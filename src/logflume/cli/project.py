"""`logflume project`: what a project has set for its deployments, shown and changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import msgspec

from logflume.cli.escapes import plain
from logflume.cli.settings import Settings
from logflume.client.blocking.client import Client
from logflume.client.records import Project

NEVER = {"keep_days": "for ever", "keep_bytes": "any size"}
"""What 0 means."""


def show(project: str, settings: Settings, *, json: bool) -> None:
    """Print the settings. Raises ClientError."""
    with Client(settings.server, settings.token) as client:
        _print(client.project(project), json=json)


def change(project: str, changes: Mapping[str, object], settings: Settings, *, json: bool) -> None:
    """Change some of the settings, and print all. Raises ClientError."""
    with Client(settings.server, settings.token) as client:
        _print(client.set_project(project, **changes), json=json)


def _print(project: Project, *, json: bool) -> None:
    if json:
        shown = {**msgspec.to_builtins(project)}
        del shown["tag"]
        rows = [msgspec.json.encode(shown).decode()]
    else:
        rows = [f"{name:<15}{value}" for name, value in _fields(project)]
    sys.stdout.write("".join(f"{row}\n" for row in rows))


def _fields(project: Project) -> Iterator[tuple[str, str]]:
    yield "project", plain(project.project)
    for name, value in project.effective.items():
        whose = "" if getattr(project, name) is not None else " (the server's)"
        yield name, f"{value or NEVER.get(name, 0)}{whose}"
    for mask in project.masks:
        yield "mask", plain(mask)


__all__ = ["change", "show"]
