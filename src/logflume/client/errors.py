"""What can go wrong between a client and the server, by what helps.

    ClientError
    ├── ServerAway     no answer, or one that says "later": the same call may succeed again
    ├── Refused        the server's final word; carries the status and what it said
    └── LogBroken      the server's answer is not a log: a number is missing or comes twice

Each message is one sentence without the client's own internals, fit to be shown to people.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import msgspec

AGAIN = frozenset({408, 425, 429})
"""The 4xx that ask for the same request again; so does every 5xx."""


class ClientError(Exception):
    """Anything that keeps a client from doing what it was asked."""


class ServerAway(ClientError):
    """The server cannot be reached or asks to come back later, in `retry_seconds` if it says so."""

    def __init__(self, detail: str, *, retry_seconds: float = 0) -> None:
        super().__init__(detail)
        self.retry_seconds = retry_seconds


class Refused(ClientError):
    """The server answered, and will answer the same again. `status` is HTTP's."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class LogBroken(ClientError):
    """Record numbers are not dense: what was read is not the whole log."""


class Problem(msgspec.Struct):
    """The part of a problem document (RFC 9457) that people are shown."""

    title: str = ""
    detail: str = ""


@contextmanager
def translated() -> Iterator[None]:
    """Turns what the HTTP library raises into ServerAway."""
    try:
        yield
    except httpx2.TimeoutException as error:
        raise ServerAway("it does not answer in time") from error
    except (httpx2.RequestError, httpx2.StreamError) as error:
        raise ServerAway(_reason(error)) from error


def answer_error(response: httpx2.Response) -> ClientError:
    """The error that an answer other than 2xx stands for. Its body must have been read."""
    status = response.status_code
    detail = _detail(response)
    if status in AGAIN or status >= 500:
        return ServerAway(f"it answered {status}: {detail}", retry_seconds=_retry_seconds(response))
    return Refused(status, detail)


def _detail(response: httpx2.Response) -> str:
    if response.is_redirect:
        return f"it sends on to {response.headers.get('location')}; name that as the server"
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        return f"status {response.status_code} {response.reason_phrase}".rstrip()
    return problem.detail or problem.title or f"status {response.status_code}"


def _retry_seconds(response: httpx2.Response) -> float:
    """`Retry-After` in its form of seconds; that of a date is rare and not worth a parser."""
    text = response.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0


def _reason(error: Exception) -> str:
    """The innermost cause in words, such as "Connection refused": the library's are numbers."""
    cause: BaseException = error
    while cause.__cause__ is not None or cause.__context__ is not None:
        cause = cause.__cause__ or cause.__context__ or cause
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
    return (text or type(error).__name__).strip().rstrip(".").lower()


__all__ = ["ClientError", "LogBroken", "Refused", "ServerAway", "answer_error", "translated"]
