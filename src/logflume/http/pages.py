"""The web page's files, as they lie in `logflume/page`, and the headers that fence them in."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from logflume.http.context import Context, Scope
from logflume.http.joined import joined

_ROOT = files("logflume.page")

MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
"""Of the page's files. What the machine knows of types may be anything, and a browser runs no
module of another one."""

SCRIPTS = (
    *("compare.js", "deploy-log.js", "deployment.js", "list.js", "sign-in.js"),
    *("differences-worker.js", "log-worker.js"),
)
"""The modules that pages and workers begin with. They come with all that they import, in one
answer: the last lines of a log wait for it. The others are there, too, each by itself."""

ITSELF = "'self'"


def policy(frames: str = ITSELF) -> str:
    """The Content-Security-Policy: nothing is loaded from elsewhere, and nothing that a log says
    can run. `frames` are the sites whose pages may show this one in a frame."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "worker-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            f"frame-ancestors {frames}",
        ]
    )


CONTENT_SECURITY_POLICY = policy()

_FENCES = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


SENT_ON = {**_FENCES, "Cache-Control": "no-store"}
"""Headers of an answer that sends a browser on, and does not tell where it came from."""


async def list_page(context: Context, _: Request) -> Response:
    return _page("index.html", context)


async def deployment_page(context: Context, _: Request) -> Response:
    return _page("deployment.html", context)


async def embedded_page(context: Context, _: Request) -> Response:
    """The viewer alone, for a frame in a page of this or an allowed origin."""
    return _page("embed.html", context, frames=context.origins.frames)


async def compare_page(context: Context, _: Request) -> Response:
    return _page("compare.html", context)


async def sign_in_page(context: Context, _: Request) -> Response:
    return _page("sign-in.html", context)


def sign_in_first(scope: Scope) -> Response:
    """Sends a browser that asked for a page to where it can sign in, and from there back."""
    query = scope["query_string"].decode("latin-1")
    asked = scope["path"] + (f"?{query}" if query else "")
    address = "/sign-in?" + urlencode({"next": asked})
    return RedirectResponse(address, 303, SENT_ON)


async def asset(request: Request) -> Response:
    """A file of the page. An address that names this edition of them may be kept for ever; what a
    module loads from beside it is of the same edition."""
    name = request.path_params["name"]
    body = _files().get(name)
    if body is None:
        raise HTTPException(404)
    media_type = MEDIA_TYPES.get(PurePath(name).suffix, "application/octet-stream")
    current = request.path_params.get("edition") == edition()
    caching = "public, max-age=31536000, immutable" if current else "no-cache"
    return Response(body, headers={**_FENCES, "Cache-Control": caching}, media_type=media_type)


@cache
def edition() -> str:
    """Names the page's files as they are: other files, another name."""
    digest = hashlib.sha256()
    for name, body in sorted(_files().items()):
        digest.update(name.encode() + b"\0" + body + b"\0")
    return digest.hexdigest()[:16]


@cache
def _files() -> dict[str, bytes]:
    """What is served, by name: some 900 KB."""
    assets = (_ROOT / "assets").iterdir()
    files = {file.name: file.read_bytes() for file in assets if file.is_file()}
    modules = {name: body.decode() for name, body in files.items() if name.endswith(".js")}
    return files | {name: joined(name, modules).encode() for name in SCRIPTS}


def _page(name: str, context: Context, *, frames: str = ITSELF) -> Response:
    text = _html(name)
    if context.needs_tokens:
        text = text.replace("<body ", "<body data-tokens ", 1)  # for `session.js`
    if context.provider is not None:
        text = text.replace("<body ", "<body data-sign-on ", 1)  # for `sign-in.js`
    fences = {**_FENCES, "Content-Security-Policy": policy(frames)}
    return Response(text, headers={**fences, "Cache-Control": "no-cache"}, media_type="text/html")


@cache
def _html(name: str) -> str:
    return (_ROOT / name).read_text("utf-8").replace("{{edition}}", edition())


__all__ = [
    "SENT_ON",
    "asset",
    "compare_page",
    "deployment_page",
    "edition",
    "embedded_page",
    "list_page",
    "sign_in_first",
    "sign_in_page",
]
