"""Faults that the tests of the core must catch, as rows of `Fault`: rules, states, tails, what goes
over the wire.

Each is planted where a test's docstring says "Caught"; `tests/faults.py` plants them.
"""

from __future__ import annotations

ORDER = "tests/test_rules_order.py"
STORES = "tests/test_store_memory.py tests/test_store_sqlite.py"
STATES = "tests/test_tail_states.py"
RACES = "tests/test_fork_races.py"
LIFETIMES = "tests/test_generic_lifetimes.py"

ROWS = (
    (
        "an older epoch is told of the end first",
        "rules.py",
        "        _refuse_older_epoch(producers.get(append.producer.id), append.producer)\n"
        "    if state.closed and not append.describes_only:\n        raise LogClosed(state)\n",
        "    if state.closed and not append.describes_only:\n        raise LogClosed(state)\n"
        "    if append.producer is not None:\n"
        "        _refuse_older_epoch(producers.get(append.producer.id), append.producer)\n",
        ORDER,
    ),
    (
        "writers may repeat themselves",
        "rules.py",
        "append.writer_seq.encode() <= state.writer_seq.encode()",
        "append.writer_seq.encode() < state.writer_seq.encode()",
        ORDER,
    ),
    (
        "writers count in numbers",
        "rules.py",
        "append.writer_seq.encode() <= state.writer_seq.encode()",
        "append.writer_seq.rjust(9) <= state.writer_seq.rjust(9)",
        ORDER,
    ),
    (
        "parameters make another type",
        "rules.py",
        "media_type(wanted) != media_type(state.content_type)",
        "wanted != state.content_type",
        ORDER,
    ),
    (
        "a lifetime ends a moment late",
        "records.py",
        "now_us >= lifetime.expires_us",
        "now_us > lifetime.expires_us",
        f"{ORDER} {LIFETIMES}",
    ),
    (
        "a use makes a log look grown",
        "rules.py",
        "grown_us=append.at_us if chunk else state.grown_us",
        "grown_us=append.at_us",
        ORDER,
    ),
    (
        "a log is deleted by whatever comes next",
        "rules.py",
        "    if state.deleted:\n        raise LogGone\n",
        "",
        f"{ORDER} {STORES}",
    ),
    (
        "a log is made before the rules are asked",
        "store/memory.py",
        "        state, chunk = rules.begin(state, first)\n",
        "        self._logs[log] = _Log(state)\n        state, chunk = rules.begin(state, first)\n",
        "tests/test_store_memory.py",
    ),
    (
        "a late deletion takes what came after",
        "store/memory.py",
        "        if epoch not in (None, self._held(log).state.epoch):",
        "        if False:",
        f"tests/test_store_memory.py {RACES}",
    ),
    (
        "a late deletion takes what came after, in SQLite",
        "store/sqlite_transaction.py",
        "        if epoch not in (None, known.state.epoch):",
        "        if False:",
        "tests/test_store_sqlite.py",
    ),
    (
        "what is meant for an earlier log is done to this one",
        "rules.py",
        "    if append.epoch is not None and append.epoch != state.epoch:",
        "    if False:",
        f"{ORDER} {STORES} {RACES}",
    ),
    (
        "the first records are not announced",
        "store/sqlite_transaction.py",
        "self._announcements.append(Announcement(log, state, [chunk] if chunk else []))",
        "self._announcements.append(Announcement(log, state, []))",
        "tests/test_store_sqlite.py",
    ),
    (
        "a lifetime is not stored",
        "wire/state.py",
        "    return _encoder.encode(state)",
        "    from msgspec.structs import replace\n\n"
        "    return _encoder.encode(replace(state, lifetime=None))",
        "tests/test_wire_state.py tests/test_store_sqlite_file.py",
    ),
    (
        "a document's change wakes everybody",
        "tail.py",
        "            if old and not state.deleted and (old.tail, old.closed) ==",
        "            if False and (old.tail, old.closed) ==",
        "tests/test_tail.py",
    ),
    (
        "the end wakes nobody",
        "tail.py",
        "(old.tail, old.closed) == (state.tail, state.closed):",
        "old.tail == state.tail:",
        "tests/test_tail.py",
    ),
    (
        "the state is read for every reader",
        "tail.py",
        "self._states.get(log) or await self._store.state(log)",
        "await self._store.state(log)",
        f"{STATES} tests/test_generic_reading.py",
    ),
    (
        "a kept state misses what happened",
        "tail.py",
        "            self._states[announcement.log] = announcement.state",
        "            pass",
        STATES,
    ),
    (
        "a kept state outlives its log",
        "tail.py",
        "            del self._states[announcement.log]",
        "            pass",
        STATES,
    ),
    (
        "a state is kept of each log that was ever read",
        "tail.py",
        "            self._states.popitem(last=False)",
        "            pass",
        STATES,
    ),
    (
        "text is framed by its line feeds alone",
        "wire/sse.py",
        'body.replace(b"\\r\\n", b"\\n").replace(b"\\r", b"\\n")',
        "body",
        "tests/test_wire_sse.py tests/test_protocol.py::TestTextStream",
    ),
    (
        "a line's own first space is taken away",
        "wire/sse.py",
        '    framed = framed.replace(b"\\ndata: ", b"\\ndata:  ")\n',
        "",
        "tests/test_wire_sse.py tests/test_protocol.py::TestTextStream",
    ),
    (
        "text is split into its lines to be framed",
        "wire/sse.py",
        '    framed = lines.replace(b"\\n", b"\\ndata:")',
        '    framed = b"\\ndata:".join(line + b"" for line in lines.split(b"\\n"))\n'
        '    kept = [b"%b." % line for line in lines.split(b"\\n")]',
        "tests/live/test_memory.py::test_a_bomb_of_line_ends",
    ),
    (
        "a cursor is given twice",
        "wire/control.py",
        "    return int(known) + 1 + int(chance * (MAX_JITTER_CURSORS - 1))",
        "    return int(known)",
        "tests/test_wire_control.py tests/test_protocol.py::TestPolling",
    ),
    (
        "half of a pair is taken alone",
        "wire/mending.py",
        'r"\\\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}"',
        'r"\\\\(?:never"',
        "tests/test_wire_mending.py",
    ),
)

__all__ = ["ROWS"]
