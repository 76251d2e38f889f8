"""The API described: an OpenAPI 3.1 document at `/openapi.json` and a page to read it at `/docs`.

Schemas come from the structs that the server works with, examples from the code that answers;
operations are written by hand in `operations.py` and `log_operations.py`.
"""

from __future__ import annotations

from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from logflume import __version__
from logflume.http.openapi.document import openapi
from logflume.http.openapi.page import page
from logflume.http.pages import CONTENT_SECURITY_POLICY

_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
_PAGE_HEADERS = {
    **_HEADERS,
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
}


async def document(_: Request) -> Response:
    return Response(_encoded_document(), headers=_HEADERS, media_type="application/json")


async def reference_page(_: Request) -> Response:
    return Response(_encoded_page(), headers=_PAGE_HEADERS, media_type="text/html")


@cache
def _encoded_document() -> bytes:
    return msgspec.json.encode(openapi(__version__))


@cache
def _encoded_page() -> bytes:
    return page(openapi(__version__)).encode()


__all__ = ["document", "reference_page"]
