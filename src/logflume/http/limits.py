"""What a request may be before anybody knows what it asks for, and how it is refused.

The server's own part of uvicorn (`cli/strict_protocol.py`) keeps these; the API tells of them. All
limits, these and those that depend on what is asked for, are in docs/limits.md.
"""

from __future__ import annotations

from logflume.http.problems import Problem

MAX_TARGET_BYTES = 8 * 1024
"""Of a request's path and query. Logflume's own are below 1 KiB; proxies allow 8."""

MAX_HEADERS = 100
"""In a request. Browsers behind three proxies send some 40."""

MAX_HEADERS_BYTES = 32 * 1024
"""All of a request's headers: cookies of everything else on the same host come along."""

HEAD_SECONDS = 10.0
"""For the whole of a request's head, however it drips: a phone on a bad line takes two."""

BODY_SECONDS = 30.0
"""Without a byte of a batch's body; then its producer is gone, or worse. A streamed append may be
silent for as long as its deployment is."""

MAX_CONNECTIONS_PER_ADDRESS = 10_000
"""From one address, unless another number is asked for: as many as most proxies open."""

TARGET_TOO_LONG = Problem(
    414, "uri-too-long", f"the address is longer than {MAX_TARGET_BYTES} bytes; shorten the query"
)

HEADERS_TOO_LARGE = Problem(
    431,
    "headers-too-large",
    f"send at most {MAX_HEADERS} headers, of {MAX_HEADERS_BYTES} bytes together",
    {"max_bytes": MAX_HEADERS_BYTES},
)


def malformed(reason: str) -> Problem:
    """It is no request that two readers would read alike."""
    return Problem(400, "malformed-request", f"the request is malformed: {reason}")


def other_version(version: str) -> Problem:
    """It is a request of another HTTP."""
    detail = f"HTTP/{version} is not spoken here; send HTTP/1.1"
    return Problem(505, "http-version-not-supported", detail)


def slow_head(seconds: float) -> Problem:
    """Its head drips."""
    detail = f"the head of the request did not come within {seconds:g} s; send it again"
    return Problem(408, "slow-request", detail)


def slow_body(seconds: float) -> Problem:
    """Its body has stopped coming."""
    detail = f"nothing came of the body for {seconds:g} s; it is not stored; send it again"
    return Problem(408, "slow-request", detail)


def server_full(retry_seconds: int) -> Problem:
    """There is no room for one more connection."""
    detail = "the server has all the connections it can; try again later"
    return Problem(503, "server-full", detail, headers={"Retry-After": str(retry_seconds)})


def too_many_connections(most: int, retry_seconds: int) -> Problem:
    """There is no room for one more from this address."""
    detail = f"more than {most} connections from one address are not taken; try again later"
    return Problem(429, "too-many-connections", detail, headers={"Retry-After": str(retry_seconds)})


__all__ = [
    "BODY_SECONDS",
    "HEADERS_TOO_LARGE",
    "HEAD_SECONDS",
    "MAX_CONNECTIONS_PER_ADDRESS",
    "MAX_HEADERS",
    "MAX_HEADERS_BYTES",
    "MAX_TARGET_BYTES",
    "TARGET_TOO_LONG",
    "malformed",
    "other_version",
    "server_full",
    "slow_body",
    "slow_head",
    "too_many_connections",
]
