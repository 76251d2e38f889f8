"""The same bytes to many sockets in one call of the kernel: io_uring, where Linux has it.

What a `write()` to each costs is mostly the kernel's work for each socket, but for an interpreter
not only: the call itself, its arguments, the way in and out. Here the kernel is handed a table of
sockets, and goes through it by itself (decision 12). Nothing is awaited: each send ends at once, by
`MSG_DONTWAIT`, having taken all, some or nothing.

Constants and layouts: linux/io_uring.h; io_uring_setup(2), io_uring_enter(2).
"""

from __future__ import annotations

import ctypes
import errno
import logging
import mmap
import os
import socket
import struct
import sys
from array import array
from contextlib import closing
from weakref import finalize

_log = logging.getLogger(__name__)

ENTRIES = 256
"""Sends in one call. A power of two, as the kernel wants it."""

_SETUP, _ENTER = 425, 426
"""Numbers of the system calls, for which the C library has no functions."""

_OP_SEND = 26
_OFFSET_SQES = 0x1000_0000
_SQE = struct.Struct("<BBHiQQII Q24x")
"""An entry: operation, flags, priority, descriptor, offset, address, length, flags, user data."""

_PARAMETERS_BYTES = 120
_SQ_OFFSETS, _CQ_OFFSETS = 40, 80
_CQE_BYTES = 16
_COUNTER = 0xFFFF_FFFF
"""Heads and tails are 32 bits wide, and start anew beyond."""


class SendRing:
    """Use it on one thread. Raises OSError where the kernel has no such thing, or forbids it."""

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, "io_uring is Linux's")
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        parameters = bytearray(_PARAMETERS_BYTES)
        self._descriptor = self._ask(
            _SETUP, ENTRIES, (ctypes.c_char * _PARAMETERS_BYTES).from_buffer(parameters)
        )
        finalize(self, os.close, self._descriptor)
        entries, results = struct.unpack_from("<II", parameters)
        sq = struct.unpack_from("<7I", parameters, _SQ_OFFSETS)
        cq = struct.unpack_from("<6I", parameters, _CQ_OFFSETS)
        if entries != ENTRIES or results % entries:
            raise OSError(errno.EINVAL, "the ring is of another size")
        length = max(sq[6] + 4 * entries, cq[5] + _CQE_BYTES * results)
        ring = memoryview(mmap.mmap(self._descriptor, length))
        sqes = memoryview(mmap.mmap(self._descriptor, _SQE.size * entries, offset=_OFFSET_SQES))
        for index in range(entries):  # what is the same at every send
            flags = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
            _SQE.pack_into(sqes, _SQE.size * index, _OP_SEND, 0, 0, -1, 0, 0, 0, flags, index)
        self._counters = ring[: len(ring) // 4 * 4].cast("I")
        self._counters[sq[6] // 4 : sq[6] // 4 + entries] = array("I", range(entries))
        self._sq_head, self._sq_tail = sq[0] // 4, sq[1] // 4
        self._cq_head, self._cq_tail = cq[0] // 4, cq[1] // 4
        self._many_results = results
        found = ring[cq[5] : cq[5] + _CQE_BYTES * results]
        self._senders = found.cast("Q")[0::2]
        self._taken_bytes = found.cast("i")[2::4]
        self._descriptors = sqes.cast("i")[1::16]
        self._addresses = sqes.cast("Q")[2::8]
        self._lengths = sqes.cast("I")[6::16]
        self._try()

    def send(self, descriptors: array[int], data: bytes) -> list[tuple[int, int]]:
        """Send `data` to each; who did not take all of it, as (index, bytes taken).

        Nobody is told twice and nobody waited for. Why a socket took nothing (its buffer is full,
        it is gone) is not said: the next ordinary write to it will say.
        """
        address = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0
        short: list[tuple[int, int]] = []
        begin = 0
        while begin < len(descriptors):
            room = ENTRIES - self._counters[self._sq_tail] % ENTRIES
            part = descriptors[begin : begin + room]
            short += [(begin + at, took) for at, took in self._send(part, address, len(data))]
            begin += len(part)
        return short

    def _send(self, descriptors: array[int], address: int, length: int) -> list[tuple[int, int]]:
        """The same for as many as there is room for, up to the ring's end."""
        many = len(descriptors)
        tail = self._counters[self._sq_tail]
        first = tail % ENTRIES
        entries = slice(first, first + many)
        self._descriptors[entries] = memoryview(descriptors)
        self._addresses[entries] = memoryview(array("Q", [address]) * many)
        self._lengths[entries] = memoryview(array("I", [length]) * many)
        self._counters[self._sq_tail] = (tail + many) & _COUNTER
        self._call(_ENTER, self._descriptor, many, 0, 0, None, 0)
        # What the kernel did not come to is taken back: it tells so by its head.
        self._counters[self._sq_tail] = self._counters[self._sq_head]
        senders, taken_bytes = self._take_results()
        if taken_bytes.count(length) == many:
            return []
        took = dict(zip(senders, taken_bytes, strict=True))
        everyone = ((index, max(took.get(first + index, 0), 0)) for index in range(many))
        return [(index, taken) for index, taken in everyone if taken < length]

    def _take_results(self) -> tuple[list[int], list[int]]:
        """Who has been sent to, by entry, and how much each took or, below zero, why it did not.

        Results never run over the end of their ring: it is a multiple of the entries' ring, each
        entry that was sent gives one, and a call's entries do not run over theirs.
        """
        head, tail = self._counters[self._cq_head], self._counters[self._cq_tail]
        begin = head % self._many_results
        end = begin + ((tail - head) & _COUNTER)
        senders = self._senders[begin:end].tolist()
        taken_bytes = self._taken_bytes[begin:end].tolist()
        self._counters[self._cq_head] = tail
        return senders, taken_bytes

    def _ask(self, number: int, *arguments: object) -> int:
        answer: int = self._call(number, *arguments)
        if answer < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return answer

    def _try(self) -> None:
        """Kernels that have rings, but do not send by them, are of no use."""
        here, there = socket.socketpair()
        with closing(here), closing(there):
            if self.send(array("i", [here.fileno()]), b"?"):
                raise OSError(errno.ENOSYS, "io_uring does not send here")


def open_send_ring() -> SendRing | None:
    """A ring, or None where there is none to be had: sandboxes often forbid it."""
    try:
        return SendRing()
    except OSError as error:
        _log.info("no io_uring (%s): watchers are written to one by one", error)
        return None


__all__ = ["ENTRIES", "SendRing", "open_send_ring"]
