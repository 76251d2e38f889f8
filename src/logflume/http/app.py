"""The application: every route, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route, request_response

from logflume import errors
from logflume.deployments.deployments import FEED, log_of
from logflume.http import pages, problems
from logflume.http.append import AppendLog
from logflume.http.body import ClientDisconnected, on_disconnect
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.deployments import DeploymentsApi
from logflume.http.health import alive, ready
from logflume.http.openapi import document, reference_page
from logflume.http.parameters import path_parameter
from logflume.http.read import ReadLog

Endpoint = Callable[..., Any]
"""An ASGI application, or a coroutine function from Starlette's Request to its Response."""


def application(context: Context) -> Starlette:
    """The ASGI application over `context`."""
    app = Starlette(
        routes=routes(context),
        exception_handlers={
            errors.LogError: problems.on_log_error,
            problems.RequestError: problems.on_request_error,
            ClientDisconnected: on_disconnect,
            HTTPException: problems.on_http_exception,
            Exception: problems.on_bug,
        },
    )
    app.router.redirect_slashes = False  # each thing has one address
    return app


def routes(context: Context) -> list[Route]:
    """Every route; the first that matches is taken."""
    deployments = DeploymentsApi(context)
    read_log = ReadLog(context, lambda scope: log_of(path_parameter(scope, "id")))
    read_feed = ReadLog(context, lambda _: FEED)
    one = {"GET": deployments.show, "PATCH": deployments.change, "DELETE": deployments.delete}
    return [
        _route("/v1/deployments/{id}/log", {"GET": read_log, "POST": AppendLog(context)}),
        _route("/v1/deployments/feed", {"GET": read_feed}),
        _route("/v1/deployments/{id}", one),
        _route("/v1/deployments", {"GET": deployments.list, "POST": deployments.create}),
        _route("/healthz", {"GET": alive}),
        _route("/readyz", {"GET": partial(ready, context)}),
        _route("/openapi.json", {"GET": document}),
        _route("/docs", {"GET": reference_page}),
        _route("/assets/{name}", {"GET": pages.asset}),
        _route("/d/{id}", {"GET": pages.deployment_page}),
        _route("/", {"GET": pages.list_page}),
    ]


class _ByMethod:
    """Several endpoints at one address. HEAD goes to the one for GET."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self._endpoints = {
            method: request_response(endpoint) if iscoroutinefunction(endpoint) else endpoint
            for method, endpoint in endpoints.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        await self._endpoints[method](scope, receive, send)


def _route(path: str, endpoints: Mapping[str, Endpoint]) -> Route:
    return Route(path, _ByMethod(endpoints), methods=list(endpoints))


__all__ = ["application", "routes"]
