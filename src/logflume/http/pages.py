"""The web page's files, as they lie in `logflume/page`, and the headers that fence them in."""

from __future__ import annotations

from importlib.resources import files
from mimetypes import guess_type

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from logflume import __version__

_ROOT = files("logflume.page")

MAX_NAME_CHARS = 100
"""No file of the page has a longer name; the file system would fail on one of 256."""

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    ]
)
"""Nothing is loaded from elsewhere, and nothing that a log says can run."""

_FENCES = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def list_page(_: Request) -> Response:
    return _page("index.html")


async def deployment_page(_: Request) -> Response:
    return _page("deployment.html")


async def asset(request: Request) -> Response:
    """A file of the page. Addresses carry the version, so a browser may keep it for ever."""
    name = request.path_params["name"]
    file = _ROOT / "assets" / name
    if len(name) > MAX_NAME_CHARS or not file.is_file():
        raise HTTPException(404)
    media_type = guess_type(name)[0] or "application/octet-stream"
    current = request.query_params.get("v") == __version__
    caching = "public, max-age=31536000, immutable" if current else "no-cache"
    return Response(
        file.read_bytes(), headers={**_FENCES, "Cache-Control": caching}, media_type=media_type
    )


def _page(name: str) -> Response:
    text = (_ROOT / name).read_text("utf-8").replace("{{version}}", __version__)
    return Response(text, headers={**_FENCES, "Cache-Control": "no-cache"}, media_type="text/html")


__all__ = ["asset", "deployment_page", "list_page"]
