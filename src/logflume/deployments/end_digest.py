"""Whether an ended log is what its `end` record says: the one place that checks a digest.

`digests.py` makes the digest as the log grows; this computes it anew from what is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from logflume.records import Chunk

ALGORITHM = "sha256:"


class _End(msgspec.Struct):
    kind: str = ""
    lines: int = -1
    digest: str = ""


def end_damage(chunks: Iterable[Chunk]) -> str | None:
    """What is wrong with the records of a log that has ended; None if it is what its end says."""
    before, last = hashlib.sha256(), b""
    lines = -1
    for chunk in chunks:
        before.update(last)
        start = chunk.ends[-2] if len(chunk) > 1 else 0
        before.update(memoryview(chunk.body)[:start])
        last, lines = chunk.body[start:], lines + (chunk.omitted or len(chunk))
    try:
        end = msgspec.json.decode(last, type=_End)
    except msgspec.MsgspecError:
        return "its last record cannot be read"
    if end.kind != "end":
        return "it has ended, and its last record is not its end"
    if end.lines != lines:
        return f"its end counts {end.lines} records before it, and there are {lines}"
    if end.digest != f"{ALGORITHM}{before.hexdigest()}":
        return "its records are not those that its end has the digest of"
    return None


__all__ = ["end_damage"]
