"""What a client may ask for on a WebSocket it has opened, each a JSON object in a text message.

Fields that are not known are ignored, so that a client may say more than this server understands.
"""

from __future__ import annotations

import msgspec

from logflume.errors import BadInput
from logflume.http.parameters import Query

MAX_ECHOED_CHARS = 400
"""Of what a client sent, in an error message. Every log's address is shorter."""


class Subscribe(msgspec.Struct, tag="subscribe", frozen=True):
    """Follow a log from an offset on, or its last records and on; one of the two."""

    log: str
    offset: str | None = None
    tail: int | None = None

    def query(self) -> Query:
        """The same as an address would say it."""
        said = {"offset": self.offset, "tail": self.tail}
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


__all__ = ["MAX_ECHOED_CHARS", "Asked", "Subscribe", "Unsubscribe", "asked_for"]
