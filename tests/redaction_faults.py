"""Faults that the tests of redactions must catch, as rows of `Fault`; `tests/faults.py` plants
them."""

from __future__ import annotations

SECRET = "tests/test_secret.py"
REDACTIONS = "tests/test_redactions.py"
WIPED = "tests/test_store_wiped.py"
STORES = "tests/test_store_memory.py tests/test_store_sqlite.py"
IN_FILE = "store/sqlite_file.py"
OVER_HTTP = "tests/test_protocol.py::TestRedaction"

ROWS = (
    (
        "what SQLite frees is not overwritten",
        IN_FILE,
        '_set(connection, "secure_delete", 1)',
        '_set(connection, "secure_delete", 0)',
        WIPED,
    ),
    (
        "the write-ahead log keeps what was replaced",
        "store/sqlite_rewrite.py",
        "mode=apsw.SQLITE_CHECKPOINT_TRUNCATE",
        "mode=apsw.SQLITE_CHECKPOINT_PASSIVE",
        WIPED,
    ),
    (
        "nobody hears that the write-ahead log could not be cut off",
        "store/sqlite_writer.py",
        "return [*outcomes[:-1], (job, None, refused or error)]",
        "return outcomes",
        WIPED,
    ),
    (
        "records are replaced before all logs are looked at",
        "store/memory.py",
        "after = [rules.rewrite(log.state, change) for log, change in pairs]",
        "after = []\n        for log, change in pairs:\n"
        "            after.append(rules.rewrite(log.state, change))\n"
        "            log.chunks = _rewritten(log, change)",
        "tests/test_store_memory.py",
    ),
    (
        "rows are replaced before what is pending is written",
        "store/sqlite_writer.py",
        "            if job.last:\n                self._transaction.flush()",
        "            if False:\n                self._transaction.flush()",
        "tests/test_store_sqlite.py",
    ),
    (
        "an overlap of a secret with itself is left over",
        "deployments/secret.py",
        "while among.startswith(text[-step:], end):",
        "while False:",
        f"{SECRET}::test_a_text_that_repeats_itself_is_looked_through_in_no_time",
    ),
    (
        "a secret is looked for as it is stored only",
        "deployments/secret.py",
        "        if sequences:\n",
        "        if False:\n",
        f"{SECRET} {REDACTIONS}",
    ),
    (
        "a mark is redacted itself",
        "deployments/secret.py",
        "if MARK in text:",
        "if False:",
        SECRET,
    ),
    (
        "the rest of a line that goes on is not looked at",
        "deployments/redaction.py",
        'if not self._several and not window[-1].record.get("partial"):',
        "if not self._several:",
        REDACTIONS,
    ),
    (
        "a chunk with colours is not looked at",
        "deployments/redaction.py",
        "        if _ESCAPE not in chunk.body:\n",
        "        if True:\n",
        REDACTIONS,
    ),
    (
        "only records that are named are changed",
        "deployments/redaction.py",
        "        for place, (part, cuts) in enumerate(touched):",
        "        for place, (part, cuts) in enumerate(\n"
        "            (p, c) for p, c in touched if not self._wanted or p.seq in self._wanted\n"
        "        ):",
        REDACTIONS,
    ),
    (
        "other texts of a record are left",
        "deployments/redaction.py",
        "self._look_aside(seq, record, len(body))",
        "pass",
        REDACTIONS,
    ),
    (
        "the end keeps the digest of the old bytes",
        "deployments/redactions.py",
        "records = {n: record.body for n, record in new.items()}\n        return",
        "records: dict[Seq, bytes] = {}\n        return",
        REDACTIONS,
    ),
    (
        "the running digest goes on as it was",
        "deployments/digests.py",
        "if running.rewrites != state.rewrites or not running.add(announcement.chunks):",
        "running.rewrites = state.rewrites\n        if not running.add(announcement.chunks):",
        REDACTIONS,
    ),
    (
        "a retry's digest stays as it was",
        "deployments/redactions.py",
        "            if log not in family:\n                family[log] = state\n"
        "                left += [fork async for fork in self._forks(log)]",
        "            if log not in family:\n                family[log] = state",
        REDACTIONS,
    ),
    (
        "a record that a retry has is looked for in the retry",
        "deployments/redactions.py",
        "self.homes = {n: home(log, state, n)[0] for n in records}",
        "self.homes = dict.fromkeys(records, log)",
        REDACTIONS,
    ),
    (
        "the feed keeps what it told of the deployment",
        "deployments/redactions.py",
        "            fed = await self._fed(log, asked)",
        "            fed: list[Rewrite] = []",
        REDACTIONS,
    ),
    (
        "lines that come during a redaction are overwritten",
        "rules.py",
        "    if change.revision is not None and change.revision != state.revision:\n",
        "    if False:\n",
        STORES,
    ),
    (
        "the size stays as it was",
        "rules.py",
        "size_bytes=state.size_bytes + change.more_bytes + len(chunk.body),",
        "size_bytes=state.size_bytes + len(chunk.body),",
        f"{STORES} {REDACTIONS}",
    ),
    (
        "who has the old bytes is told to keep them",
        "http/caching.py",
        'rewritten = f".{state.rewrites}" if state.rewrites else ""',
        'rewritten = ""',
        f"tests/test_caching.py {OVER_HTTP}",
    ),
    (
        "the ring keeps what was replaced",
        "tail.py",
        "            if old and state.rewrites != old.rewrites:\n                self._forget()\n",
        "",
        "tests/test_tail.py",
    ),
    (
        "a read that was kept is given although records were replaced",
        "reads.py",
        "        place = (log, state.epoch, state.rewrites, after, max_bytes)\n"
        "        batch = self._kept",
        "        place = next((p for p in (*self._kept, *self._older)"
        " if (p[0], p[3], p[4]) == (log, after, max_bytes)), (log, 0, 0, after, max_bytes))\n"
        "        batch = self._kept",
        "tests/test_reads.py",
    ),
    (
        "an answer goes on with records that were replaced meanwhile",
        "http/history.py",
        "        if cursor.state.rewrites != rewrites:\n            raise",
        "        if False:\n            raise",
        "tests/test_history.py",
    ),
    (
        "asking again wipes nothing if nothing is left to change",
        "deployments/redactions.py",
        "                await self._store.rewrite([*changes, *fed])\n",
        "                if changes:\n"
        "                    await self._store.rewrite([*changes, *fed])\n",
        REDACTIONS,
    ),
    (
        "the feed does not hear of what was replaced and not wiped",
        "deployments/redactions.py",
        "            except StoreBusy:  # replaced, but not wiped\n"
        "                await self._tell_of(changes)\n",
        "            except StoreBusy:\n",
        REDACTIONS,
    ),
    (
        "a page that checks a log cries wolf when it is redacted",
        "page/assets/check.js",
        "if (last.digest !== end.digest && last.redacted_at === end.redacted_at) return false;",
        "if (last.digest !== end.digest) return false;",
        "tests/page/test_page_sha256.py",
    ),
    (
        "a page goes on showing what was taken out",
        "page/assets/log-reader.js",
        "for (const n of changed) this.#again(n);",
        "for (const n of []) this.#again(n);",
        "tests/page/test_page_redaction.py",
    ),
    (
        "the audit log is not told of a redaction",
        "deployments/redactions.py",
        "                await note(told, changed)\n",
        "                pass\n",
        REDACTIONS,
    ),
)
