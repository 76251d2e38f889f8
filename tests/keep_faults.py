"""Faults that the tests of what is kept, and of who may come, must catch, as rows of `Fault`."""

from __future__ import annotations

STORES = "tests/test_store_memory.py tests/test_store_sqlite.py"
SQLITE = "tests/test_store_sqlite.py"
READING = "tests/test_trimmed_reading.py"
SIZES = "tests/test_sizes.py"
ROOM = "tests/test_room.py"
PROJECTS = "tests/test_projects.py"
RETENTION = "tests/test_retention.py"
CROWDING = "tests/test_crowding.py"
LINEAGE = "tests/test_lineage.py"
VERIFY = "tests/test_verify_trimmed.py"
CACHING = "tests/test_caching.py"

ROWS = (
    (
        "a row across the gap goes as a whole",
        "store/sqlite_trim.py",
        "    return [chunk for chunk in kept if chunk]",
        "    return []",
        SQLITE,
    ),
    (
        "rows are gathered across the gap",
        "store/sqlite_transaction.py",
        "known.loose_from = max(known.loose_from, Seq(known.trim.until + 1))",
        "pass",
        SQLITE,
    ),
    (
        "a gap may begin elsewhere",
        "rules.py",
        "(gap.after != old.after or gap.until <= old.until)",
        "gap.until <= old.until",
        STORES,
    ),
    (
        "a finished log is trimmed",
        "records.py",
        "describes = self.document is not None or self.labels is not None",
        "describes = (self.document or self.labels or self.trim) is not None",
        STORES,
    ),
    (
        "what is trimmed meanwhile is taken for damage",
        "lineage.py",
        "now.epoch == state.epoch and now.gap != gap",
        "False",
        f"{SIZES} {LINEAGE}",
    ),
    (
        "a read goes over a gap that is new",
        "lineage.py",
        "return _before_a_gap(chunks)",
        "return chunks",
        LINEAGE,
    ),
    (
        "a reader amid the gap is told of numbers that it has",
        "lineage.py",
        "return [omitted(after, min(until, gap.until), gap)]",
        "return [omitted(gap.after, min(until, gap.until), gap)]",
        READING,
    ),
    (
        "a trimmed answer has the tag that it had",
        "http/caching.py",
        'trimmed = f".t{gap.until}"',
        'trimmed = ""',
        f"{CACHING} {READING}",
    ),
    (
        "what was read before the gap is given out after it",
        "reads.py",
        "if state.gap is not None and state.gap.meets(after, batch.until):",
        "if False:",
        "tests/test_reads.py",
    ),
    (
        "the ring keeps what is trimmed",
        "tail.py",
        "                self._let_go(state.gap.until)\n",
        "                pass\n",
        "tests/test_tail.py",
    ),
    (
        "an offset before the start is read from the start",
        "cursor.py",
        "            raise Trimmed(self.state)",
        "            offset = self.state.offset(self.state.start)",
        READING,
    ),
    (
        "the start of a trimmed log is refused",
        "http/place.py",
        """    if text == "-1":
        return cursor.state.start""",
        """    if text == "-1":
        return Seq(0)""",
        READING,
    ),
    (
        "a page ends amid the gap",
        "http/place.py",
        'gap.after < until < gap.until and "from" not in query',
        "False",
        READING,
    ),
    (
        "who asks by number gets more numbers",
        "http/place.py",
        'gap.after < until < gap.until and "from" not in query',
        "gap.after < until < gap.until",
        READING,
    ),
    (
        "the digest is of what is gone, too",
        "deployments/digests.py",
        " or state.gap is not None:",
        ":",
        SIZES,
    ),
    (
        "a log at its limit is trimmed",
        "deployments/sizes.py",
        "state.kept_bytes > self._limit_of(state)",
        "state.kept_bytes >= self._limit_of(state)",
        SIZES,
    ),
    (
        "what comes while a log is trimmed is forgotten",
        "deployments/sizes.py",
        "            self._trimming[log] = state\n            return\n",
        "            return\n",
        SIZES,
    ),
    (
        "the head goes, too",
        "deployments/sizes.py",
        "_Place(Seq(0), 0), limit // HEAD_SHARE)",
        "_Place(Seq(0), 0), 1)",
        SIZES,
    ),
    (
        "a fork forgets its source's gap",
        "forks.py",
        "        gap=_inherited(of.gap, at),\n",
        "",
        SIZES,
    ),
    (
        "verifying takes a gap for damage",
        "store/sqlite_check.py",
        "gap.until if gap is not None and gap.after <= done < gap.until else done",
        "done",
        VERIFY,
    ),
    (
        "verifying counts one for all that is not kept",
        "deployments/end_digest.py",
        "lines + (chunk.omitted or len(chunk))",
        "lines + len(chunk)",
        VERIFY,
    ),
    (
        "a generic log grows beyond its limit",
        "rules.py",
        "state.size_bytes + len(chunk.body) > limit",
        "state.size_bytes > limit",
        SIZES,
    ),
    (
        "a low disk ends nothing",
        "generic/logs.py",
        "        if append.encode is not nothing:\n",
        "        if True:\n",
        ROOM,
    ),
    (
        "what is free in the database does not count",
        "room.py",
        "in_all = free.disk_bytes + free.reusable_bytes",
        "in_all = free.disk_bytes",
        ROOM,
    ),
    (
        "a low disk finds no deployment that is there",
        "deployments/deployments.py",
        """                await self._refuse_existing(log)
                self._room""",
        """                self._room""",
        ROOM,
    ),
    (
        "two who set a project's settings both win",
        "deployments/projects.py",
        "            if tag not in (None, _tag(state)):\n                raise Outdated(state)\n",
        "",
        PROJECTS,
    ),
    (
        "only a page of projects is known",
        "deployments/projects.py",
        "            before = found[-1][0]",
        "            break",
        PROJECTS,
    ),
    (
        "a deployment's age counts from its making",
        "deployments/retention.py",
        "now_us - state.grown_us",
        "now_us - state.epoch",
        RETENTION,
    ),
    (
        "what claims to be of times to come is not looked at",
        "deployments/retention.py",
        "before: LogId | None = None  #",
        "before: LogId | None = newest  #",
        RETENTION,
    ),
    (
        "what still runs goes",
        "deployments/retention.py",
        "if state.deleted or not state.closed:",
        "if state.deleted:",
        RETENTION,
    ),
    (
        "the newest goes for its size",
        "deployments/retention.py",
        "settings.keep_bytes and newer_bytes and",
        "settings.keep_bytes and",
        RETENTION,
    ),
    (
        "a clock that jumps is believed",
        "deployments/reckoning.py",
        "return self._steady() - self._held_since >= HOLD_SECONDS",
        "return True",
        RETENTION,
    ),
    (
        "a clock that stays is never believed",
        "deployments/reckoning.py",
        "return self._steady() - self._held_since >= HOLD_SECONDS",
        "return False",
        RETENTION,
    ),
    (
        "news goes one by one",
        "deployments/retention.py",
        "<= max_records + max_records // SLACK:",
        "<= max_records:",
        RETENTION,
    ),
    (
        "a seat is never given back",
        "http/live_outlets.py",
        "        self._seats.leave(self._log)\n",
        "",
        CROWDING,
    ),
    (
        "an EventSource gets a bare 429",
        "http/sse.py",
        "respond(send, 200, {**_headers(kind), **UNBUFFERED}, _refusal(refused))",
        "respond(send, 429, {})",
        CROWDING,
    ),
    (
        "a request that repeats the last is not counted",
        "http/append.py",
        "        if bucket is not None:\n            bucket.take()\n        self._context",
        "        self._context",
        CROWDING,
    ),
    (
        "a refusal costs an append",
        "http/rates.py",
        "            self._left += 1\n",
        "",
        CROWDING,
    ),
)
