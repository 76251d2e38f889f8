"""Known faults, each planted in a copy of the source, and the tests that must catch it.

A test that cannot fail proves nothing. `make faults` runs every row, `scripts/faults WORD` those
whose names contain the word. Exit code 1: something got through, and is named.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parent.parent
SEAM = "tests/live/test_seam.py"
CRASH = "tests/live/test_crash.py"
PROPERTIES = "tests/test_cursor_properties.py"
STORES = "tests/test_store_memory.py tests/test_store_sqlite.py"
SQLITE = "tests/test_store_sqlite.py"
SQLITE_FILE = "tests/test_store_sqlite_file.py"
TABLES = [
    import_module(f"tests.{file.stem}") for file in sorted((ROOT / "tests").glob("[!t]*_faults.py"))
]
"""Each file of rows is one."""


@dataclass(frozen=True)
class Fault:
    """`old` in `file` becomes `new`; each of `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: str


FAULTS = (
    Fault(
        "the ring gives a whole chunk to who has part of it",
        "tail.py",
        "taken.append(chunk.between(after, chunk.last))",
        "taken.append(chunk)",
        f"{PROPERTIES} tests/test_tail.py",
    ),
    Fault(
        "live begins at the tail instead of at the offset",
        "http/read.py",
        "cursor.seq = await live_start_of(query, headers, cursor)",
        "cursor.seq = cursor.state.tail",
        SEAM,
    ),
    Fault(
        "live begins one record early",
        "http/read.py",
        "cursor.seq = await live_start_of(query, headers, cursor)",
        "cursor.seq = max(0, await live_start_of(query, headers, cursor) - 1)",
        SEAM,
    ),
    Fault(
        "the ring is taken although it begins one record late",
        "tail.py",
        "if not self._ring or not self._ring[0].first <= after + 1 <= self._ring[-1].last:",
        "if not self._ring or not self._ring[0].first <= after + 2 <= self._ring[-1].last + 1:",
        f"{PROPERTIES} tests/test_tail.py",
    ),
    Fault(
        "off by one where a chunk is cut",
        "records.py",
        "max(0, after + 1 - self.first)",
        "max(0, after - self.first)",
        f"{PROPERTIES} {STORES} tests/test_records.py",
    ),
    Fault(
        "the store reads from the offset itself",
        "store/sqlite.py",
        "AND last > ? ORDER BY last",
        "AND last >= ? ORDER BY last",
        SQLITE,
    ),
    Fault(
        "lost wake-up: no second look before waiting",
        "tail.py",
        "if self.gone or self.has_news(after):",
        "if False:",
        f"{PROPERTIES} tests/test_tail.py",
    ),
    Fault(
        "lost wake-up: an announcement wakes nobody",
        "tail.py",
        "            waiter()",
        "            pass",
        f"{PROPERTIES} tests/test_tail.py",
    ),
    Fault(
        "the state is read before the tail is registered",
        "tail.py",
        """            tail = self._tails[log] = Tail(log, self._ring_bytes)
        if not tail.known:
            tail.begin(self._states.get(log) or await self._store.state(log))""",
        """            state = self._states.get(log) or await self._store.state(log)
            tail = self._tails[log] = Tail(log, self._ring_bytes)
            tail.begin(state)""",
        PROPERTIES,
    ),
    Fault(
        "the cursor moves before its last await",
        "cursor.py",
        """
                batch = await self._reads.read(log, state, self.seq, max_bytes)""",
        """
                before, self.seq = self.seq, Seq(self.seq + 1)
                batch = await self._reads.read(log, state, before, max_bytes)
                self.seq = before""",
        PROPERTIES,
    ),
    Fault(
        "a gap in the announcements is joined over",
        "tail.py",
        "if self._ring and self._ring[-1].last + 1 != chunk.first:",
        "if False:",
        "tests/test_tail.py",
    ),
    Fault(
        "acknowledged and announced before it is committed",
        "store/sqlite_writer.py",
        """        self._connection.execute("COMMIT")
        if""",
        """        self._on_commit(outcomes, self._transaction.take_announcements())
        __import__("time").sleep(0.005)
        self._connection.execute("COMMIT")
        return []
        if""",
        f"{SQLITE} {CRASH}",
    ),
    Fault(
        "a producer's marks are not stored",
        "rules.py",
        "        producers=producers,",
        "        producers={},",
        f"{CRASH} tests/test_rules.py {STORES}",
    ),
    Fault(
        "a repeat is taken for news",
        "rules.py",
        "producer.seq <= known.seq",
        "producer.seq < known.seq",
        f"tests/test_rules.py {STORES}",
    ),
    Fault(
        "the digest leaves out what was there before a restart",
        "deployments/digests.py",
        """
            return  # grown before this server started: computed when it ends
        running = self._running.setdefault(log, _Running(state.rewrites))""",
        """
            pass
        running = self._running.setdefault(log, _Running(state.rewrites))
        if running.seq == 0 and announcement.chunks:
            running.seq = announcement.chunks[0].first - 1""",
        CRASH,
    ),
    Fault(
        "a reader's statement stays open",
        "store/sqlite.py",
        "    rows.close()  # ends the read transaction",
        "    connection.kept = rows",
        SQLITE,
    ),
    Fault(
        "small rows are gathered one short",
        "store/sqlite_transaction.py",
        "        return [chunk_of_row(known.log, *row) for row in list(rows)]",
        "        return [chunk_of_row(known.log, *row) for row in list(rows)][:-1]",
        SQLITE,
    ),
    Fault(
        "the writer goes on after a failed sync",
        "store/sqlite_writer.py",
        "        self._failure = error",
        "        pass",
        SQLITE,
    ),
    Fault(
        "the write-ahead log is never begun anew",
        "store/sqlite_writer.py",
        "        if self._wal_pages < self._checkpoint_at:",
        "        if True:",
        SQLITE,
    ),
    Fault(
        "a purge that failed is tried again at once",
        "store/sqlite_writer.py",
        "        return PURGE_AGAIN_SECONDS if self._stumbled else 0",
        "        return 0",
        SQLITE,
    ),
    Fault(
        "another program's lock ends the store",
        "store/sqlite_writer.py",
        "            if not isinstance(error, (StoreBusy, StoreFull)):",
        "            if not isinstance(error, StoreFull):",
        SQLITE,
    ),
    Fault(
        "changes of one deployment do not wait for one another",
        "deployments/deployments.py",
        "        async with self._changing.setdefault(log, asyncio.Lock()):",
        "        async with asyncio.Lock():",
        "tests/test_deployments.py",
    ),
    Fault(
        "records that are missing are looked for again for ever",
        "lineage.py",
        "    if not chunks or chunks[0].first != after + 1:",
        "    if False:",
        "tests/test_cursor_forks.py tests/test_deployments.py",
    ),
    Fault(
        "what arrived before a client died is forgotten",
        "cli/http_protocol.py",
        "        self.cycle.__class__ = Cycle",
        "        pass",
        "tests/test_cli_serve.py",
    ),
    Fault(
        "a stream that never pauses does not hear of the stop",
        "http/text_stream.py",
        "            if more:\n",
        "            if False:\n",
        "tests/test_cli_serve.py",
    ),
    Fault(
        "commits are not synced as they should be",
        "store/sqlite_file.py",
        '_set(connection, "synchronous", 2)',
        '_set(connection, "synchronous", 1)',
        SQLITE_FILE,
    ),
    *(Fault(*row) for table in TABLES for row in table.ROWS),
)


def caught(fault: Fault, test: str) -> bool:
    """Whether `test` fails on a copy of the source with the fault in it."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source)
        file = source / "logflume" / fault.file
        text = file.read_text()
        if text.count(fault.old) != 1:
            raise SystemExit(f"{fault.name}: its place in {fault.file} is not there, or not once")
        file.write_text(text.replace(fault.old, fault.new))
        # The thread method ends the process: a test that waits for ever is a test that fails.
        limits = ["--timeout=45", "--timeout-method=thread"]
        command = [sys.executable, "-m", "pytest", "-x", "-q", *limits, test]
        environment = {**os.environ, "PYTHONPATH": str(source)}
        run = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if run.returncode not in (0, 1):
            raise SystemExit(f"{fault.name}: {test} did not run:\n{run.stdout}{run.stderr}")
        return run.returncode == 1


def main() -> int:
    words = sys.argv[1:]
    runs = [
        (fault, test)
        for fault in FAULTS
        if not words or any(word in fault.name for word in words)
        for test in fault.tests.split()
    ]
    missed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (fault, test), found in zip(runs, pool.map(_caught, runs), strict=True):
            missed += not found
            print(f"{'caught' if found else 'MISSED'}  {fault.name}  by {test}", flush=True)
    print(f"{missed} missed" if missed else f"every fault of {len(runs)} was caught")
    return 1 if missed else 0


def _caught(run: tuple[Fault, str]) -> bool:
    return caught(*run)


if __name__ == "__main__":
    sys.exit(main())
