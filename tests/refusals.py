"""System calls that the kernel refuses, as a sandbox has it refuse them: by a filter of seccomp.

`python -m tests.refusals NUMBER COMMAND…` becomes the command, to which this call is refused. A
filter is for a thread and whatever it starts, and stays to the thread's end.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from logflume.http.send_ring import open_send_ring

T = TypeVar("T")

HAS_IO_URING = open_send_ring() is not None
"""Whether the kernel lets this process have it. Containers often do not, and nothing that a project
installs can change it."""

NEEDS_IO_URING = pytest.mark.skipif(
    not HAS_IO_URING,
    reason="this kernel forbids io_uring; what Logflume does then is tested all the same",
)

IO_URING_SETUP, IO_URING_ENTER = 425, 426

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
"""prctl(2)."""

_LOAD_NUMBER, _SKIP_UNLESS, _RETURN = 0x20, 0x15, 0x06
_FAIL, _ALLOW = 0x0005_0000, 0x7FFF_0000
"""linux/filter.h, linux/seccomp.h."""


def refuse(number: int, code: int = errno.EPERM) -> None:
    """Have the call with this number fail so, in this thread, from now on."""
    steps = [
        (_LOAD_NUMBER, 0, 0, 0),
        (_SKIP_UNLESS, 0, 1, number),
        (_RETURN, 0, 0, _FAIL | code),
        (_RETURN, 0, 0, _ALLOW),
    ]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    given = struct.pack("HP", len(steps), ctypes.addressof(program))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for arguments in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, given)):
        if prctl(*arguments):
            raise OSError(ctypes.get_errno(), "the kernel takes no filter")


def apart(work: Callable[[], T]) -> T:
    """The result of `work` in a thread of its own, with which all that is refused there ends."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result()


def forbidden(number: int, work: Callable[[], T], code: int = errno.EPERM) -> T:
    """The result of `work` where this call is refused."""

    def do() -> T:
        refuse(number, code)
        return work()

    return apart(do)


def main() -> None:
    number, *command = sys.argv[1:]
    refuse(int(number))
    os.execvp(command[0], command)  # noqa: S606 -- that is its purpose


if __name__ == "__main__":
    main()

__all__ = [
    "HAS_IO_URING",
    "IO_URING_ENTER",
    "IO_URING_SETUP",
    "NEEDS_IO_URING",
    "apart",
    "forbidden",
    "refuse",
]
