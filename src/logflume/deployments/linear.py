"""Regular expressions whose matching takes time in proportion to the text: RE2's.

Anybody may send one, so none may be able to stall the server (decision 14). RE2 also lets other
threads run while it matches. This is the only file that knows the library.
"""

from __future__ import annotations

from functools import lru_cache

import re2  # type: ignore[import-untyped]

MAX_BYTES = 1024 * 1024
"""What RE2 may take for one of them: some 16,000 steps, which is more than a pattern that somebody
wrote has. It bounds what a byte of text can cost, too: the worst found took 25 µs."""

KEPT = 32
"""Compiled ones that are kept: a search asks for part after part, and a large one takes 15 ms to
compile, during which nothing else runs. At most 64 MiB, with what matching adds to them."""


class BadPattern(Exception):
    """RE2 does not take it; the message says what is wrong, and with which part."""


class Linear:
    """A compiled regular expression. It may be used by several threads at once.

    `pattern` is for UTF-8 if it is text; if it is bytes, for any bytes, one of them a character.
    With `within_lines` no match goes over a newline. Raises BadPattern.
    """

    def __init__(self, pattern: str | bytes, *, case: bool, within_lines: bool = False) -> None:
        options = re2.Options()
        options.max_mem = MAX_BYTES
        options.log_errors = False
        options.never_capture = True  # only where it matches is asked, which is found faster
        options.case_sensitive = case
        options.never_nl = within_lines
        if isinstance(pattern, bytes):
            options.encoding = re2.Options.Encoding.LATIN1
        try:
            self._regex = re2.compile(pattern, options)
        except re2.error as error:
            raise BadPattern(_said(error.args[0])) from None
        finally:
            re2.purge()  # the library would keep 128 of them

    @property
    def steps(self) -> int:
        """How large it is: a byte of text costs at most so much."""
        return int(self._regex.programsize)

    def search(self, data: bytes, start: int = 0) -> tuple[int, int] | None:
        """Where its first match from `start` on begins and ends."""
        match = self._regex.search(data, start)
        return None if match is None else match.span()


@lru_cache(maxsize=KEPT)
def linear(pattern: str | bytes, *, case: bool, within_lines: bool = False) -> Linear:
    """The same, compiled once. Raises BadPattern."""
    return Linear(pattern, case=case, within_lines=within_lines)


def _said(message: bytes | str) -> str:
    return message if isinstance(message, str) else message.decode("utf-8", "replace")


__all__ = ["BadPattern", "Linear", "linear"]
