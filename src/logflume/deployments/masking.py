"""What is masked in lines that come to the server: by their project's rules, and what the log's own
`::add-mask::` lines said.

The last line of defence, not the first: what arrives here has left its machine. A rule sees one
record's text at a time, so nothing that lies in two. Values that lines asked to be masked are kept
in memory alone, for a disk is where they must not be: they count until their log ends, the server
stops, or others need the room (`MAX_ALL_SAID_BYTES`).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

from msgspec.structs import replace

from logflume.deployments.incoming import IncomingLine
from logflume.deployments.linear import BadPattern, Linear
from logflume.deployments.lines import Line
from logflume.errors import BadRecord
from logflume.masks.automaton import Automaton, Span, merged
from logflume.masks.commands import sign_in, unescaped
from logflume.masks.masks import Masks, covered
from logflume.records import LogId

MAX_RULES = 100
"""Of a project. Each is looked for in every line."""

MAX_RULE_BYTES = 1024
"""Of a rule. A longer one is a list of values, to be masked where they are known."""

MAX_SAID_BYTES = 4096
"""Of the values that a log's lines ask to be masked: a private key, or fifty tokens. What is beyond
is masked in the line that says it, and nowhere else; to look for it is for all lines to pay."""

MAX_ALL_SAID_BYTES = 256 * 1024
"""Of the values of all logs, those that were said last: at worst some 250 MB of what finds them."""

_SAMPLES = (b"", b"a", b"a b", b"1\n", b" ")
"""In which an expression shows itself that matches where nothing is."""

KEPT_RULES = 256
"""Projects whose rules are kept compiled."""


class Rules:
    """A project's regular expressions, in RE2's syntax. Raises BadRecord, with the number of the
    one that is none, or that would match where nothing is."""

    def __init__(self, patterns: Sequence[str]) -> None:
        if len(patterns) > MAX_RULES:
            raise BadRecord(f"masks: {len(patterns)} are too many; at most {MAX_RULES}")
        self._rules = [_rule(number, pattern) for number, pattern in enumerate(patterns, 1)]

    def spans(self, text: bytes) -> list[Span]:
        """What of the text any of them matches, in no order."""
        return [span for rule in self._rules for span in _matches(rule, text)]


RulesOf = Callable[[str], Rules | None]
"""The rules of the project of that name; it is asked for every append."""


def no_rules(_: str) -> None:
    """Of a server that has none."""


@lru_cache(KEPT_RULES)
def rules_of(patterns: tuple[str, ...]) -> Rules | None:
    """The same rules, compiled once; None of none. Raises BadRecord."""
    return Rules(patterns) if patterns else None


class Maskings:
    """What is masked in which log. `project_of` says whose a log is."""

    def __init__(self, project_of: Callable[[LogId], Awaitable[str]], rules: RulesOf) -> None:
        self.rules = rules
        self._project_of = project_of
        self._said: OrderedDict[LogId, Masks] = OrderedDict()
        self._said_bytes = 0
        # Long batches are taken apart in other threads.
        self._lock = Lock()

    async def of(self, log: LogId) -> Masking:
        """For whoever appends to the log, as long as he does. Raises NoSuchLog."""
        project = "" if self.rules is no_rules else await self._project_of(log)
        return Masking(self, log, project)

    def add(self, log: LogId, value: bytes) -> None:
        """Mask this in the log, too, from now on."""
        with self._lock:
            masks = self._said.pop(log, None) or Masks()
            self._said_bytes -= masks.size_bytes
            if masks.size_bytes + len(value) <= MAX_SAID_BYTES:
                masks.add(value)
            if masks:
                self._said[log] = masks  # as the last that said any
                self._said_bytes += masks.size_bytes
            while self._said_bytes > MAX_ALL_SAID_BYTES:
                self._said_bytes -= self._said.popitem(last=False)[1].size_bytes

    def said(self, log: LogId) -> Automaton | None:
        """What finds the values that lines of the log said."""
        if log not in self._said:
            return None
        with self._lock:
            masks = self._said.get(log)
            return None if masks is None else masks.automaton

    def forget(self, log: LogId) -> None:
        """The log has ended."""
        with self._lock:
            masks = self._said.pop(log, None)
            self._said_bytes -= masks.size_bytes if masks else 0


class Masking:
    """The masks of a log for one who appends to it."""

    def __init__(self, maskings: Maskings, log: LogId, project: str) -> None:
        self._maskings = maskings
        self._log = log
        self._project = project
        self._open: set[str] = set()  # streams whose last record ends in a value that goes on

    def lines(self, lines: list[Line], stream: str, came: bytes) -> list[Line]:
        """The lines, masked; there is at least one. `came` is what they were made of, but for the
        beginning of the first, which may have come before; empty if `markers.may_hold` says that
        it is of no interest."""
        if not (self._is_watched() or (came and sign_in(came)) or _may_have(lines[0][0])):
            return lines
        masked = self._masked([_Text(text, partial, stream) for text, partial in lines])
        return [(text, partial) for text, (_, partial) in zip(masked, lines, strict=True)]

    def incoming(self, lines: list[IncomingLine], stream: str, came: bytes) -> list[IncomingLine]:
        """The same of lines that came as the JSON `came`, which is empty if `markers.may_be_said`
        says that it is of no interest."""
        if not (self._is_watched() or came):
            return lines
        said = [_Text(line.text, line.partial, line.stream or stream) for line in lines]
        masked = zip(lines, self._masked(said), strict=True)
        return [line if text == line.text else replace(line, text=text) for line, text in masked]

    def _is_watched(self) -> bool:
        """Whether any line may have to be masked, whatever it says itself."""
        return (
            bool(self._open)
            or self._maskings.rules(self._project) is not None
            or self._maskings.said(self._log) is not None
        )

    def _masked(self, texts: Sequence[_Text]) -> list[str]:
        values = list(map(self._value, texts))  # all of them, before any text is masked
        rules, said = self._maskings.rules(self._project), self._maskings.said(self._log)
        if not (rules or said or any(values)):
            return [text.text for text in texts]
        masked = []
        for text, value in zip(texts, values, strict=True):
            data = text.text.encode()
            spans = [*value, *(rules.spans(data) if rules else ())]
            spans += said.spans(data) if said else ()
            shown = covered(data, merged(spans), 0, len(data)) if spans else data
            masked.append(shown.decode("utf-8", "replace") if spans else text.text)
        return masked

    def _value(self, text: _Text) -> list[Span]:
        """Where in a text the value of a command is, or the rest of one that began before; it is to
        be masked in the whole log."""
        goes_on = text.stream in self._open
        if not (goes_on or _may_have(text.text)):
            return []
        data = text.text.encode()
        found = None if goes_on else sign_in(data)
        if found is None and not goes_on:
            return []
        (self._open.add if text.partial else self._open.discard)(text.stream)
        start = found.end() if found else 0
        if found and not data[: found.start()].strip():
            self._maskings.add(self._log, unescaped(data[start:]))
        return [(start, len(data))] if data[start:].strip() else []


def _may_have(text: str) -> bool:
    """Whether a text may have a command. Both of its forms have this in common."""
    return "-" in text and _MASK_SIGN.search(text) is not None


_MASK_SIGN = re.compile("add-mask", re.IGNORECASE)


class _Text(NamedTuple):
    text: str
    partial: bool
    stream: str


def _rule(number: int, pattern: str) -> Linear:
    """Raises BadRecord."""
    if not 0 < len(pattern.encode("utf-8", "replace")) <= MAX_RULE_BYTES:
        raise BadRecord(f"masks: number {number} must have 1 to {MAX_RULE_BYTES} bytes")
    try:
        rule = Linear(pattern, case=True)
    except (BadPattern, UnicodeEncodeError) as error:
        raise BadRecord(f"masks: number {number} is no regular expression: {error}") from None
    if any(start == end for sample in _SAMPLES for start, end in _matches(rule, sample)):
        raise BadRecord(f"masks: number {number} matches the empty text; let it match a secret")
    return rule


def _matches(rule: Linear, text: bytes) -> Iterator[Span]:
    """All matches of a rule, from left to right."""
    start = 0
    while start <= len(text) and (found := rule.search(text, start)) is not None:
        yield found
        start = max(found[1], start + 1)


__all__ = [
    "MAX_RULES",
    "MAX_RULE_BYTES",
    "Masking",
    "Maskings",
    "Rules",
    "RulesOf",
    "no_rules",
    "rules_of",
]
