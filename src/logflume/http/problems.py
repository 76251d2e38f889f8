"""Errors as problem documents (RFC 9457): the one place where they become HTTP.

`type` is a stable name to program against, `detail` says what to do, and further members carry
what helps to go on: `line`, `tail`, `expected`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from logflume import errors
from logflume.access.secret import without_secrets
from logflume.http.refusals import Refusals
from logflume.http.respond import Grant, raw_response, tail_headers

TYPE_PREFIX = "urn:logflume:problem:"

MEDIA_TYPE = "application/problem+json"

RETRY_SECONDS = "1"
"""A restart takes about this long; a full disk is looked at again no sooner."""

LOW_RETRY_SECONDS = "10"
"""Room is made by somebody, or by the sweep, which takes its time."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is answered instead of what was asked for."""

    status: int
    name: str
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> bytes:
        title = self.name.replace("-", " ").capitalize()
        return msgspec.json.encode(
            {
                "type": TYPE_PREFIX + self.name,
                "title": title,
                "status": self.status,
                "detail": self.detail,
                **self.members,
            }
        )

    def response(self) -> Response:
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", **self.headers}
        return _Refusal(self, headers)

    def raw(self, grant: Grant = ()) -> bytes:
        """The answer as HTTP/1.1 writes it, for a connection that is kept."""
        headers = {"Cache-Control": "no-store", "Content-Type": MEDIA_TYPE, **self.headers}
        return raw_response(self.status, headers, self.document() + b"\n", grant)


class _Refusal(Response):
    """A problem as an answer, which is noted when it is given."""

    def __init__(self, problem: Problem, headers: Mapping[str, str]) -> None:
        body = problem.document() + b"\n"
        super().__init__(body, problem.status, headers, media_type=MEDIA_TYPE)
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        note_refusal(scope, self._problem)
        await super().__call__(scope, receive, send)


def note_refusal(scope: Scope, problem: Problem) -> None:
    """Have the server whose request this is count the problem, and tell of it."""
    refusals = refusals_of(scope)
    if refusals is not None:
        said = (problem.status, problem.name, problem.detail)
        refusals.note(scope.get("method", "GET"), without_secrets(scope["path"]), *said)


def refusals_of(scope: Scope) -> Refusals | None:
    """What the server of this request has refused, if it notes that."""
    app = scope.get("app")
    return None if app is None else getattr(app.state, "refusals", None)


class RequestError(Exception):
    """A request that HTTP itself can refuse: a type, a method, a size."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class UnsupportedType(RequestError):
    """A content type or encoding that is not taken here."""

    def __init__(self, detail: str) -> None:
        super().__init__(Problem(415, "unsupported-type", detail))


def problem_of(error: errors.LogError) -> Problem:
    """The answer to what the core refused or failed to do."""
    detail = str(error)
    match error:
        case errors.BadInput():
            status, name = (422, "bad-record") if isinstance(error, errors.BadRecord) else (400, "")
            members = {} if error.line is None else {"line": error.line}
            return Problem(status, name or "bad-request", detail, members)
        case errors.LogGone():
            return Problem(410, "log-gone", detail)
        case errors.NoSuchLog():
            # What was asked for is not repeated: an id is whatever a caller made up.
            return Problem(404, "no-such-log", "there is no deployment or log of this id or name")
        case errors.LogClosed():
            return Problem(409, "log-closed", detail, headers=tail_headers(error.state))
        case errors.AheadOfTail():
            tail = str(error.state.tail_offset)
            return Problem(416, "ahead-of-tail", detail, {"tail": tail}, tail_headers(error.state))
        case errors.Trimmed():
            return Problem(410, "trimmed", detail, {"earliest": error.earliest})
        case errors.ProducerFenced():
            headers = {"Producer-Epoch": str(error.epoch)}
            return Problem(403, "producer-fenced", detail, {"epoch": error.epoch}, headers)
        case errors.ProducerGap():
            headers = {
                "Producer-Expected-Seq": str(error.expected),
                "Producer-Received-Seq": str(error.received),
            }
            return Problem(409, "producer-gap", detail, {"expected": error.expected}, headers)
        case errors.TooManyWatchers():
            headers = {"Retry-After": str(error.retry_seconds)}
            return Problem(429, "too-many-watchers", detail, headers=headers)
        case errors.TooManyAppends():
            headers = {"Retry-After": str(error.retry_seconds)}
            return Problem(429, "too-many-appends", detail, headers=headers)
        case errors.TooLarge():
            return Problem(413, "too-large", detail, {"max_bytes": error.max_bytes})
        case errors.StoreLow():
            return Problem(507, "disk-low", detail, headers={"Retry-After": LOW_RETRY_SECONDS})
        case errors.StoreFull():
            return Problem(507, "store-full", detail, headers={"Retry-After": RETRY_SECONDS})
        case errors.StoreError():
            headers = {"Retry-After": RETRY_SECONDS}
            return Problem(503, "store-unavailable", detail, headers=headers)
        case errors.WrongEpoch():
            return Problem(409, "wrong-epoch", detail)
        case _:
            return Problem(409, "conflict", detail)


def refusal_of(error: errors.LogError | RequestError) -> Problem:
    """The answer to either."""
    return error.problem if isinstance(error, RequestError) else problem_of(error)


async def on_log_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, errors.LogError):
        raise TypeError("not a LogError") from error
    return problem_of(error).response()


async def on_request_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestError):
        raise TypeError("not a RequestError") from error
    return error.problem.response()


_DETAILS = {
    404: "there is nothing at this address",
    405: "this address does not take that method; Allow names those it takes",
}


async def on_http_exception(_: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such route, wrong method."""
    if not isinstance(error, HTTPException):
        raise TypeError("not an HTTPException") from error
    name = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    detail = _DETAILS.get(error.status_code, error.detail)
    return Problem(error.status_code, name, detail, headers=error.headers or {}).response()


BUG = Problem(500, "internal-error", "Logflume failed; its log says more")


async def on_bug(_: Request, __: Exception) -> Response:
    """What should not happen; Starlette raises it again, for the server's log."""
    return BUG.response()


__all__ = [
    "BUG",
    "Problem",
    "RequestError",
    "UnsupportedType",
    "note_refusal",
    "on_bug",
    "on_http_exception",
    "on_log_error",
    "on_request_error",
    "problem_of",
    "refusal_of",
    "refusals_of",
]
