"""The control API: deployments created, listed, shown, changed, deleted."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from logflume.access.callers import Caller
from logflume.deployments.deployment import (
    STATUSES,
    Change,
    Deployment,
    NewDeployment,
    of_state,
)
from logflume.deployments.deployments import log_of
from logflume.deployments.ids import is_deployment_id
from logflume.deployments.retries import no_source
from logflume.errors import BadInput, NoSuchLog
from logflume.http.callers import caller_of
from logflume.http.context import Context
from logflume.http.json_body import parsed
from logflume.http.needs import forbidden
from logflume.http.parameters import choice, number, query_of, single
from logflume.http.problems import RequestError
from logflume.http.respond import json_response
from logflume.http.site import site_of

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


class DeploymentsApi:
    """The endpoints of `/v1/deployments` and of one deployment."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._deployments = context.deployments

    async def create(self, request: Request) -> Response:
        new = await parsed(request, NewDeployment)
        await self._refuse_foreign(caller_of(request.scope), new)
        deployment, is_new = await self._deployments.create(new)
        shown = self._shown(request, deployment)
        headers = {"Location": shown["links"]["self"]}
        return json_response(shown, 201 if is_new else 200, headers)

    async def list(self, request: Request) -> Response:
        query = query_of(request.scope)
        choice(query, "status", STATUSES)
        names = ("project", "environment", "status")
        labels = {name: value for name in names if (value := single(query, name)) is not None}
        limit = min(number(query, "limit") or DEFAULT_LIMIT, MAX_LIMIT)
        after = single(query, "after")
        if after is not None and not is_deployment_id(after):
            raise BadInput("after must be a deployment's id, the last one of the page before")
        projects = caller_of(request.scope).projects("read")
        found = await self._deployments.list(labels, projects, after=after, limit=limit + 1)
        page = [self._shown(request, deployment) for deployment in found[:limit]]
        link = {}
        if len(found) > limit:
            follow = urlencode({**labels, "limit": limit, "after": found[limit - 1].id})
            address = f"{site_of(self._context, request.scope)}/v1/deployments?{follow}"
            link = {"Link": f'<{address}>; rel="next"'}
        return json_response({"deployments": page}, headers=link)

    async def show(self, request: Request) -> Response:
        deployment = await self._deployments.get(request.path_params["id"])
        return json_response(self._shown(request, deployment))

    async def change(self, request: Request) -> Response:
        change = await parsed(request, Change)
        deployment = await self._deployments.change(request.path_params["id"], change)
        return json_response(self._shown(request, deployment))

    async def delete(self, request: Request) -> Response:
        await self._deployments.delete(request.path_params["id"])
        return Response(status_code=204, headers={"X-Content-Type-Options": "nosniff"})

    def _shown(self, request: Request, deployment: Deployment) -> dict[str, Any]:
        base = site_of(self._context, request.scope)
        address = f"{base}/v1/deployments/{deployment.id}"
        links = {"self": address, "log": f"{address}/log", "page": f"{base}/d/{deployment.id}"}
        return {**msgspec.to_builtins(deployment), "links": links}

    async def _refuse_foreign(self, caller: Caller, new: NewDeployment) -> None:
        """Raises RequestError for a project that is not the caller's; and Conflict, as if it were
        not there, for a log that he may not read and whose lines he would get a copy of."""
        if not caller.may("write", new.project):
            raise RequestError(forbidden("write", f"project {new.project}"))
        if new.retry_of is None or caller.may_everywhere("read"):
            return
        with suppress(NoSuchLog):
            state = await self._context.store.state(log_of(new.retry_of))
            project = of_state(state).project
            if project != new.project and not caller.may("read", project):
                raise no_source(new.retry_of)


__all__ = ["DeploymentsApi"]
