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
from logflume.access.audit import AUDIT
from logflume.deployments.deployments import FEED, log_of
from logflume.http import pages, problems
from logflume.http.append import AppendLog
from logflume.http.backup import BackUp
from logflume.http.body import ClientDisconnected, on_disconnect
from logflume.http.context import Context, Receive, Scope, Send
from logflume.http.cross_origin import CrossOrigin
from logflume.http.deployments import DeploymentsApi
from logflume.http.gate import FOREIGN_HOST, Gate
from logflume.http.health import Readiness, alive
from logflume.http.metrics import Metrics
from logflume.http.needs import (
    NOTHING,
    PAGE,
    SIGNED_IN,
    Everywhere,
    LogOf,
    Need,
    OfLog,
    OfName,
    OfProject,
    Somewhere,
)
from logflume.http.openapi import document, reference_page
from logflume.http.parameters import path_parameter
from logflume.http.problems import RequestError
from logflume.http.projects import ProjectsApi
from logflume.http.read import ReadLog
from logflume.http.redactions import RedactionsApi
from logflume.http.refusal import refuse
from logflume.http.search import SearchLog
from logflume.http.sessions import SessionApi
from logflume.http.shares import SharesApi
from logflume.http.sign_on import SignOn
from logflume.http.streams import StreamsApi, stream_of
from logflume.http.tokens import TokensApi
from logflume.http.websocket import FollowLogs, no_such_socket
from logflume.records import LogId

Endpoint = Callable[..., Any]
"""An ASGI application, or a coroutine function from Starlette's Request to its Response."""

Asked = Mapping[str, tuple[Endpoint, Need]]
"""By method: what answers, and what it asks of whoever comes."""


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
    """Every route, with what it asks of whoever comes; the first that matches is taken."""
    gate = Gate(context)

    def route(path: str, asked: Asked) -> Route:
        return Route(path, _ByMethod(gate, asked), methods=list(asked))

    return [route(path, asked) for path, asked in _table(context)]


def _table(context: Context) -> list[tuple[str, Asked]]:
    deployments, streams = DeploymentsApi(context), StreamsApi(context)
    tokens, sessions, shares = TokensApi(context), SessionApi(context), SharesApi(context)
    sign_on, projects = SignOn(context), ProjectsApi(context)
    read, write, admin = (OfLog(scope, deployment_of) for scope in ("read", "write", "admin"))
    read_log = ReadLog(context, deployment_of, lines=True)
    one: Asked = {
        "GET": (deployments.show, read),
        "PATCH": (deployments.change, write),
        "DELETE": (deployments.delete, admin),
    }
    every: Asked = {
        "GET": (deployments.list, Somewhere("read")),
        "POST": (deployments.create, Somewhere("write")),
    }
    stream: Asked = {
        "GET": (ReadLog(context, stream_of), OfLog("read", stream_of)),
        "HEAD": (streams.head, OfLog("read", stream_of)),
        "PUT": (streams.put, OfName("write", stream_of)),
        "POST": (streams.post, OfLog("write", stream_of)),
        "DELETE": (streams.delete, OfLog("admin", stream_of)),
        "OPTIONS": (streams.options, NOTHING),
    }
    all_admin = Everywhere("admin")
    project_admin = OfProject("admin", lambda scope: path_parameter(scope, "project"))
    return [
        (
            "/v1/deployments/{id}/log",
            {"GET": (read_log, read), "POST": (AppendLog(context), write)},
        ),
        ("/v1/deployments/{id}/log/search", {"GET": (SearchLog(context), read)}),
        (
            "/v1/deployments/{id}/redactions",
            {"POST": (RedactionsApi(context).create, admin)},
        ),
        (
            "/v1/deployments/{id}/shares",
            {"GET": (shares.list, admin), "POST": (shares.create, admin)},
        ),
        ("/v1/deployments/{id}/shares/{share}", {"DELETE": (shares.revoke, admin)}),
        ("/v1/deployments/feed", {"GET": (ReadLog(context, feed_of), Everywhere("read"))}),
        ("/v1/deployments/{id}", one),
        (
            "/v1/projects/{project:path}",
            {"GET": (projects.show, project_admin), "PUT": (projects.set, project_admin)},
        ),
        ("/v1/stream/{name:path}", stream),
        ("/v1/deployments", every),
        ("/v1/audit", {"GET": (ReadLog(context, audit_of), all_admin)}),
        ("/v1/backup", {"POST": (BackUp(context), all_admin)}),
        ("/v1/tokens", {"GET": (tokens.list, all_admin), "POST": (tokens.create, all_admin)}),
        ("/v1/tokens/{id}", {"DELETE": (tokens.revoke, all_admin)}),
        (
            "/v1/session",
            {
                "GET": (sessions.show, SIGNED_IN),
                "POST": (sessions.sign_in, NOTHING),
                "DELETE": (sessions.sign_out, NOTHING),
            },
        ),
        ("/s/{secret}", {"GET": (shares.open, NOTHING)}),
        ("/healthz", {"GET": (alive, NOTHING)}),
        ("/readyz", {"GET": (request_response(Readiness(context)), NOTHING)}),
        ("/metrics", {"GET": (request_response(Metrics(context)), Everywhere("read"))}),
        ("/openapi.json", {"GET": (document, NOTHING)}),
        ("/docs", {"GET": (reference_page, NOTHING)}),
        ("/assets/{name}", {"GET": (pages.asset, NOTHING)}),
        ("/assets/{edition}/{name}", {"GET": (pages.asset, NOTHING)}),
        ("/sign-in", {"GET": (partial(pages.sign_in_page, context), NOTHING)}),
        ("/sign-in/oidc", {"GET": (sign_on.begin, NOTHING)}),
        ("/sign-in/oidc/callback", {"GET": (sign_on.end, NOTHING)}),
        ("/d/{id}", {"GET": (partial(pages.deployment_page, context), PAGE)}),
        ("/embed/{id}", {"GET": (partial(pages.embedded_page, context), NOTHING)}),
        ("/compare", {"GET": (partial(pages.compare_page, context), PAGE)}),
        ("/", {"GET": (partial(pages.list_page, context), PAGE)}),
    ]


def feed_of(_: Scope) -> LogId:
    return FEED


def audit_of(_: Scope) -> LogId:
    return AUDIT


def deployment_of(scope: Scope) -> LogId:
    """The log of the deployment that the address names. Raises NoSuchLog."""
    return log_of(path_parameter(scope, "id"))


def sockets(context: Context) -> list[WebSocketRoute]:
    """Every address at which a WebSocket may be opened: those at which a log is read."""
    gate = Gate(context)

    def opened(log_of: LogOf, need: Need) -> FollowLogs:
        return FollowLogs(context, log_of, partial(gate.admit, need=need))

    return [
        WebSocketRoute(
            "/v1/deployments/{id}/log", opened(deployment_of, OfLog("read", deployment_of))
        ),
        WebSocketRoute("/v1/deployments/feed", opened(feed_of, Everywhere("read"))),
        WebSocketRoute("/v1/stream/{name:path}", opened(stream_of, OfLog("read", stream_of))),
        WebSocketRoute("/v1/audit", opened(audit_of, Everywhere("admin"))),
        WebSocketRoute("/{path:path}", no_such_socket),
    ]


class _ByMethod:
    """Several endpoints at one address, each behind the gate. HEAD goes to the one for GET."""

    def __init__(self, gate: Gate, asked: Asked) -> None:
        self._gate = gate
        self._asked = {
            method: (request_response(endpoint) if _takes_request(endpoint) else endpoint, need)
            for method, (endpoint, need) in asked.items()
        }
        if "GET" in asked:
            self._asked.setdefault("HEAD", self._asked["GET"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].endswith("\n"):
            raise HTTPException(404)  # the `$` of Starlette's patterns matches before it
        endpoint, need = self._asked[scope["method"]]
        try:
            await self._gate.admit(scope, need)
        except (errors.LogError, RequestError) as error:
            is_foreign = isinstance(error, RequestError) and error.problem is FOREIGN_HOST
            if need is PAGE and not is_foreign:
                await pages.sign_in_first(scope)(scope, receive, send)
            else:
                await refuse(error, scope, receive, send)
            return
        await endpoint(scope, receive, send)


def _takes_request(endpoint: Endpoint) -> bool:
    return iscoroutinefunction(endpoint) and len(signature(endpoint).parameters) == 1


__all__ = ["application", "routes", "sockets"]
