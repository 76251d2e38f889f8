"""What the server's answers mean, and what happens instead of one: as results and our errors.

The one place that knows what the HTTP library raises. What live readings say of errors, in an
event or a message, is a problem document too and means the same as one that HTTP brings.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import msgspec

from logflume.client.errors import (
    ClientError,
    LogGone,
    LogReset,
    LogTrimmed,
    Refused,
    ServerAway,
)
from logflume.client.follow import Piece
from logflume.client.records import not_logflume

AGAIN = frozenset({408, 425, 429})
"""The 4xx that ask for the same request again; so does every 5xx."""

RESET = frozenset({"wrong-epoch", "ahead-of-tail"})
"""The offset was given out by another log, or by this one before it was put back."""


class Problem(msgspec.Struct):
    """The part of a problem document (RFC 9457) that a client uses."""

    type: str = ""
    title: str = ""
    detail: str = ""
    status: int = 500
    earliest: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A reading of a log: its records as NDJSON, where it goes on, whether that is the tail.

    `unchanged` answers a request that named an `etag`; there is nothing else in it then.
    """

    body: bytes
    next_offset: str
    up_to_date: bool = False
    closed: bool = False
    cursor: str = ""
    etag: str = ""
    retry_seconds: float = 0
    unchanged: bool = False
    start_offset: str = ""

    @property
    def spans_epochs(self) -> bool:
        """Whether a log that was forked from another may begin to be its own within this page, so
        that nobody knows the offsets of places in it."""
        first, last = (place.split("_")[0] for place in (self.start_offset, self.next_offset))
        return first != last and bool(first) and self.body.count(b"\n") > 1

    def piece(self) -> Piece:
        """The same, as what a live reading brings."""
        rows = self.body.split(b"\n")[:-1]
        return Piece(
            [msgspec.Raw(row) for row in rows], self.next_offset, self.up_to_date, self.closed
        )


def page_of(answer: httpx2.Response) -> Page:
    """The page that a reading is answered with. Raises Refused."""
    headers = answer.headers
    if "stream-next-offset" not in headers:
        raise not_logflume("an offset is missing")
    return Page(
        answer.content,
        headers["stream-next-offset"],
        headers.get("stream-up-to-date") == "true",
        headers.get("stream-closed") == "true",
        headers.get("stream-cursor", ""),
        headers.get("etag", ""),
        retry_seconds(headers),
        answer.status_code == httpx2.codes.NOT_MODIFIED,
        headers.get("stream-start-offset", ""),
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the HTTP library raises into ServerAway."""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise ServerAway("it does not answer in time") from error
    except (httpx2.RequestError, httpx2.StreamError) as error:
        raise ServerAway(reason(error)) from error


def answer_error(status: int, phrase: str, headers: Mapping[str, str], body: bytes) -> ClientError:
    """The error that an answer other than 2xx stands for."""
    if 300 <= status < 400 and "location" in headers:
        return Refused(status, f"it sends on to {headers['location']}; name that as the server")
    try:
        problem = msgspec.json.decode(body, type=Problem)
    except msgspec.MsgspecError:
        problem = Problem(detail=f"status {status} {phrase}".rstrip())
    problem.status = status
    return problem_error(problem, retry_seconds(headers))


def problem_error(problem: Problem, retry_seconds: float = 0) -> ClientError:
    """The error that a problem document stands for."""
    status = problem.status
    detail = problem.detail or problem.title or f"status {status}"
    if status in AGAIN or status >= 500:
        return ServerAway(f"it answered {status}: {detail}", retry_seconds=retry_seconds)
    name = problem.type.rpartition(":")[2]
    if problem.earliest:
        return LogTrimmed(status, detail, problem.earliest)
    if name == "no-such-log" or status == httpx2.codes.GONE:
        return LogGone(status, detail)
    return LogReset(status, detail) if name in RESET else Refused(status, detail)


def retry_seconds(headers: Mapping[str, str]) -> float:
    """`Retry-After` in its form of seconds; that of a date is rare and not worth a parser."""
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0


def reason(error: BaseException) -> str:
    """The innermost cause in words, such as "Connection refused": the library's are numbers."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    if isinstance(cause, ConnectionError) and cause.errno:
        text = os.strerror(cause.errno)  # asyncio has its own words for it
    return (text or type(error).__name__).strip().rstrip(".").lower()


__all__ = [
    "Page",
    "Problem",
    "answer_error",
    "page_of",
    "problem_error",
    "reason",
    "retry_seconds",
    "translated",
]
