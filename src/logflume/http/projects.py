"""Projects' settings: shown, and set as a whole.

Whoever changes some of them reads them, and sets all with the tag that he read in `If-Match`; so of
two who do it at once, one is told that he is late.
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from logflume.deployments.masking import MAX_RULE_BYTES, MAX_RULES
from logflume.deployments.projects import ProjectSettings, Stored
from logflume.errors import Outdated
from logflume.http.callers import caller_of
from logflume.http.context import Context
from logflume.http.json_body import parsed
from logflume.http.parameters import headers_of
from logflume.http.problems import Problem, RequestError
from logflume.http.respond import json_response

MAX_DOCUMENT_BYTES = 2 * MAX_RULES * MAX_RULE_BYTES
"""All masks, escaped as JSON does it."""

CHANGED = Problem(
    412,
    "precondition-failed",
    "the settings are not those that If-Match names; read them again, then set them",
)


class ProjectsApi:
    """The endpoint of `/v1/projects/{project}`."""

    def __init__(self, context: Context) -> None:
        self._projects = context.deployments.projects
        self._audit = context.audit

    async def show(self, request: Request) -> Response:
        project = request.path_params["project"]
        return self._answer(project, await self._projects.get(project))

    async def set(self, request: Request) -> Response:
        project = request.path_params["project"]
        settings = await parsed(request, ProjectSettings, MAX_DOCUMENT_BYTES)
        try:
            stored = await self._projects.put(project, settings, _tag(request))
        except Outdated:
            raise RequestError(CHANGED) from None
        await self._audit.note("project-set", caller_of(request.scope), project=project)
        return self._answer(project, stored)

    def _answer(self, project: str, stored: Stored) -> Response:
        effective = msgspec.to_builtins(self._projects.effective(stored.settings))
        shown: dict[str, Any] = {
            "project": project,
            **msgspec.to_builtins(stored.settings),
            "effective": {name: effective[name] for name in _WITH_DEFAULTS},
        }
        return json_response(shown, headers={"ETag": f'"{stored.tag}"'})


_WITH_DEFAULTS = ("keep_days", "keep_bytes", "max_log_bytes")


def _tag(request: Request) -> str | None:
    """The settings' version that the client has read, if it says so."""
    headers = headers_of(request.scope)
    given = headers.get("if-match", "*")
    return None if given == "*" else given.strip('"')


__all__ = ["CHANGED", "ProjectsApi"]
