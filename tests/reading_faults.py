"""Faults in how the store is read for many and for long, as rows of `Fault`."""

from __future__ import annotations

READS = "tests/test_reads.py"
HISTORY = "tests/test_history.py"
LONG = "tests/test_protocol.py::TestLong"
IN_READS = "reads.py"
FORMS = "http/forms.py"
IN_HISTORY = "http/history.py"

ROWS = (
    (
        "each reads the store for himself",
        IN_READS,
        "        reading = self._running.get(place)",
        "        reading = None",
        READS,
    ),
    (
        "what is kept is not looked for",
        "cursor.py",
        "        return tail.recent(self.seq, max_bytes) or self._reads.kept(\n"
        "            tail.log, tail.state, self.seq, max_bytes\n"
        "        )",
        "        return tail.recent(self.seq, max_bytes)",
        READS,
    ),
    (
        "whatever is read is kept",
        IN_READS,
        "        if is_wanted:",
        "        if True:",
        READS,
    ),
    (
        "nothing is kept",
        IN_READS,
        "        if is_wanted:",
        "        if False:",
        READS,
    ),
    (
        "a kept batch does not know its epoch",
        IN_READS,
        "        place = (log, state.epoch, state.rewrites, after, max_bytes)\n"
        "        batch = self._kept",
        "        place = next((p for p in (*self._kept, *self._older)"
        " if (p[0], p[3], p[4]) == (log, after, max_bytes)), (log, 0, 0, after, max_bytes))\n"
        "        batch = self._kept",
        READS,
    ),
    (
        "a kept batch does not know where it begins",
        IN_READS,
        "        batch = self._kept.get(place) or self._older.get(place)",
        "        batch = next((b for p, b in self._kept.items() if p[::4] == place[::4]), None)",
        READS,
    ),
    (
        "the end stays the end",
        IN_READS,
        "if batch is None or (batch.up_to_date and batch.state is not state):",
        "if batch is None:",
        READS,
    ),
    (
        "what is followed by more is forgotten as the log grows",
        IN_READS,
        "if batch is None or (batch.up_to_date and batch.state is not state):",
        "if batch is None or batch.state is not state:",
        READS,
    ),
    (
        "who goes away takes the read with him",
        IN_READS,
        "        batch = await asyncio.shield(reading)",
        "        batch = await reading",
        READS,
    ),
    (
        "a read that has ended is joined",
        IN_READS,
        "            del self._running[place]  # at once: nobody joins what has ended",
        "            pass",
        READS,
    ),
    (
        "a read that failed for nobody is complained of",
        IN_READS,
        "        reading.exception()",
        "        pass",
        READS,
    ),
    (
        "what is kept has no bounds",
        IN_READS,
        "        if self._kept_bytes > KEPT_BYTES:",
        "        if False:",
        READS,
    ),
    (
        "places are never forgotten",
        IN_READS,
        "            self._asked.clear()\n        self._asked.add(place)",
        "            pass\n        self._asked.add(place)",
        READS,
    ),
    (
        "what is kept goes only once",
        IN_READS,
        "        self._turning = False\n        self._turn()",
        "        self._turn()",
        READS,
    ),
    (
        "what was kept before goes too late",
        IN_READS,
        "        if self._older:\n            self._turn_in_time()",
        "        pass",
        READS,
    ),
    (
        "a read's records are told although their log is gone",
        "cursor.py",
        "        if self._tail.gone:\n            # Another",
        "        if False:\n            # Another",
        READS,
    ),
    (
        "a read stays small",
        IN_HISTORY,
        "max_bytes = min(2 * max_bytes, MAX_READ_BYTES) if is_quick else READ_BYTES",
        "max_bytes = READ_BYTES",
        HISTORY,
    ),
    (
        "a read grows without end",
        IN_HISTORY,
        "min(2 * max_bytes, MAX_READ_BYTES)",
        "2 * max_bytes",
        HISTORY,
    ),
    (
        "a slow client is given more and more",
        IN_HISTORY,
        "if is_quick else READ_BYTES",
        "if True else READ_BYTES",
        HISTORY,
    ),
    (
        "a text is unpacked in one go",
        IN_HISTORY,
        "            if form.decodes:",
        "            if False:",
        HISTORY,
    ),
    (
        "a part of a log says the length of all",
        IN_HISTORY,
        "    if span.after or span.until != state.tail or",
        "    if",
        HISTORY,
    ),
    (
        "a fork says the length of its own records",
        IN_HISTORY,
        " or state.ancestors or",
        " or",
        HISTORY,
    ),
    (
        "a length without the brackets",
        FORMS,
        "return len(self.before) + size_bytes - self.cut_bytes + len(self.after)",
        "return size_bytes",
        f"{HISTORY} {LONG}",
    ),
    (
        "a read's chunks are joined",
        FORMS,
        "        if size >= PIECE_BYTES:",
        "        if size >= 2**30:",
        HISTORY,
    ),
    (
        "each small chunk is sent by itself",
        FORMS,
        "        if size >= PIECE_BYTES:",
        "        if size:",
        HISTORY,
    ),
    (
        "the last piece keeps its comma",
        FORMS,
        "return piece[: len(piece) - self.cut_bytes] + self.after",
        "return piece + self.after",
        LONG,
    ),
    (
        "small chunks at the end of a read are left out",
        FORMS,
        "    if small:\n",
        "    if False:\n",
        f"{HISTORY} {LONG}",
    ),
    (
        "a part of a line is a line",
        "deployments/line_records.py",
        "    partial: None = None",
        "    partial: bool | None = None",
        f"tests/test_line_records.py {LONG}",
    ),
)

__all__ = ["ROWS"]
