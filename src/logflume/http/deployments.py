"""The control API: deployments created, listed, shown, changed, deleted."""

from __future__ import annotations

from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from logflume.deployments.deployment import STATUSES, Change, Deployment, NewDeployment
from logflume.deployments.ids import is_deployment_id
from logflume.errors import BadInput, BadRecord
from logflume.http.body import read_body
from logflume.http.context import Context
from logflume.http.parameters import choice, number, query_of, single
from logflume.http.problems import UnsupportedType
from logflume.http.respond import json_response

T = TypeVar("T")

MAX_DOCUMENT_BYTES = 16 * 1024
"""A page of facts, part of its log's state. What is longer belongs in the log."""

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000


class DeploymentsApi:
    """The endpoints of `/v1/deployments` and of one deployment."""

    def __init__(self, context: Context) -> None:
        self._deployments = context.deployments

    async def create(self, request: Request) -> Response:
        new = await parsed(request, NewDeployment)
        deployment, is_new = await self._deployments.create(new)
        shown = _shown(request, deployment)
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
        found = await self._deployments.list(labels, after=after, limit=limit + 1)
        page = [_shown(request, deployment) for deployment in found[:limit]]
        link = {}
        if len(found) > limit:
            follow = urlencode({**labels, "limit": limit, "after": found[limit - 1].id})
            link = {"Link": f'<{_base(request)}/v1/deployments?{follow}>; rel="next"'}
        return json_response({"deployments": page}, headers=link)

    async def show(self, request: Request) -> Response:
        deployment = await self._deployments.get(request.path_params["id"])
        return json_response(_shown(request, deployment))

    async def change(self, request: Request) -> Response:
        change = await parsed(request, Change)
        deployment = await self._deployments.change(request.path_params["id"], change)
        return json_response(_shown(request, deployment))

    async def delete(self, request: Request) -> Response:
        await self._deployments.delete(request.path_params["id"])
        return Response(status_code=204, headers={"X-Content-Type-Options": "nosniff"})


async def parsed(request: Request, type_: type[T]) -> T:
    """The request's JSON body. Raises UnsupportedType, TooLarge, BadInput, BadRecord."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedType("send JSON with Content-Type: application/json (curl: --json)")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedType("send this JSON uncompressed; only the lines of a log may be")
    body = await read_body(request.receive, MAX_DOCUMENT_BYTES)
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        raise BadRecord(str(error)) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadInput(f"the body is not JSON: {error}") from None


def _shown(request: Request, deployment: Deployment) -> dict[str, Any]:
    base = _base(request)
    address = f"{base}/v1/deployments/{deployment.id}"
    links = {"self": address, "log": f"{address}/log", "page": f"{base}/d/{deployment.id}"}
    return {**msgspec.to_builtins(deployment), "links": links}


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


__all__ = ["DeploymentsApi", "parsed"]
