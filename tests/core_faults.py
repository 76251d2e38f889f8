"""Faults that the tests of the core must catch, as rows of `Fault`: rules, states, tails, forks,
generic logs, retries, what goes over the wire.

Each is planted where a test's docstring says "Caught"; `tests/faults.py` plants them.
"""

from __future__ import annotations

ORDER = "tests/test_rules_order.py"
STORES = "tests/test_store_memory.py tests/test_store_sqlite.py"
STATES = "tests/test_tail_states.py"
FORKS = "tests/test_forks.py"
TREES = "tests/test_fork_properties.py"
RACES = "tests/test_fork_races.py"
LIFETIMES = "tests/test_generic_lifetimes.py"
LOGS = "tests/test_generic_logs.py"
MESSAGES = "tests/test_generic_messages.py"
SECTIONS = "tests/test_sections.py"
RETRIES = "tests/test_retries.py"

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
        "    from dataclasses import replace\n\n"
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
        "a fork sees what its source grows by",
        "forks.py",
        "until = min(at, ancestor.until)",
        "until = ancestor.until",
        f"{FORKS} {TREES}",
    ),
    (
        "a fork's epoch is that of its clock",
        "forks.py",
        "epoch=max(now_us, of.epoch + 1)",
        "epoch=now_us",
        f"{FORKS} {TREES}",
    ),
    (
        "the record at the border is looked for in the fork",
        "lineage.py",
        "if seq <= ancestor.until:",
        "if seq < ancestor.until:",
        f"{TREES} tests/test_cursor_forks.py",
    ),
    (
        "a read goes on in the source beyond the fork",
        "lineage.py",
        "until=min(until, last)",
        "until=until",
        f"{TREES} tests/test_cursor_forks.py",
    ),
    (
        "the place at the border is the fork's own",
        "records.py",
        "            if seq <= ancestor.until:",
        "            if seq < ancestor.until:",
        f"{TREES} tests/test_cursor_forks.py",
    ),
    (
        "a deletion takes the records of forks with it",
        "forks.py",
        "while state.deleted and not await self._has_forks(log):",
        "while state.deleted:",
        f"{FORKS} {TREES}",
    ),
    (
        "a source stays when its last fork goes",
        "forks.py",
        "            log = LogId(source)\n            try:",
        "            break\n            try:",
        f"{FORKS} {TREES}",
    ),
    (
        "whoever is second to collect gives up",
        "forks.py",
        "            with suppress(NoSuchLog):  # another collector was quicker",
        "            if True:",
        RACES,
    ),
    (
        "a log is removed by its name",
        "forks.py",
        "await self._store.delete(log, epoch=state.epoch)",
        "await self._store.delete(log)",
        RACES,
    ),
    (
        "a log is deleted by its name",
        "forks.py",
        "gone = Append(now_us, delete=True, labels=labels, epoch=state.epoch)",
        "gone = Append(now_us, delete=True, labels=labels)",
        RACES,
    ),
    (
        "a log of the same name is the same log",
        "forks.py",
        "return not state.deleted and state.epoch == fork.ancestors[-1].epoch",
        "return not state.deleted",
        f"{FORKS} {RACES}",
    ),
    (
        "a fork is made without a second look at its source",
        "forks.py",
        "        return await self._settled(log, made)\n",
        "        return made\n",
        f"{FORKS} {RACES}",
    ),
    (
        "a sweep looks at the first page",
        "forks.py",
        "            before = found[-1][0]\n",
        "            return\n",
        FORKS,
    ),
    (
        "what expired is deleted by its name",
        "generic/logs.py",
        "            if state.expired(self._clock()):\n"
        "                await self._forks.delete(log, self._clock(), epoch=state.epoch)",
        "            await self._forks.delete(log, self._clock())",
        RACES,
    ),
    (
        "each read of a log that expires is written down",
        "generic/logs.py",
        "if (now_us - state.used_us) * USES_NOTED >= state.lifetime.idle_seconds * 1_000_000:",
        "if True:",
        f"{LIFETIMES} tests/test_generic_reading.py",
    ),
    (
        "the idle time is not counted generously",
        "records.py",
        ">= idle_us + idle_us // USES_NOTED",
        ">= idle_us",
        LIFETIMES,
    ),
    (
        "a fork is looked for before what is there",
        "generic/logs.py",
        "            there = await self._there(log)\n            if there is None:",
        "            there = await self._there(log)\n"
        "            if new.fork:\n                await self.state(new.fork.source)\n"
        "            if there is None:",
        LOGS,
    ),
    (
        "a log of another lifetime is the same",
        "generic/logs.py",
        '"lifetime": new.lifetime != known.lifetime,',
        "",
        LOGS,
    ),
    (
        "a message goes through Python",
        "generic/messages.py",
        "    return [msgspec.json.format(bytes(message), indent=-1) for message in messages]",
        "    return [msgspec.json.encode(msgspec.json.decode(message)) for message in messages]",
        MESSAGES,
    ),
    (
        "an array is taken apart all the way down",
        "generic/messages.py",
        "    return [msgspec.json.format(bytes(message), indent=-1) for message in messages]",
        "    return [part for message in messages for part in ("
        "_taken_apart(bytes(message)) if _ARRAY.match(bytes(message)) else"
        " [msgspec.json.format(bytes(message), indent=-1)])]",
        MESSAGES,
    ),
    (
        "a name only begins like one",
        "generic/names.py",
        "_NAME.fullmatch(name)",
        "_NAME.match(name)",
        "tests/test_generic_names.py",
    ),
    (
        "a marker may stand anywhere",
        "deployments/sections.py",
        """rb'"text":"(?:(?:""",
        """rb'"text":".*?(?:(?:""",
        SECTIONS,
    ),
    (
        "a line that goes on may begin a section",
        "deployments/sections.py",
        "            if self._goes_on(chunk, number):",
        "            if False:",
        SECTIONS,
    ),
    (
        "a section within another begins a retry",
        "deployments/sections.py",
        'if marker["group"] or self._depth == 0:',
        "if True:",
        f"{SECTIONS} {RETRIES}",
    ),
    (
        "a retry begins with the section that failed",
        "deployments/retries.py",
        "sections.last - 1)",
        "sections.last)",
        RETRIES,
    ),
    (
        "a change makes a retry forget whose it is",
        "deployments/deployments.py",
        "labels={**new.labels, **_lineage(state)}",
        "labels=new.labels",
        RETRIES,
    ),
    (
        "a short page ends the list",
        "deployments/deployments.py",
        "            if len(found) < limit:\n                break\n",
        "            break\n",
        RETRIES,
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
        '    return framed.replace(b"\\ndata: ", b"\\ndata:  ")[1:] + b"\\n"',
        '    return framed[1:] + b"\\n"',
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
        "messages are counted after they are made",
        "generic/messages.py",
        '    if body.count(b",") >= MAX_VALUES and',
        "    if False and",
        "tests/live/test_memory.py::test_a_bomb_of_messages",
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
