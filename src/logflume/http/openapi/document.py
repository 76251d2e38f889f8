"""The operations, schemas and examples as one OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

from logflume.http.callers import SESSION_COOKIE
from logflume.http.openapi.operation import Operation
from logflume.http.openapi.operations import OPERATIONS, TAGS
from logflume.http.openapi.problems import any_other, examples, responses
from logflume.http.openapi.schemas import Json, schemas

_ABOUT = """A deployment's log: so far over HTTP, the rest live, no line lost or repeated between.

A **log** is an append-only sequence of **records**, numbered 1, 2, 3 … without gaps and never \
renumbered. An **offset** is the token of a place between two records; treat it as opaque. The \
**tail** is the end of a log now.

Unknown query parameters are ignored; one that is given twice is refused. Every error is a problem \
document (RFC 9457) with a stable `type`. What cannot be a request, comes too slowly or is one \
too many is answered so at any address (`malformed-request`, `slow-request`, `uri-too-long`, \
`headers-too-large`, `too-many-connections`, `server-full`, `http-version-not-supported`), and the \
connection ends.

A server that asks for tokens answers 401 to who shows none that it knows, 403 to whose token does \
not reach so far. A deployment or log of a project that the token has nothing to do with answers \
as one that is not there.

Every answer has `X-Content-Type-Options: nosniff`. What a log holds also comes with \
`Cross-Origin-Resource-Policy: same-origin` and a `Content-Security-Policy` under which nothing of \
it can run. Pages of other sites that the server allows (`logflume serve --allow-origin`) may read \
what GET answers: it is for them then, says so by `Access-Control-Allow-Origin` and its like, and \
`Vary` has `Origin`. Where no `Cache-Control` is listed, an answer is not to be kept."""


def openapi(version: str) -> Json:
    """The document of this version of Logflume."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Logflume",
            "version": version,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The server that serves this document."}],
        "tags": [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": _paths(),
        "security": [{"token": []}, {"session": []}, {}],
        "components": {
            "schemas": schemas(),
            "examples": examples(),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


_SECURITY_SCHEMES: Json = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token, or for reading one deployment the secret of a share link. Servers "
        "that only their own machine reaches ask for none unless told to.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "A browser's, which signed in. What changes something must come from this "
        "site's page.",
    },
}

_GUARDED = ("unauthorised", "forbidden", "cross-site", "foreign-host")
"""What is answered to who may not: wherever somebody must show something."""


def _paths() -> dict[str, Json]:
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    for operation in OPERATIONS:
        if operation.method == "GET":
            paths[operation.path].setdefault("head", _head(operation))
    return paths


def _described(operation: Operation) -> Json:
    answers = {str(status): answer for status, answer in sorted(operation.answers.items())}
    optional: dict[str, Any] = {
        "description": operation.description,
        "parameters": list(operation.parameters),
        "requestBody": operation.body
        and {"required": operation.needs_body, "content": operation.body},
    }
    problems = operation.problems if operation.is_open else (*operation.problems, *_GUARDED)
    answered = {**answers, **responses(*problems), "default": any_other()}
    return {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        **{name: value for name, value in optional.items() if value},
        **({"security": []} if operation.is_open else {}),
        "responses": _bodiless(answered) if operation.method == "HEAD" else answered,
    }


def _head(operation: Operation) -> Json:
    """HEAD answers what GET would, without its body; no handshake begins with it."""
    described = _described(operation)
    described["responses"].pop("101", None)
    return {
        "operationId": f"{operation.id}Head",
        "tags": [operation.tag],
        "summary": f"{operation.summary}: the headers only",
        **({"parameters": described["parameters"]} if operation.parameters else {}),
        "responses": _bodiless(described["responses"]),
    }


def _bodiless(responses: Json) -> Json:
    return {
        status: {name: value for name, value in answer.items() if name != "content"}
        for status, answer in responses.items()
    }


__all__ = ["openapi"]
