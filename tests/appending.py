"""A producer of a log, and the connection over which it appends, request after request."""

from __future__ import annotations

import time

import httpx2

from tests.answers import Answers
from tests.exchange import PATIENCE_SECONDS
from tests.servers import new_deployment

MARK = {"Producer-Id": "p", "Producer-Epoch": "0"}


class Log:
    """A deployment's log, and a connection of a producer."""

    def __init__(self, url: str) -> None:
        self.server_url = url
        self.client = httpx2.Client(base_url=url)
        self.path = f"/v1/deployments/{new_deployment(url)}/log"
        self.answers = Answers(url)

    def request(self, body: bytes, content_type: str = "text/plain", **more: str) -> bytes:
        fields = {"Host": "localhost", "Content-Type": content_type, **more}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        length = f"Content-Length: {len(body)}\r\n"
        return f"POST {self.path} HTTP/1.1\r\n{head}{length}\r\n".encode() + body

    def send(self, body: bytes, content_type: str = "text/plain", **more: str) -> None:
        self.answers.socket.sendall(self.request(body, content_type, **more))

    def ask(
        self, body: bytes, content_type: str = "text/plain", **more: str
    ) -> tuple[int, dict[str, str], bytes]:
        self.send(body, content_type, **more)
        return self.answers.next()

    def append(self, body: bytes) -> int:
        """Over another connection; the answer's status."""
        return self.client.post(self.path, content=body).status_code

    def wait_for(self, texts: list[str]) -> None:
        """Return when these are its lines."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.texts() != texts:
            assert time.monotonic() < deadline, self.texts()

    def texts(self) -> list[str]:
        return [record["text"] for record in self.client.get(self.path).json() if "text" in record]

    def close(self) -> None:
        self.answers.close()
        self.client.close()


__all__ = ["MARK", "Log"]
