"""Faults that the tests of forks, generic logs and retries must catch, as rows of `Fault`;
`tests/faults.py` plants them."""

from __future__ import annotations

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
        "a fork sees what its source grows by",
        "forks.py",
        "until = min(at, ancestor.until)",
        "until = ancestor.until",
        f"{FORKS} {TREES}",
    ),
    (
        "a fork's epoch is that of its clock",
        "forks.py",
        "epoch=now_us if now_us > of.epoch else of.epoch + 1 + now_us % APART_US,",
        "epoch=now_us,",
        f"{FORKS} {TREES}",
    ),
    (
        "a fork made again by a clock that is behind has the epoch of the one before",
        "forks.py",
        "of.epoch + 1 + now_us % APART_US",
        "of.epoch + 1",
        FORKS,
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
        "a line that goes on may begin a section",
        "deployments/sections.py",
        "if record.kind is not None or self._goes_on(chunk, number):",
        "if record.kind is not None:",
        SECTIONS,
    ),
    (
        "a section within another begins a retry",
        "deployments/sections.py",
        "is_outer = said.section is None or not self._open",
        "is_outer = True",
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
        "messages are counted after they are made",
        "generic/messages.py",
        '    if body.count(b",") >= MAX_VALUES and',
        "    if False and",
        "tests/live/test_memory.py::test_a_bomb_of_messages",
    ),
)

__all__ = ["ROWS"]
