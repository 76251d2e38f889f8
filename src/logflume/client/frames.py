"""What the server sends to live readers, taken out of its frames: events and messages to pieces.

Both bring the same: records with the offset after them, where the reader stands, that the log is
gone, or a problem that ends the reading early. What has a name of the future is passed over.
"""

from __future__ import annotations

import msgspec

from logflume.client.answers import Problem, problem_error
from logflume.client.errors import LogGone
from logflume.client.follow import Piece
from logflume.client.records import decode, not_logflume
from logflume.client.sse import Event


class Control(msgspec.Struct, rename="camel"):
    """What follows each batch: where to read on, and whether that is the tail or the end."""

    stream_next_offset: str
    up_to_date: bool = False
    stream_closed: bool = False


class Message(msgspec.Struct):
    """A WebSocket's message: records with their control, or one of the two ends."""

    type: str
    data: msgspec.Raw = msgspec.Raw(b"[]")
    control: Control | None = None
    problem: Problem | None = None


def piece_of_event(event: Event) -> Piece | None:
    """What an event brings, if anything. Raises LogGone, Refused, ServerAway."""
    if event.name == "data":
        if not event.id:
            raise not_logflume("records came without their offset")
        return Piece(decode(event.data, list[msgspec.Raw]), event.id)
    if event.name == "control":
        control = decode(event.data, Control)
        offset = control.stream_next_offset
        return Piece([], offset, control.up_to_date, control.stream_closed)
    if event.name == "gone":
        raise _gone()
    if event.name == "problem":
        raise problem_error(decode(event.data, Problem))
    return None


def piece_of_message(text: str | bytes) -> Piece | None:
    """What a message brings, if anything. Raises LogGone, Refused, ServerAway."""
    message = decode(text, Message)
    if message.type == "batch" and message.control:
        control = message.control
        offset = control.stream_next_offset
        raw = decode(message.data, list[msgspec.Raw])
        return Piece(raw, offset, control.up_to_date, control.stream_closed)
    if message.type == "gone":
        raise _gone()
    if message.type == "error":
        raise problem_error(message.problem or Problem())
    return None


def _gone() -> LogGone:
    return LogGone(404, "the log was deleted while it was followed")


__all__ = ["piece_of_event", "piece_of_message"]
