"""Frames of clients, read as the `websockets` library reads them, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from logflume.wire.frames import (
    CLOSE,
    CONTINUATION,
    MAX_MESSAGE_BYTES,
    PING,
    PONG,
    TEXT,
    BrokenRules,
    FrameReader,
    close_frame,
)
from tests.websocket import frame

Said = list[tuple[int, bytes]]


def read(pieces: list[bytes]) -> tuple[Said, int | None]:
    """What the pieces say, up to a close or to what breaks the rules, and the code for that."""
    reader, said = FrameReader(), Said()
    for piece in pieces:
        reader.feed(piece)
        try:
            while (one := reader.next()) is not None:
                said.append(one)
                if one[0] == CLOSE:
                    return said, None
        except BrokenRules as error:
            assert not reader.idle
            reader.feed(b"\x81\x80\x00\x00\x00\x00")
            assert reader.next() is None
            return said, error.code
    return said, None


def expected(data: bytes) -> tuple[Said, int | None]:
    """The same by the library."""
    protocol, said, message = Protocol(Side.SERVER, max_size=MAX_MESSAGE_BYTES), Said(), b""
    protocol.receive_data(data)
    opcode = TEXT
    for event in protocol.events_received():
        assert isinstance(event, Frame)
        if event.opcode >= Opcode.CLOSE:
            said.append((int(event.opcode), bytes(event.data)))
            continue
        opcode = int(event.opcode) or opcode
        message = bytes(event.data) if event.opcode else message + bytes(event.data)
        if event.fin:
            if opcode == TEXT:
                try:
                    message.decode()
                except UnicodeDecodeError:
                    return said, 1007  # which the library leaves to others
            said.append((opcode, message))
    return said, protocol.close_sent.code if protocol.parser_exc and protocol.close_sent else None


payloads = st.one_of(st.text(max_size=200).map(str.encode), st.binary(max_size=200))
closes = st.builds(
    lambda code, reason: code.to_bytes(2) + reason,
    st.sampled_from([999, 1000, 1004, 1005, 1006, 1011, 1015, 1016, 2999, 3000, 4999, 5000]),
    st.one_of(st.text(max_size=20).map(str.encode), st.binary(max_size=5)),
)
whole = st.builds(frame, st.sampled_from([TEXT, TEXT, 0x2, PING, PONG]), payloads)
odd = st.builds(
    lambda opcode, payload, fin, masked: frame(opcode, payload, fin=fin, masked=masked),
    st.sampled_from([CONTINUATION, TEXT, 0x2, 0x3, PING, PONG, 0xB, 0x10 | TEXT, 0x40 | TEXT]),
    payloads,
    st.booleans(),
    st.sampled_from([True, True, True, False]),
)
fragments = st.lists(payloads, min_size=2, max_size=5).map(
    lambda parts: b"".join(
        frame(TEXT if n == 0 else CONTINUATION, part, fin=n == len(parts) - 1)
        for n, part in enumerate(parts)
    )
)
ends = st.one_of(st.just(b""), st.builds(frame, st.just(CLOSE), st.one_of(closes, payloads)))
streams = st.tuples(st.lists(st.one_of(whole, fragments, odd), max_size=6).map(b"".join), ends)


@settings(max_examples=400, deadline=None)
@given(streams, st.lists(st.integers(0, 2000), max_size=5), st.integers(0, 8))
def test_what_a_client_says_is_read_as_others_read_it(
    stream: tuple[bytes, bytes], cuts: list[int], more: int
) -> None:
    """Messages and control frames in their order, up to the close, or to what breaks the rules and
    the same code for it; however the bytes are cut, and with a part of another frame behind."""
    data = b"".join(stream) + frame(PING, b"abc")[:more]
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(places)]
    assert read(pieces) == expected(data)


def test_a_message_may_come_a_byte_at_a_time() -> None:
    """And leaves nothing behind. Caught: a reader that takes a frame's beginning for all of it."""
    reader, said = FrameReader(), Said()
    data = frame(TEXT, b"x" * 70_000) + frame(PING, b"")
    for n in range(len(data)):
        reader.feed(data[n : n + 1])
        while (one := reader.next()) is not None:
            said.append(one)
    assert said == [(TEXT, b"x" * 70_000), (PING, b"")]
    assert reader.idle


@pytest.mark.parametrize("bytes_said", [MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1])
def test_a_message_has_a_bound(bytes_said: int) -> None:
    """Known from its header: nothing of a longer one is kept.

    Caught: a bound that is looked at when all has come."""
    reader = FrameReader()
    reader.feed(frame(TEXT, b"x" * bytes_said)[:14])
    if bytes_said <= MAX_MESSAGE_BYTES:
        assert reader.next() is None
        return
    with pytest.raises(BrokenRules) as broken:
        reader.next()
    assert broken.value.code == 1009
    reader.feed(b"x" * 1000)
    assert reader.next() is None


def test_a_close_frame_is_read_by_others() -> None:
    """The code and the reason that were given."""
    protocol = Protocol(Side.CLIENT)
    protocol.receive_data(close_frame(1012, "the server restarts"))
    assert protocol.close_rcvd is not None
    assert (protocol.close_rcvd.code, protocol.close_rcvd.reason) == (1012, "the server restarts")
