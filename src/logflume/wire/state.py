"""A log's state as a store keeps it: MessagePack, fields by name.

A field that is added gets a default, so that what an older Logflume stored is still read.
"""

from __future__ import annotations

import msgspec

from logflume.errors import StoreCorrupt
from logflume.records import State

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(State)


def encode_state(state: State) -> bytes:
    return _encoder.encode(state)


def decode_state(stored: bytes) -> State:
    """The state that was stored. Raises StoreCorrupt."""
    try:
        return _decoder.decode(stored)
    except msgspec.MsgspecError as error:
        raise StoreCorrupt(f"a log's state cannot be read: {error}") from error


__all__ = ["decode_state", "encode_state"]
