"""Faults that the tests of operating a server must catch, as rows of `Fault`: figures, health, the
server's own log, backups, and what a restore makes of them.

Each is planted where a test's docstring says "Caught"; `tests/faults.py` plants them.
"""

from __future__ import annotations

METRICS = "tests/test_metrics.py"
HEALTH = "tests/test_health.py"
LOG = "tests/test_log_format.py"
VERIFY = "tests/test_verify.py"
RESTORE = "tests/test_restore.py"
BACKUP = "tests/live/test_backup.py"
CLOSING = "tests/test_store_closing.py"
DEPLOY = "tests/test_deploy.py"
DELIVERED = f"{METRICS}::test_what_is_delivered_is_counted_by_pattern"

ROWS = (
    (
        "a fork that was not done makes a backup a damaged one",
        "cli/offline.py",
        "    if log.is_left_over():",
        "    if False:",
        "tests/test_restore_forking.py",
    ),
    (
        "a fork that was not done is restored",
        "store/sqlite_restore.py",
        "{stored.id for stored in logs if stored.is_left_over()}",
        "set()",
        "tests/test_restore_forking.py",
    ),
    (
        "a value at a bound is counted above it",
        "histogram.py",
        "self._counts[bisect_left(self._bounds, value)] += 1",
        "self._counts[sum(bound <= value for bound in self._bounds)] += 1",
        "tests/test_histogram.py",
    ),
    (
        "an append that is not parsed is not counted",
        "http/append.py",
        '        self._context.counts.append_requests["deployment"] += 1\n        encode =',
        "        encode =",
        f"{METRICS}::test_what_is_appended_is_counted",
    ),
    (
        "a round counts as one delivery",
        "http/crowd.py",
        "told = (batch.until - batch.after) * len(self._members)",
        "told = batch.until - batch.after",
        DELIVERED,
    ),
    (
        "what a follower reads alone is not counted",
        "http/follower.py",
        "counts.delivered[self._framing.pattern] += batch.until - batch.after",
        "counts.delivered[self._framing.pattern] += 0",
        DELIVERED,
    ),
    (
        "what a lent connection's poll brings is not counted",
        "http/parked_poll.py",
        '        self._context.counts.delivered["long-poll"] += batch.until - batch.after\n',
        "",
        f"{DELIVERED}[own]",
    ),
    (
        "a poll that was answered still waits",
        "http/parked_poll.py",
        "            self._context.counts.waiting_polls -= 1\n",
        "            pass\n",
        f"{METRICS}::test_watchers_are_those_of_the_moment",
    ),
    (
        "a refused repeat is not counted",
        "http/repeated_append.py",
        "        self._refused(problem)\n",
        "",
        f"{METRICS}::test_refusals_are_counted_by_problem",
    ),
    (
        "all servers share a registry",
        "http/problems.py",
        '    return None if app is None else getattr(app.state, "refusals", None)',
        '    return globals().setdefault("shared", Refusals())',
        f"{METRICS}::test_each_server_counts_for_itself",
    ),
    (
        "a probe appends to the feed",
        "store/sqlite.py",
        "        await self._write(lambda transaction: transaction.touch())",
        '        await self.append(LogId("feed"), Append(1))',
        f"{HEALTH}::test_probes_make_nothing_grow",
    ),
    (
        "a probe waits for a disk that is stuck",
        "http/health.py",
        "            async with asyncio.timeout(PATIENCE_SECONDS):",
        "            async with asyncio.timeout(4):",
        f"{HEALTH}::test_a_disk_that_is_stuck_is_said_in_time",
    ),
    (
        "each probe of a stuck disk is one write more",
        "http/health.py",
        "        if self._looking is None or self._looking.done():",
        "        if True:",
        f"{HEALTH}::test_a_disk_that_is_stuck_is_said_in_time",
    ),
    (
        "only the write says whether the disk is full",
        "http/health.py",
        "figures.free_bytes < LEAST_FREE_BYTES:",
        "figures.free_bytes < 0:",
        f"{HEALTH}::test_a_full_disk_is_not_ready",
    ),
    (
        "a server that stops is ready",
        "http/health.py",
        "        if self._context.tails.stopping:",
        "        if False:",
        f"{HEALTH}::test_a_server_that_stops_is_not_ready",
    ),
    (
        "what clients send is logged as it is",
        "cli/log_format.py",
        "    if text.isprintable():\n        return text\n",
        "    return text\n",
        f"{LOG}::test_whatever_is_told_stays_on_its_line"
        f" {LOG}::test_what_clients_send_forges_nothing",
    ),
    (
        "an exception's words begin a line of the log",
        "cli/log_format.py",
        "*(CONTINUED + escaped(line) for line in trace)",
        "*trace",
        f"{LOG}::test_a_traceback_is_no_second_record",
    ),
    (
        "a query is logged",
        "http/problems.py",
        'scope.get("method", "GET"), without_secrets(scope["path"]), *said',
        'scope.get("method", "GET"), scope["path"] + str(scope["query_string"]), *said',
        f"{LOG}::test_no_token_and_no_line_gets_into_the_log",
    ),
    (
        "each of a flood of refusals is told",
        "http/refusals.py",
        "        if self._told >= TOLD_PER_SECOND:",
        "        if False:",
        f"{LOG}::test_a_flood_of_refusals_is_told_in_part",
    ),
    (
        "systemd is told before the server serves",
        "cli/serve.py",
        "    listener = listen(serving.host, serving.port)\n    address",
        "    notify(READY)\n    listener = listen(serving.host, serving.port)\n    address",
        f"{DEPLOY}::test_the_units_command_tells_systemd_how_it_is",
    ),
    (
        "the copy is that of another moment than its last page",
        "store/sqlite_snapshot.py",
        'copy.backup("main", self._source, "main")',
        'copy.backup("main", apsw.Connection(str(self._folder / DATABASE)), "main")',
        f"{BACKUP}::test_a_backup_is_one_moment_of_a_busy_server",
    ),
    (
        "a copy that a crash left stays",
        "store/sqlite.py",
        "            remove_left_over(folder)\n",
        "",
        f"{BACKUP}::test_what_a_crash_left_of_a_copy_goes_at_the_next_start",
    ),
    (
        "a reader stays open when the store is closed",
        "store/sqlite.py",
        "            connection.close()\n        self._measurer",
        "            pass\n        self._measurer",
        f"{CLOSING}::test_a_store_that_is_closed_is_one_file",
    ),
    (
        "a store that has failed writes its log back",
        "store/sqlite_writer.py",
        "self._connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)",
        "pass",
        f"{CLOSING}::test_a_store_that_has_failed_leaves_its_write_ahead_log",
    ),
    (
        "a second backup begins beside the first",
        "http/backup.py",
        "        if self._is_busy:",
        "        if False:",
        f"{BACKUP}::test_one_backup_at_a_time",
    ),
    (
        "a backup has its name before it is whole",
        "cli/backup.py",
        'part = path.with_name(f".{path.name}.{os.getpid()}.part")',
        "part = path\n    path.unlink(missing_ok=True)",
        f"{BACKUP}::test_a_backup_that_arrives_otherwise_is_thrown_away",
    ),
    (
        "nobody looks at a backup's digest",
        "cli/backup.py",
        "            if running.digest() != wanted:",
        "            if False:",
        f"{BACKUP}::test_a_backup_that_arrives_otherwise_is_thrown_away",
    ),
    (
        "a gap in a log's rows is no damage",
        "store/sqlite_check.py",
        "            if chunk.first != done + 1:",
        "            if False:",
        f"{VERIFY}::test_damage_is_found[lose_a_row]",
    ),
    (
        "a tail that its rows do not reach is no damage",
        "store/sqlite_check.py",
        "        if done != self.state.tail:",
        "        if False:",
        f"{VERIFY}::test_damage_is_found[lose_the_last_row]",
    ),
    (
        "a digest is not computed",
        "deployments/end_digest.py",
        '    if end.digest != f"{ALGORITHM}{before.hexdigest()}":',
        "    if not end.digest:",
        f"{VERIFY}::test_damage_is_found[flip_a_byte]",
    ),
    (
        "what a fork inherits is not part of its digest",
        "store/sqlite_check.py",
        "        yield from self.inherited()\n        yield from self.rows()",
        "        yield from self.rows()",
        f"{VERIFY}::test_what_is_whole_is_found_whole",
    ),
    (
        "a database that is in use is verified",
        "store/sqlite_check.py",
        "    if wal.exists() and wal.stat().st_size:",
        "    if False:",
        f"{VERIFY}::test_what_is_no_backup_is_refused",
    ),
    (
        "a restored log keeps its epoch",
        "store/sqlite_restore.py",
        "    return replace(state, epoch=epochs[log], ancestors=ancestors)",
        "    return state",
        f"{RESTORE}::test_an_old_offset_is_refused_by_every_pattern",
    ),
    (
        "a restored fork does not know its ancestors' new epochs",
        "store/sqlite_restore.py",
        "replace(state, epoch=epochs[log], ancestors=ancestors)",
        "replace(state, epoch=epochs[log])",
        f"{RESTORE}::test_an_old_offset_is_refused_by_every_pattern"
        f" {RESTORE}::test_new_epochs_are_later_than_all_there_were",
    ),
    (
        "a restore believes a clock that went back",
        "store/sqlite_restore.py",
        "    first = max([now_us, *(state.epoch + 1 for state in states.values())])",
        "    first = now_us",
        f"{RESTORE}::test_new_epochs_are_later_than_all_there_were",
    ),
    (
        "a fork's fork has its source's epoch",
        "store/sqlite_restore.py",
        "    return {log: first + _generation(states, log) for log in states}",
        "    return {log: first + bool(states[log].ancestors) for log in states}",
        f"{RESTORE}::test_new_epochs_are_later_than_all_there_were",
    ),
    (
        "a restore writes into a folder that has something in it",
        "store/sqlite_restore.py",
        "        if there:",
        "        if False:",
        f"{RESTORE}::test_only_an_empty_folder_is_restored_into",
    ),
    (
        "a damaged backup is restored",
        "cli/offline.py",
        "        if found.damages:\n            say(f",
        "        if False:\n            say(f",
        f"{RESTORE}::test_a_damaged_backup_is_not_restored",
    ),
)
