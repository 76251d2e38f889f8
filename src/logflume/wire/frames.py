"""Frames of a WebSocket (RFC 6455, section 5.2): a client's, read as they come, and ours.

What we send is whole, uncompressed and unmasked, as servers send it: nothing in a frame belongs to
one connection, so the same bytes go to every socket. What a client sends may come in any pieces,
and is checked before it is kept: at most one message is, of at most `MAX_MESSAGE_BYTES`.
"""

from __future__ import annotations

import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

MAX_MESSAGE_BYTES = 1024 * 1024
"""What a client may say at once. What it has to say has a few hundred bytes."""

PROTOCOL_ERROR, INVALID_DATA, TOO_BIG = 1002, 1007, 1009
"""Close codes for what a client must not send (RFC 6455, section 7.4.1)."""

_OPCODES = {CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG}
_LAST, _RESERVED, _MASKED = 0x80, 0x70, 0x80
_MAX_CONTROL_BYTES = 125

_SHORT, _MEDIUM, _LONG = 125, 126, 127
"""Longest length that stands in the second byte; what stands there if two or eight bytes follow."""

_MASK_BYTES = 4
_HEADER_BYTES = {_MEDIUM: 4, _LONG: 10}

_CODES = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
"""Close codes that may be sent (RFC 6455, section 7.4, and IANA)."""


class BrokenRules(Exception):
    """What no client may send: the close code that it gets for it, and the reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class FrameReader:
    """What a client says, out of the bytes as they come."""

    __slots__ = ("_bytes", "_is_broken", "_message", "_opcode")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._is_broken = False
        self._message: bytearray | None = None
        """The fragments of a message that is not whole yet."""
        self._opcode = TEXT

    @property
    def idle(self) -> bool:
        """Whether nothing has begun that is not whole, so that another reader may go on."""
        return not self._bytes and self._message is None and not self._is_broken

    def feed(self, data: bytes) -> None:
        """Take what has come."""
        if not self._is_broken:
            self._bytes += data

    def next(self) -> tuple[int, bytes] | None:
        """The next control frame or whole message, its opcode and payload; None if there is none
        yet. Raises BrokenRules once; whatever comes after that is thrown away."""
        try:
            return self._next()
        except BrokenRules:
            self._is_broken = True
            self._bytes.clear()
            raise

    def _next(self) -> tuple[int, bytes] | None:
        while (frame := self._take_frame()) is not None:
            opcode, is_last, payload = frame
            if opcode & 0x8:
                if opcode == CLOSE:
                    _check_close(payload)
                return opcode, payload
            if opcode != CONTINUATION:
                self._message, self._opcode = bytearray(), opcode
            if self._message is not None:  # or it would not have been taken
                self._message += payload
            if is_last:
                return self._opcode, self._whole()
        return None

    def _take_frame(self) -> tuple[int, bool, bytes] | None:
        """The first frame's opcode, whether it is its message's last, and what it holds."""
        head = self._bytes
        if len(head) < 2:
            return None
        opcode, length = head[0] & 0x0F, head[1] & 0x7F
        self._check(head[0], head[1])
        start = _HEADER_BYTES.get(length, 2)
        if length > _SHORT:
            if len(head) < start:
                return None
            length = int.from_bytes(head[2:start])
        if length + len(self._message or b"") > MAX_MESSAGE_BYTES and not opcode & 0x8:
            raise BrokenRules(TOO_BIG, f"a message has at most {MAX_MESSAGE_BYTES} bytes")
        end = start + _MASK_BYTES + length
        if len(head) < end:
            return None
        is_last = bool(head[0] & _LAST)
        payload = _unmasked(head[start : start + _MASK_BYTES], head[start + _MASK_BYTES : end])
        del self._bytes[:end]
        return opcode, is_last, payload

    def _check(self, first: int, second: int) -> None:
        """Whether a frame may begin with these bytes here."""
        opcode, length = first & 0x0F, second & 0x7F
        if opcode not in _OPCODES or first & _RESERVED:
            raise BrokenRules(PROTOCOL_ERROR, "an unknown kind of frame, or reserved bits")
        if not second & _MASKED:
            raise BrokenRules(PROTOCOL_ERROR, "a frame that is not masked")
        if opcode & 0x8:
            if length > _MAX_CONTROL_BYTES or not first & _LAST:
                raise BrokenRules(PROTOCOL_ERROR, "a control frame that is long or in fragments")
        elif (opcode == CONTINUATION) is (self._message is None):
            raise BrokenRules(PROTOCOL_ERROR, "a fragment out of place")

    def _whole(self) -> bytes:
        message, self._message = bytes(self._message or b""), None
        if self._opcode == TEXT and not _is_text(message):
            raise BrokenRules(INVALID_DATA, "a text message is UTF-8")
        return message


def _check_close(payload: bytes) -> None:
    """Whether this may stand in a close frame."""
    if not _is_text(payload[2:]):
        raise BrokenRules(INVALID_DATA, "the reason of a close is UTF-8")
    if payload and int.from_bytes(payload[:2]) not in _CODES:
        raise BrokenRules(PROTOCOL_ERROR, "no close code, or one that is never sent")


def framed(message: bytes, opcode: int = TEXT) -> bytes:
    """The frame of a message, or a control frame."""
    first, length = _LAST | opcode, len(message)
    if length <= _SHORT:
        return struct.pack("!BB", first, length) + message
    if length < 1 << 16:
        return struct.pack("!BBH", first, _MEDIUM, length) + message
    return struct.pack("!BBQ", first, _LONG, length) + message


def close_frame(code: int, reason: str) -> bytes:
    """Says that the socket ends, and why."""
    return framed(struct.pack("!H", code) + reason.encode(), CLOSE)


def message_of(frame: bytes) -> str:
    """The message that `framed` made this of, for a server that frames messages itself."""
    return frame[_HEADER_BYTES.get(frame[1], 2) :].decode()


def _unmasked(mask: bytes | bytearray, payload: bytes | bytearray) -> bytes:
    length = len(payload)
    pad = (mask * (length // _MASK_BYTES + 1))[:length]
    return (int.from_bytes(payload) ^ int.from_bytes(pad)).to_bytes(length)


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


__all__ = [
    "BINARY",
    "CLOSE",
    "CONTINUATION",
    "MAX_MESSAGE_BYTES",
    "PING",
    "PONG",
    "TEXT",
    "BrokenRules",
    "FrameReader",
    "close_frame",
    "framed",
    "message_of",
]
