"""Clients that others wrote at work, each seen through the same small window.

What a *client* tells here is what the real one gave, in that order, with nothing sorted, joined or
left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Response

from tests.node_tools import NodeProgram

_FOLLOW = """(url) => {
  const source = new EventSource(url);
  const watched = (window.watched = { numbers: [], caughtUp: false, ended: false });
  source.addEventListener("data", (event) => {
    for (const record of JSON.parse(event.data)) watched.numbers.push(record.n);
  });
  source.addEventListener("control", (event) => {
    watched.caughtUp ||= JSON.parse(event.data).upToDate;
  });
  source.addEventListener("error", () => {
    watched.ended = source.readyState === EventSource.CLOSED;
  });
}"""


class Answer(NamedTuple):
    """An answer's status, and the `live` that its request had asked for."""

    status: int
    live: str | None


class Client(Protocol):
    """Follows one log."""

    def numbers(self) -> list[int]:
        """The numbers of the records that it gave."""

    def answers(self) -> list[Answer]:
        """All answers that it got."""

    def caught_up(self) -> bool:
        """Whether the server has told it that it has all there is."""

    def ended(self) -> bool:
        """Whether it has finished by itself, knowing that the log has ended."""


class _Program:
    """A client in Node; its program in tests/node says what it does."""

    def __init__(self, program: NodeProgram) -> None:
        self._program = program

    def numbers(self) -> list[int]:
        return self._all("n")

    def answers(self) -> list[Answer]:
        said = [said for said in self._program.said if "status" in said]
        return [Answer(answer["status"], answer["live"]) for answer in said]

    def caught_up(self) -> bool:
        return any(control.get("upToDate") for control in self._all("control"))

    def ended(self) -> bool:
        if self._program.running:
            return False
        assert self._all("ended") == [True], self._program.errors
        return True

    def _all(self, name: str) -> list[Any]:
        return [said[name] for said in self._program.said if name in said]


class _Tab:
    """The browser's EventSource in a page of the server's own, under its security policy."""

    def __init__(self, page: Page, url: str) -> None:
        self._page = page
        self._url = url
        self._answers: list[Answer] = []
        page.on("response", self._take)
        page.evaluate(_FOLLOW, url)

    def numbers(self) -> list[int]:
        numbers: list[int] = self._page.evaluate("watched.numbers")
        return numbers

    def answers(self) -> list[Answer]:
        self._page.evaluate("0")  # what has happened by now is told before the answer to this
        return list(self._answers)

    def caught_up(self) -> bool:
        return bool(self._page.evaluate("watched.caughtUp"))

    def ended(self) -> bool:
        return bool(self._page.evaluate("watched.ended"))

    def _take(self, response: Response) -> None:
        if response.url == self._url:
            self._answers.append(Answer(response.status, "sse"))


@contextmanager
def in_node(file: str, *arguments: str) -> Iterator[Client]:
    """The program `file` of tests/node."""
    with NodeProgram(file, *arguments) as program:
        yield _Program(program)


@contextmanager
def in_chromium(browser: Browser, url: str) -> Iterator[Client]:
    """The browser's own EventSource on `url`, in a page of the same server."""
    address = urlsplit(url)
    with browser.new_page() as page:
        page.goto(f"{address.scheme}://{address.netloc}/docs")
        yield _Tab(page, url)
