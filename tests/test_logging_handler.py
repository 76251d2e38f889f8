"""`logging` into a deployment's log: nothing waits, nothing is raised, no silent loss."""

from __future__ import annotations

import logging
import logging.config
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from logflume import Client, LoggingHandler, new_id
from tests.cli_tools import NOBODY, until
from tests.client_tools import Cutter, last, lines
from tests.servers import ServerProcess

ROOT = Path(__file__).parent.parent


@pytest.fixture
def client(shared_server: ServerProcess) -> Iterator[Client]:
    """A client of a server that is there."""
    with Client(shared_server.url) as client:
        yield client


@contextmanager
def logger_of(handler: LoggingHandler) -> Iterator[logging.Logger]:
    """A logger that has this handler and nothing else; closed at the end."""
    logger = logging.Logger("test")
    logger.addHandler(handler)
    try:
        yield logger
    finally:
        handler.close()


def test_records(client: Client) -> None:
    """A record is a line with its level and its own time; its exception is lines, too."""
    fresh = client.create("shop").id
    with logger_of(LoggingHandler(client.server, fresh, stream="stderr")) as logger:
        logger.info("hello %s", "world")
        try:
            _ = os.environ["MISSING"]
        except KeyError:
            logger.exception("oops")
    first, *rest = client.read(fresh)
    assert (first.text, first.level, first.stream) == ("hello world", "info", "stderr")
    assert datetime.fromisoformat(first.sent) <= first.received
    assert [record.text for record in rest][:2] == ["oops", "Traceback (most recent call last):"]
    assert rest[-1].text == "KeyError: 'MISSING'"
    assert {record.level for record in rest} == {"error"}
    assert not client.deployment(fresh).finished


def test_it_is_set_up_as_handlers_are(client: Client) -> None:
    """By a configuration: its level and its formatter are what they are elsewhere."""
    project = new_id()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"named": {"format": "%(name)s: %(message)s"}},
            "handlers": {
                "flume": {
                    "class": "logflume.LoggingHandler",
                    "server": client.server,
                    "project": project,
                    "environment": "production",
                    "level": "WARNING",
                    "formatter": "named",
                }
            },
            "loggers": {"test.configured": {"handlers": ["flume"], "propagate": False}},
        }
    )
    logger = logging.getLogger("test.configured")
    [handler] = logger.handlers
    logger.info("too little")
    logger.warning("enough")
    handler.close()
    logger.removeHandler(handler)
    made = client.deployment(last(client, project))
    assert isinstance(handler, LoggingHandler)
    assert (handler.deployment_id, handler.page) == (made.id, made.links.page)
    assert (made.environment, made.status) == ("production", "succeeded")
    assert lines(client, made.id) == ["test.configured: enough"]


@pytest.mark.parametrize("options", [{}, {"deployment_id": "dep_x", "project": "shop"}])
def test_which_deployment_it_is_must_be_said(options: dict[str, Any]) -> None:
    """One that is there, or one to be created; what is wrong is said where it is set up."""
    with pytest.raises(ValueError, match="project"):
        LoggingHandler(NOBODY, **options)
    with pytest.raises(ValueError, match="address"):
        LoggingHandler("nowhere", "dep_x")
    with pytest.raises(ValueError, match="stderr"):
        LoggingHandler(NOBODY, "dep_x", stream="nowhere")


def test_a_client_says_where(client: Client) -> None:
    """A client is as good as an address."""
    fresh = client.create("shop").id
    with logger_of(LoggingHandler(client, fresh)) as logger:
        logger.info("hello")
    assert lines(client, fresh) == ["hello"]


def test_many_threads(client: Client) -> None:
    """Every record of every thread is there once, each thread's in its order."""
    fresh = client.create("shop").id
    with logger_of(LoggingHandler(client, fresh)) as logger:

        def work(name: int) -> None:
            for number in range(300):
                logger.info("%d %d", name, number)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    found = [tuple(map(int, text.split())) for text in lines(client, fresh)]
    for name in range(8):
        assert [number for one, number in found if one == name] == list(range(300))


@pytest.mark.live
def test_a_server_that_comes_later(server: ServerProcess) -> None:
    """What is logged while the server is away is kept and sent, from the first record on."""
    with Client(server.url) as client:
        server.stop()
        handler = LoggingHandler(server.url, project="later")
        with logger_of(handler) as logger:
            for number in range(100):
                logger.info("%d", number)
            server.start()
            until(lambda: list(client.deployments()))
            handler.flush()
            assert lines(client, handler.deployment_id) == [str(number) for number in range(100)]
            server.kill()
            logger.info("again")
            server.start()
        assert lines(client, handler.deployment_id)[-1] == "again"
        assert client.deployment(handler.deployment_id).status == "succeeded"


def test_a_server_that_is_slow(client: Client) -> None:
    """While an append is under way, who logs goes on."""
    fresh = client.create("shop").id
    cutter = Cutter(client.server)
    cutter.gate.clear()
    with cutter.serving() as url, logger_of(LoggingHandler(url, fresh)) as logger:
        for number in range(3000):
            logger.info("%d", number)
        assert lines(client, fresh) == []
        cutter.gate.set()
    assert lines(client, fresh) == [str(number) for number in range(3000)]


def test_an_answer_that_is_cut(client: Client) -> None:
    """A request whose answer is lost is sent again, and its records are there once."""
    fresh = client.create("shop").id
    cutter = Cutter(client.server, "after", "before", "after", "after")
    with cutter.serving() as url, logger_of(LoggingHandler(url, fresh)) as logger:
        for number in range(100):
            logger.info("%d", number)
    assert cutter.cut == 4
    assert lines(client, fresh) == [str(number) for number in range(100)]


def test_a_creation_whose_answer_is_cut(client: Client) -> None:
    """There is one deployment, however often it was asked for."""
    project = new_id()
    cutter = Cutter(client.server, "before", "after", "after")
    with cutter.serving() as url, logger_of(LoggingHandler(url, project=project)) as logger:
        logger.info("hello")
    assert cutter.cut == 3
    assert lines(client, last(client, project)) == ["hello"]


@pytest.mark.parametrize("goes_on", [True, False])
def test_more_than_memory_holds(
    client: Client, monkeypatch: pytest.MonkeyPatch, goes_on: bool
) -> None:
    """A full queue drops records; the log says how many, where they are missing, and whether or not
    anything is logged after them."""
    monkeypatch.setattr("logflume.client.logging_handler.QUEUE_BYTES", 100_000)
    fresh = client.create("shop").id
    cutter = Cutter(client.server)
    cutter.gate.clear()
    with cutter.serving() as url:
        handler = LoggingHandler(url, fresh)
        with logger_of(handler) as logger:
            for number in range(5000):  # more than a batch and the queue
                logger.info("%0100d", number)
            cutter.gate.set()
            if goes_on:
                handler.flush()
                logger.info("more")
            else:
                until(lambda: "missing" in "".join(lines(client, fresh)[-1:]))
    records = list(client.read(fresh))
    assert (records[-1].text == "more") == goes_on
    due = missing = 0
    for record in records[: -1 if goes_on else None]:
        if record.stream == "system":
            missing += (count := int(record.text.split(" log records are missing here")[0]))
            due += count
        else:
            assert int(record.text) == due
            due += 1
    assert due == 5000
    assert missing > 100


def test_dropping_is_said_once(
    client: Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """On stderr, beside the log, which may never be reached."""
    monkeypatch.setattr("sys.__stderr__", sys.stderr)
    monkeypatch.setattr("logflume.client.logging_handler.QUEUE_BYTES", 1000)
    monkeypatch.setattr("logflume.client.logging_handler.FLUSH_SECONDS", 0.1)
    with logger_of(LoggingHandler(NOBODY, "dep_x")) as logger:
        for number in range(100):
            logger.info("%0100d", number)
    said = capfd.readouterr().err.splitlines()
    assert [row.split(";")[0] for row in said[:1]] == ["logflume: the server is away or slow"]
    assert len(said) == 2
    assert said[1].startswith("logflume: the server does not answer; lines of the log that are not")


@pytest.mark.parametrize(
    "argument",
    ["x", object(), type("Bad", (), {"__str__": lambda self: 1 / 0})()],
)
def test_what_cannot_be_formatted(
    client: Client, capfd: pytest.CaptureFixture[str], argument: object
) -> None:
    """A record that is wrong says so in the log, at its place, and harms nobody."""
    fresh = client.create("shop").id
    with logger_of(LoggingHandler(client, fresh)) as logger:
        logger.info("before")
        logger.info("%d or %s", argument, argument)
        logger.info("after")
    before, wrong, after = lines(client, fresh)
    assert (before, after) == ("before", "after")
    assert "test_logging_handler.py" in wrong
    assert "cannot be formatted" in wrong
    assert capfd.readouterr().err == ""


def test_a_log_that_is_closed(
    client: Client, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A final no ends it: it is said on stderr once, and who logs does not suffer."""
    monkeypatch.setattr("sys.__stderr__", sys.stderr)
    fresh = client.create("shop").id
    client.finish(fresh)
    handler = LoggingHandler(client, fresh)
    with logger_of(handler) as logger:
        logger.info("late")
        handler.flush()
        for _ in range(3):
            logger.info("later")
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 2
    assert all("closed" in row for row in said)
    assert said[1].endswith("not stored: 1")
