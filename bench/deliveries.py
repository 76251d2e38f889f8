"""One producer and many watchers of one log: each record is sent when every watcher has the last.

So each record costs every watcher one delivery, and nothing is gathered into fewer: what is
measured is the work of one delivery, again and again.
"""

from __future__ import annotations

import select
from typing import Protocol

from bench.connection import Connection

LOST_SECONDS = 30
"""After this long a silence a record is lost; without it the measure would wait for ever."""


class Audience(Protocol):
    """Watchers on one epoll, and how many records have reached them."""

    poll: select.epoll
    records: int

    def read(self, number: int) -> None:
        """Take in what has come for the watcher with this descriptor."""


def deliver(
    producer: Connection, audience: Audience, watchers: int, request: bytes, count: int
) -> None:
    """Send the record so many times, each when all have the last; until all have every one."""
    publisher = producer.socket.fileno()
    audience.poll.register(publisher, select.EPOLLIN)
    for _ in range(count):
        wanted = audience.records + watchers
        producer.socket.sendall(request)
        answered = False
        while not answered or audience.records < wanted:
            ready = audience.poll.poll(LOST_SECONDS)
            assert ready, "a record was lost"
            for number, _ in ready:
                if number == publisher:
                    producer.answer()
                    answered = True
                else:
                    audience.read(number)
        assert audience.records == wanted, "a record was repeated"
    audience.poll.unregister(publisher)
