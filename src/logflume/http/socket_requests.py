"""What a client may ask for on a WebSocket it has opened, each a JSON object in a text message.

Fields that are not known are ignored, so that a client may say more than this server understands.
What cannot be had is answered with an error message, and nothing else on the socket is disturbed.
"""

from __future__ import annotations

import msgspec

from logflume.access.callers import Caller
from logflume.cursor import Cursor
from logflume.errors import BadInput, LogError
from logflume.http.context import Context
from logflume.http.log_addresses import address_of, log_at
from logflume.http.needs import examine_log
from logflume.http.parameters import Query
from logflume.http.place import live_start_of
from logflume.http.problems import RequestError, refusal_of
from logflume.http.subscriptions import Subscriptions
from logflume.records import LogId
from logflume.wire.frames import framed
from logflume.wire.websocket import ws_error, ws_unsubscribed

MAX_ECHOED_CHARS = 400
"""Of what a client sent, in an error message. Every log's address is shorter."""


class Subscribe(msgspec.Struct, tag="subscribe", frozen=True):
    """Follow a log from an offset on, its last records and on, or a record of a number and on; one
    of the three."""

    log: str
    offset: str | None = None
    tail: int | None = None
    first: int | None = msgspec.field(default=None, name="from")

    def query(self) -> Query:
        """The same as an address would say it."""
        said = {"offset": self.offset, "tail": self.tail, "from": self.first}
        return {name: [str(value)] for name, value in said.items() if value is not None}


class Unsubscribe(msgspec.Struct, tag="unsubscribe", frozen=True):
    """Follow a log no longer."""

    log: str


Asked = Subscribe | Unsubscribe

_decoder: msgspec.json.Decoder[Asked] = msgspec.json.Decoder(Asked)


def asked_for(text: str | None) -> Asked:
    """What the message asks for. Raises BadInput."""
    if text is None:
        raise BadInput("send text messages; a binary one means nothing here")
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise BadInput(f"no such message: {str(error)[:MAX_ECHOED_CHARS]}") from None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise BadInput("the message is not JSON") from None


async def obey(context: Context, logs: Subscriptions, text: str | None, caller: Caller) -> None:
    """Do what the message asks for; one after the other, once the client takes what is written."""
    address = None
    try:
        asked = asked_for(text)
        address = asked.log[:MAX_ECHOED_CHARS]
        log = log_at(asked.log)
        if isinstance(asked, Unsubscribe):
            logs.remove(log)
            logs.way.write(framed(ws_unsubscribed(address_of(log))))
            return
        await examine_log(context, caller, "read", log)
        with logs.expecting(log):
            logs.add(await open_cursor(context, log, asked.query()))
    except (LogError, RequestError) as error:
        problem = refusal_of(error)
        logs.way.write(framed(ws_error(address, problem.document())))


async def open_cursor(context: Context, log: LogId, query: Query) -> Cursor:
    """A cursor where the query says. Raises BadInput, NoSuchLog, WrongEpoch, AheadOfTail."""
    cursor = await context.cursor(log)
    await context.logs.use(log, cursor.state)
    cursor.seq = await live_start_of(query, {}, cursor)
    return cursor


__all__ = [
    "MAX_ECHOED_CHARS",
    "Asked",
    "Subscribe",
    "Unsubscribe",
    "asked_for",
    "obey",
    "open_cursor",
]
