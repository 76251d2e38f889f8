"""Faults against the promise that nothing acknowledged is lost and nothing false is served, as rows
of `Fault`: syncs, checksums, the note of the last commit, clocks, the load."""

from __future__ import annotations

POWER = "tests/live/test_power_cut.py"
DAMAGE = "tests/live/test_damage.py"
DISK = "tests/live/test_failing_disk.py"
TIME = "tests/live/test_time.py"
CUT = f"{POWER}::test_nothing_acknowledged_or_seen_is_lost_in_a_power_cut"
BROUGHT_FORWARD = f"{POWER}::test_a_power_cut_while_a_database_is_brought_forward_loses_nothing"
STOPPED = f"{DAMAGE}::test_a_damaged_database_of_a_stopped_server_is_found_out"
KILLED = f"{DAMAGE}::test_a_damaged_write_ahead_log_of_a_killed_server_is_found_out"
ONE_LOG = "tests/test_store_damage.py"
CHECKED_WAL = f"{DAMAGE}::test_a_killed_server_whose_write_ahead_log_was_cut_does_not_start"

ROWS = (
    (
        "commits are not synced, and a power cut takes them",
        "store/sqlite_file.py",
        '        _set(connection, "synchronous", 2)',
        '        _set(connection, "synchronous", 0)',
        CUT,
    ),
    (
        "acknowledged and shown before it is committed, and a power cut takes it",
        "store/sqlite_writer.py",
        """        self._connection.execute("COMMIT")
        if""",
        """        self._on_commit(outcomes, self._transaction.take_announcements())
        __import__("time").sleep(0.005)
        self._connection.execute("COMMIT")
        return []
        if""",
        CUT,
    ),
    (
        "a commit is noted before it is synced",
        "store/sqlite_writer.py",
        """        self._connection.execute("COMMIT")
        if self._transaction.last_change is not None:
            self._mark.note(*self._transaction.last_change)""",
        """        if self._transaction.last_change is not None:
            self._mark.note(*self._transaction.last_change)
        self._connection.execute("COMMIT")""",
        CUT,
    ),
    (
        "a producer's marks are not stored, and a repeat after a power cut is news",
        "rules.py",
        "        producers=producers,",
        "        producers={},",
        f"{CUT} {TIME}::test_a_repeat_is_never_a_duplicate_however_late",
    ),
    (
        "a commit is not noted",
        "store/sqlite_writer.py",
        "            self._mark.note(*self._transaction.last_change)",
        "            pass",
        f"{KILLED} {CHECKED_WAL}",
    ),
    (
        "what is noted is not looked for",
        "store/sqlite.py",
        "                mark.check(connection)",
        "                pass",
        f"{KILLED} {CHECKED_WAL}",
    ),
    (
        "what cannot be noted on a full disk is not acknowledged",
        "store/sqlite_mark.py",
        "            if error.errno not in _NO_ROOM:",
        "            if True:",
        "tests/test_store_sqlite_mark.py",
    ),
    (
        "a disk that fails is not told of if only the note needs it",
        "store/sqlite_mark.py",
        "            if error.errno not in _NO_ROOM:",
        "            if False:",
        "tests/test_store_sqlite_mark.py",
    ),
    (
        "what was damaged is cleared away",
        "store/sqlite_mark.py",
        "            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)",
        "            pass",
        CHECKED_WAL,
    ),
    (
        "records are served as they are found",
        "store/sqlite_rows.py",
        "    if not _sound(chunk_crc, crc, log, last, ends, body):",
        "    if False:",
        f"{STOPPED} {DAMAGE}::test_changed_records_are_refused_and_all_else_goes_on",
    ),
    (
        "states are served as they are found",
        "store/sqlite_rows.py",
        "    if not _sound(state_crc, crc, log, state):",
        "    if False:",
        f"{STOPPED} {DAMAGE}::test_a_changed_state_is_refused_and_all_else_goes_on",
    ),
    (
        "a log that its index has lost was never there",
        "store/sqlite_file.py",
        "        _refuse_damaged_logs(connection)",
        "        pass",
        STOPPED,
    ),
    (
        "whoever appends to a damaged log ends the server",
        "store/sqlite_writer.py",
        "        except (CallerError, StoreCorrupt) as error:",
        "        except CallerError as error:",
        "tests/test_store_sqlite_file.py",
    ),
    (
        "what is to be gathered or cut is not looked at before",
        "store/sqlite_transaction.py",
        "        self._look_ahead(known, chunk, append.trim)\n",
        "",
        f"{ONE_LOG}::test_an_append_that_would_gather_a_damaged_row_is_refused_alone"
        f" {ONE_LOG}::test_a_trim_at_a_damaged_row_is_refused_alone",
    ),
    (
        "rows are replaced before all are seen to be whole",
        "store/sqlite_rewrite.py",
        "chunk_of_row(log, *stored)) for",
        """Chunk(
            Seq(stored[0] - len(stored[1]) // 4 + 1), memoryview(stored[1]).cast("I"), b""
        )) for""",
        f"{ONE_LOG}::test_a_rewrite_over_a_damaged_row_changes_nothing",
    ),
    (
        "a feed that is damaged keeps what is due from going",
        "deployments/retention.py",
        "        except StoreCorrupt as error:",
        "        except ZeroDivisionError as error:",
        "tests/test_retention.py",
    ),
    (
        "who keeps the error of a read keeps its statement open",
        "store/sqlite.py",
        """    finally:  # an error's traceback would keep it
""",
        """    finally:
        pass
    if True:
""",
        f"{ONE_LOG}::test_whoever_keeps_an_error_keeps_no_read_transaction",
    ),
    (
        "rows of an older database get no checksum",
        "store/sqlite_file.py",
        "    UPDATE chunks SET crc = chunk_crc(logs.id, last, ends, body)\n"
        "        FROM logs WHERE logs.key = chunks.log\n",
        "    UPDATE doomed SET log = log\n",
        f"{BROUGHT_FORWARD} tests/test_store_sqlite_file.py",
    ),
    (
        "the server goes on after a failed sync",
        "store/sqlite_writer.py",
        "        self._failure = error",
        "        return",
        f"{DISK}::test_a_disk_that_fails_to_sync_ends_the_server",
    ),
    (
        "a full disk is a broken one",
        "store/sqlite_writer.py",
        "            if not isinstance(error, (StoreBusy, StoreFull)):",
        "            if not isinstance(error, StoreBusy):",
        DISK,
    ),
    (
        "logs expire by a clock that jumps",
        "cli/serve.py",
        "LifetimeClock(_now_us, _steady_us)",
        "_now_us",
        TIME,
    ),
    (
        "a jump of the clock is never believed",
        "cli/lifetime_clock.py",
        "now_us - self._doubted_since_us >= TRUSTED_AFTER_US",
        "False",
        "tests/test_lifetime_clock.py",
    ),
    (
        "doubts of the clock add up",
        "cli/lifetime_clock.py",
        "self._ahead_us, self._doubted_us = ahead_us, None",
        "self._ahead_us = ahead_us",
        "tests/test_lifetime_clock.py",
    ),
)

__all__ = ["ROWS"]
