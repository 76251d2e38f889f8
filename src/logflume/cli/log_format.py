r"""The server's own log: one record a line, as text or as JSON, whatever a client sent.

Much of what is told comes from outside: a path, a name, the text of an error. In the log of a
server it must stay what it is: it ends no line, begins none, and moves no cursor of whoever looks.
So every character that is not printed is written as an escape (`\x1b`), line ends above all.

There is no access log. A server that carries ten thousand watchers has little to say about each of
them, the proxy before it says that better, and an address may be all that is needed to read a log.
What is refused or fails is told with its reason, by `http/refusals.py`.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

CONTINUED = "  | "
"""What the lines of a traceback begin with, and no record."""

MAX_CHARS = 4000
"""Of one message: a client must not be able to fill the log with one request."""


def escaped(text: str) -> str:
    """The text as one line that does nothing but stand there."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else _escape(one) for one in text)


def _escape(one: str) -> str:
    return one.encode("unicode_escape").decode("ascii")


class TextFormatter(logging.Formatter):
    """`LEVEL logger: message`; the lines of a traceback follow it."""

    def format(self, record: logging.LogRecord) -> str:
        first = f"{record.levelname} {record.name}: {escaped(_message(record))}"
        trace = _trace(self, record)
        return "\n".join([first, *(CONTINUED + escaped(line) for line in trace)])


class JsonFormatter(logging.Formatter):
    """An object a record: `time`, `level`, `logger`, `message`, and `trace` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds")
        told = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": escaped(_message(record)),
        }
        trace = _trace(self, record)
        # ASCII only, so that no terminal and no pipeline finds more in it than there is.
        return json.dumps({**told, **({"trace": trace} if trace else {})}, ensure_ascii=True)


FORMATTERS: dict[LogFormat, type[logging.Formatter]] = {
    "text": TextFormatter,
    "json": JsonFormatter,
}


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    return text if len(text) <= MAX_CHARS else f"{text[:MAX_CHARS]}…"


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    if not record.exc_info:
        return []
    return formatter.formatException(record.exc_info).split("\n")


def log_to(stream: TextIO, form: LogFormat, level: LogLevel) -> None:
    """Have everything that this process logs from this level on written to the stream."""
    writer = logging.StreamHandler(stream)
    writer.setFormatter(FORMATTERS[form]())
    root = logging.getLogger()
    root.handlers[:] = [writer]
    root.setLevel(level.upper())


def announce(message: str, form: LogFormat) -> None:
    """Tell whoever started the server something that no level hides."""
    if form == "json":
        record = logging.makeLogRecord(
            {"name": "logflume", "levelname": "INFO", "msg": "%s", "args": (message,)}
        )
        message = JsonFormatter().format(record)
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


__all__ = ["LogFormat", "LogLevel", "announce", "escaped", "log_to"]
