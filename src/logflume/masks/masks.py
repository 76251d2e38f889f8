"""Values that must not be seen, and texts without them.

The invariant: every byte of a value, in any of its forms, is gone, also where values overlap or lie
within one another; each run of such bytes in a line is `***`. Line ends stay, so that a masked log
has as many lines as the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from logflume.masks.automaton import Automaton, Span
from logflume.masks.commands import MASK
from logflume.masks.forms import forms_of, values_of


def _nothing() -> None:
    pass


class Masks:
    """The values of one log. They become more, never less.

    `on_short` is told of each value that is too short to be masked.
    """

    def __init__(
        self, values: Iterable[str | bytes] = (), *, on_short: Callable[[], None] = _nothing
    ) -> None:
        self._on_short = on_short
        self._values: set[bytes] = set()
        self._forms: set[bytes] = set()
        self._automaton: Automaton | None = None
        for value in values:
            self.add(value)

    def __bool__(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._values)

    @property
    def size_bytes(self) -> int:
        """Of all values; each line of one counts, too."""
        return sum(map(len, self._values))

    def add(self, value: str | bytes) -> None:
        """Mask this value, too, from now on. An empty one is none."""
        secret = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        values = values_of(secret)
        if not values and secret.strip():
            self._on_short()
        new = set(values) - self._values
        if new:
            self._values |= new
            self._forms.update(*map(forms_of, new))
            self._automaton = None

    @property
    def automaton(self) -> Automaton:
        """What finds the values that there are by now."""
        if self._automaton is None:
            self._automaton = Automaton(self._forms)
        return self._automaton

    def masked(self, text: str) -> str:
        """A whole text without the values."""
        if not self._values:
            return text
        data = text.encode("utf-8", "surrogatepass")
        spans = self.automaton.spans(data)
        if not spans:
            return text
        return covered(data, spans, 0, len(data)).decode("utf-8", "surrogatepass")


def covered(data: bytes, spans: Sequence[Span], start: int, end: int) -> bytes:
    """`data` from `start` to `end`, with masks where the spans are."""
    if not spans:
        return data[start:end]
    parts = []
    for span_start, span_end in spans:
        if span_end <= start:
            continue
        if span_start >= end:
            break
        parts.append(data[start : max(start, span_start)])
        parts.append(_IN_LINE.sub(MASK, data[max(start, span_start) : min(end, span_end)]))
        start = min(end, span_end)
    parts.append(data[start:end])
    return b"".join(parts)


_IN_LINE = re.compile(rb"[^\r\n]+")

__all__ = ["Masks", "covered"]
