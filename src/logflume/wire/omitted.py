"""The record that stands in a log for records that are no longer kept.

It says which numbers it stands for, so whoever counts records counts on, and has a text, so that
whoever shows lines shows it. Its bytes follow from the numbers and the gap alone: a log that is
read from its start in one piece has the same bytes each time, and the same digest.
"""

from __future__ import annotations

from array import array

import msgspec

from logflume.records import Chunk, Gap, Seq
from logflume.wire.forms import rfc3339

KIND = "omitted"


def omitted(after: Seq, until: Seq, gap: Gap) -> Chunk:
    """The record of `after + 1` to `until`, all in the gap; its number is the last of them."""
    first = Seq(after + 1)
    lines = until - after
    which = f"line {first:,} is" if lines == 1 else f"lines {first:,} to {until:,} are"
    record = {
        "n": until,
        "time": rfc3339(gap.at_us),
        "kind": KIND,
        "from": first,
        "lines": lines,
        "stream": "system",
        "text": f"{which} not kept: the log is larger than its project's limit",
    }
    body = msgspec.json.encode(record) + b"\n"
    return Chunk(first, array("I", [len(body)]), body, lines)


__all__ = ["KIND", "omitted"]
