"""How this program ends: what its deployment is to be told, and when there is time to tell it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Literal

Unhandled = Callable[[BaseException], None]

_status: Literal["succeeded", "failed", "cancelled"] = "succeeded"
_is_watched = False


def status() -> str:
    """What the program's end means by now. An exit code is nothing that Python tells."""
    return _status


def watch(on_unhandled: Unhandled) -> None:
    """Learn of an exception that ends the program, once; what was to be told of it still is."""
    global _is_watched
    if _is_watched:
        return
    _is_watched = True
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
        global _status
        _status = "cancelled" if issubclass(kind, KeyboardInterrupt) else "failed"
        on_unhandled(error)
        before(kind, error, at)

    sys.excepthook = hook


def before_exit(owner: object, call: Callable[[], None]) -> None:
    """Call this before the process ends, where `logging` itself does not: a child that
    multiprocessing has forked skips what other programs do at their end."""
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is not None and multiprocessing.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(owner, call, exitpriority=0)


__all__ = ["before_exit", "status", "watch"]
