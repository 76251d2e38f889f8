"""The API as an OpenAPI 3.1 document, and a page to read it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from logflume.http.respond import json_response


async def document(_: Request) -> Response:
    return json_response({"openapi": "3.1.0"})


async def reference_page(_: Request) -> Response:
    return Response("", media_type="text/html")
