"""A JSON body as the value it stands for: small ones, that say what is wanted."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from starlette.requests import Request

from logflume.errors import BadInput, BadRecord
from logflume.http.body import read_body
from logflume.http.problems import UnsupportedType

T = TypeVar("T")

MAX_DOCUMENT_BYTES = 16 * 1024
"""A page of facts, part of its log's state. What is longer belongs in the log."""


async def parsed(request: Request, type_: type[T], max_bytes: int = MAX_DOCUMENT_BYTES) -> T:
    """The request's JSON body. Raises UnsupportedType, TooLarge, BadInput, BadRecord."""
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type != "application/json":
        raise UnsupportedType("send JSON with Content-Type: application/json (curl: --json)")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedType("send this JSON uncompressed; only the lines of a log may be")
    body = await read_body(request.receive, max_bytes)
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        raise BadRecord(str(error)) from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadInput(f"the body is not JSON: {error}") from None


__all__ = ["parsed"]
