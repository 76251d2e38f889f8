"""`logflume serve` on the embedded store, which counts how often it is asked for something.

`python -m bench.counted COUNT_FILE FOLDER`: the count stands in the file, always up to date. It is
for counting only: the figures of speed come from the server as it is.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from logflume.cli import serve
from logflume.cli.serving import Serving
from logflume.records import Chunk, LogId, Seq, State
from logflume.store.sqlite import SqliteStore


class CountedStore(SqliteStore):
    """The embedded store, with a mark for each time that it is read, whatever is asked."""

    reads = 0
    file = -1

    async def state(self, log: LogId) -> State:
        self._count()
        return await super().state(log)

    async def read(self, log: LogId, after: Seq, *, until: Seq, max_bytes: int) -> Sequence[Chunk]:
        self._count()
        return await super().read(log, after, until=until, max_bytes=max_bytes)

    async def logs(
        self, prefix: str, labels: Mapping[str, str], *, before: LogId | None, limit: int
    ) -> Sequence[tuple[LogId, State]]:
        self._count()
        return await super().logs(prefix, labels, before=before, limit=limit)

    def _count(self) -> None:
        CountedStore.reads += 1
        os.pwrite(self.file, b"%d" % self.reads, 0)


def main() -> int:
    count, folder = Path(sys.argv[1]), Path(sys.argv[2])
    CountedStore.file = os.open(count, os.O_CREAT | os.O_WRONLY)
    # The one place that names a store; whatever else it does is as it is.
    serve.SqliteStore = CountedStore  # type: ignore[attr-defined]
    return serve.serve(Serving("127.0.0.1", 0, folder, store=None))


if __name__ == "__main__":
    sys.exit(main())
