"""The application: every route, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import iscoroutinefunction, signature
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute, request_response

from logflume import errors
from logflume.deployments.deployments import FEED, log_of
from logflume.http import pages, problems
from logflume.http.append import AppendLog
from logflume.http.backup import BackUp
from logflume.http.body import ClientDisconnected, on_disconnect
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.cross_origin import CrossOrigin
from logflume.http.deployments import DeploymentsApi
from logflume.http.health import Readiness, alive
from logflume.http.metrics import Metrics
from logflume.http.openapi import document, reference_page
from logflume.http.parameters import path_parameter
from logflume.http.read import ReadLog
from logflume.http.redactions import RedactionsApi
from logflume.http.search import SearchLog
from logflume.http.streams import StreamsApi, stream_of
from logflume.http.websocket import FollowLogs, no_such_socket

Endpoint = Callable[..., Any]
"""An ASGI application, or a coroutine function from Starlette's Request to its Response."""


def application(context: Context) -> Starlette:
    """The ASGI application over `context`."""
    app = Starlette(
        routes=[*routes(context), *sockets(context)],
        middleware=[Middleware(CrossOrigin, context.origins)] if context.origins else [],
        exception_handlers={
            errors.LogError: problems.on_log_error,
            problems.RequestError: problems.on_request_error,
            ClientDisconnected: on_disconnect,
            HTTPException: problems.on_http_exception,
            Exception: problems.on_bug,
        },
    )
    app.state.refusals = context.refusals  # each answer that refuses finds them there
    app.router.redirect_slashes = False  # each thing has one address
    return app


def routes(context: Context) -> list[Route]:
    """Every route; the first that matches is taken."""
    deployments = DeploymentsApi(context)
    streams = StreamsApi(context)
    read_log = ReadLog(context, lambda scope: log_of(path_parameter(scope, "id")), lines=True)
    read_feed = ReadLog(context, lambda _: FEED)
    stream: dict[str, Endpoint] = {
        "GET": ReadLog(context, stream_of),
        "HEAD": streams.head,
        "PUT": streams.put,
        "POST": streams.post,
        "DELETE": streams.delete,
        "OPTIONS": streams.options,
    }
    one = {"GET": deployments.show, "PATCH": deployments.change, "DELETE": deployments.delete}
    return [
        _route("/v1/deployments/{id}/log", {"GET": read_log, "POST": AppendLog(context)}),
        _route("/v1/deployments/{id}/log/search", {"GET": SearchLog(context)}),
        _route("/v1/deployments/{id}/redactions", {"POST": RedactionsApi(context).create}),
        _route("/v1/deployments/feed", {"GET": read_feed}),
        _route("/v1/deployments/{id}", one),
        _route("/v1/stream/{name:path}", stream),
        _route("/v1/deployments", {"GET": deployments.list, "POST": deployments.create}),
        _route("/v1/backup", {"POST": BackUp(context)}),
        _route("/healthz", {"GET": alive}),
        _route("/readyz", {"GET": request_response(Readiness(context))}),
        _route("/metrics", {"GET": request_response(Metrics(context))}),
        _route("/openapi.json", {"GET": document}),
        _route("/docs", {"GET": reference_page}),
        _route("/assets/{name}", {"GET": pages.asset}),
        _route("/assets/{edition}/{name}", {"GET": pages.asset}),
        _route("/d/{id}", {"GET": pages.deployment_page}),
        _route("/embed/{id}", {"GET": partial(pages.embedded_page, context)}),
        _route("/compare", {"GET": pages.compare_page}),
        _route("/", {"GET": pages.list_page}),
    ]


def sockets(context: Context) -> list[WebSocketRoute]:
    """Every address at which a WebSocket may be opened: those at which a log is read."""
    by_deployment = FollowLogs(context, lambda scope: log_of(path_parameter(scope, "id")))
    return [
        WebSocketRoute("/v1/deployments/{id}/log", by_deployment),
        WebSocketRoute("/v1/deployments/feed", FollowLogs(context, lambda _: FEED)),
        WebSocketRoute("/v1/stream/{name:path}", FollowLogs(context, stream_of)),
        WebSocketRoute("/{path:path}", no_such_socket),
    ]


class _ByMethod:
    """Several endpoints at one address. HEAD goes to the one for GET."""

    def __init__(self, endpoints: Mapping[str, Endpoint]) -> None:
        self._endpoints = {
            method: request_response(endpoint) if _takes_request(endpoint) else endpoint
            for method, endpoint in endpoints.items()
        }
        if "GET" in endpoints:
            self._endpoints.setdefault("HEAD", self._endpoints["GET"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith("\n"):
            raise HTTPException(404)  # the `$` of Starlette's patterns matches before it
        await self._endpoints[scope["method"]](scope, receive, send)


def _takes_request(endpoint: Endpoint) -> bool:
    return iscoroutinefunction(endpoint) and len(signature(endpoint).parameters) == 1


def _route(path: str, endpoints: Mapping[str, Endpoint]) -> Route:
    return Route(path, _ByMethod(endpoints), methods=list(endpoints))


__all__ = ["application", "routes", "sockets"]
