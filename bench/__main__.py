"""`python -m bench`: run the measures, print their figures, keep them as JSON."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench import (
    fanout,
    history,
    idle,
    ingest,
    latency,
    long_polling,
    many_logs,
    masking,
    page,
    paging,
    producers,
    search,
    stalled,
    storm,
    tokens,
    unchanged,
    websocket,
)
from bench.machine import describe
from bench.peers import measure as peers
from bench.peers.load import CutOff, Unfaithful
from bench.peers.table import table as peers_table
from bench.plots import draw
from bench.report import Report, print_figure
from bench.rounds import Bench, Cores
from bench.servers import ServerDied

TABLES = {
    "figures": {
        "ingest": ingest.measure,
        "producers": producers.measure,
        "latency": latency.measure,
        "history": history.measure,
        "paging": paging.measure,
        "search": search.measure,
        "mask": masking.measure,
        "idle": idle.measure,
        "fanout": fanout.measure,
        "many-logs": many_logs.measure,
        "stalled": stalled.measure,
        "storm": storm.measure,
        "page": page.measure,
        "tokens": tokens.measure,
    },
    "patterns": {
        "websocket": websocket.measure,
        "long-polling": long_polling.measure,
        "unchanged": unchanged.measure,
    },
    "peers": {"peers": peers.measure},
}
"""The measures of each table in docs/benchmarks.md."""

MEASURES = {name: measure for table in TABLES.values() for name, measure in table.items()}

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    options = _options()
    RESULTS.mkdir(exist_ok=True)
    try:
        with _folder(options.folder) as folder:
            report = _run(options.measures or list(MEASURES), folder, options.rounds)
    except (ServerDied, Unfaithful, CutOff) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(f"\nwritten to {report.write(RESULTS)}")
    if options.docs:
        print(f"brought up to date: {report.write_tables()}")
        for name, figures in report.tables.items():
            print("".join(f"drawn: {plot}\n" for plot in draw(name, figures)), end="")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(MEASURES)}; default: all"
    )
    parser.add_argument("--rounds", type=int, default=3, help="of each measure (default: 3)")
    parser.add_argument("--folder", type=Path, help="where the servers keep their logs")
    parser.add_argument("--docs", action="store_true", help="put the tables in docs/benchmarks.md")
    options = parser.parse_args()
    unknown = [name for name in options.measures if name not in MEASURES]
    if unknown or options.rounds < 1:
        parser.error(f"no measure {', '.join(unknown)}" if unknown else "--rounds is at least 1")
    halved = [name for name, table in TABLES.items() if 0 < _chosen(options, table) < len(table)]
    if options.docs and halved:
        parser.error(f"--docs goes with whole tables; chosen are parts of {', '.join(halved)}")
    return options


def _chosen(options: argparse.Namespace, table: Mapping[str, object]) -> int:
    """How many of the table's measures are to be run."""
    return len(table.keys() & set(options.measures or MEASURES))


@contextmanager
def _folder(parent: Path | None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="logs-", dir=parent or RESULTS) as name:
        yield Path(name)


def _run(names: list[str], folder: Path, rounds: int) -> Report:
    cores = Cores.choose()
    report = Report(describe(folder, cores), layouts={"peers": peers_table})
    print(report.machine_text())
    bench = Bench(cores, folder, rounds)
    started = time.monotonic()
    for name in names:
        print(f"\n{name}")
        figures = report.tables.setdefault(_table_of(name), [])
        for figure in MEASURES[name](bench):
            figures.append(figure)
            print_figure(figure)
    print(f"\n{time.monotonic() - started:.0f} s in all")
    return report


def _table_of(measure: str) -> str:
    return next(name for name, table in TABLES.items() if measure in table)


if __name__ == "__main__":
    sys.exit(main())
