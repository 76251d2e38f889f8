"""Requests to one server: sent as they are, answered or an error of ours. Nothing is retried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

import httpx2

from logflume.client.addresses import normal_server
from logflume.client.answers import answer_error, translated
from logflume.client.follow import Query

CONNECT_SECONDS = 5.0
"""A server that is up accepts at once; more is an address that swallows packets."""

ANSWER_SECONDS = 30.0
"""An append waits for a commit, and a busy store may take its time."""

SILENCE_SECONDS = 45.0
"""Live readings bring a sign of life every 15 seconds, and long polls an answer every 20: after
this long the connection is dead."""

LOCAL = ("127.0.0.1", "localhost", "::1")


class AsyncLent(Protocol):
    """Something that holds a connection to the server by itself."""

    async def aclose(self) -> None:
        """Let it go. May be called again."""
        ...


class AsyncConnection:
    """The connections to one server. Raises ValueError for what is not a server's address."""

    def __init__(self, server: str, token: str | None = None) -> None:
        self.server = normal_server(server)
        self.token = token
        parts = urlsplit(self.server)
        self.is_local = parts.hostname in LOCAL
        self.headers = {"authorization": f"Bearer {token}"} if token else {}
        self._lent: WeakSet[AsyncLent] = WeakSet()
        self._http = httpx2.AsyncClient(
            base_url=self.server,
            headers=self.headers,
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            # Each log that is followed has a connection of its own, however many there are.
            limits=httpx2.Limits(max_connections=None),
            # Loading the certificates takes longer than most calls; plain HTTP needs none.
            verify=parts.scheme == "https",
            # A proxy of the environment is never meant for the machine itself.
            trust_env=not self.is_local,
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: object = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> httpx2.Response:
        """The answer, of status 2xx or 304. Raises ServerAway, Refused."""
        timeout = httpx2.Timeout(answer_seconds, connect=CONNECT_SECONDS)
        with translated():
            answer = await self._http.request(
                method,
                path,
                params=params,
                headers=headers,
                content=content,
                json=json,
                timeout=timeout,
            )
        if not answer.is_success and answer.status_code != httpx2.codes.NOT_MODIFIED:
            raise _error(answer)
        return answer

    async def open(
        self,
        path: str,
        params: Query,
        headers: Mapping[str, str],
        *,
        method: str = "GET",
        answer_seconds: float | None = None,
    ) -> httpx2.Response:
        """An answer of status 2xx whose body is yet to be read; it must be closed.

        Raises ServerAway, Refused. Reading on breaks off when it was silent for too long, which is
        SILENCE_SECONDS where nothing else is said.
        """
        silence_seconds = SILENCE_SECONDS if answer_seconds is None else answer_seconds
        timeout = httpx2.Timeout(silence_seconds, connect=CONNECT_SECONDS)
        request = self._http.build_request(
            method, path, params=params, headers=headers, timeout=timeout
        )
        with translated():
            answer = await self._http.send(request, stream=True)
            if not answer.is_success:
                await answer.aread()
                raise _error(answer)
        return answer

    def lend(self, lent: AsyncLent) -> None:
        """Close this with the rest, if it is still in use by then."""
        self._lent.add(lent)

    async def aclose(self) -> None:
        """Close the connections. May be called again."""
        for lent in list(self._lent):
            await lent.aclose()
        await self._http.aclose()


def _error(answer: httpx2.Response) -> Exception:
    return answer_error(answer.status_code, answer.reason_phrase, answer.headers, answer.content)


__all__ = ["AsyncConnection"]
