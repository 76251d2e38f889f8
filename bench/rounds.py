"""What a measure is made of: a run, repeated in rounds, against Logflume and against `nothing`.

The server has one core and the load another, so that neither takes the other's time. A run takes
a server and returns its values by name and the time it took; a figure is what became of one of
these values in all rounds.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.servers import Server, Timed

K = TypeVar("K")

Values = Mapping[str, float]
Run = Callable[[Server], tuple[Values, Timed]]

PYTHON = (sys.executable, "-m")


@dataclass(frozen=True, slots=True)
class Cores:
    """Where the server runs and where the load is made; the same one if there is no other."""

    server: int
    load: int
    siblings: bool = False
    """Whether they are two hardware threads of one core, and so slow each other down."""

    @classmethod
    def choose(cls) -> Cores:
        load, *others = sorted(os.sched_getaffinity(0))
        apart = [core for core in others if core not in _siblings(load)]
        if apart:
            return cls(apart[0], load)
        return cls(others[0], load, siblings=True) if others else cls(load, load)

    @property
    def shared(self) -> bool:
        return self.server == self.load


def _siblings(core: int) -> set[int]:
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    found: set[int] = set()
    for part in path.read_text().strip().split(",") if path.exists() else []:
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of a measure: what it was in each round, and what it stands beside."""

    name: str
    unit: str
    rounds: Sequence[float]
    want: str = ""
    nothing: float | None = None
    """The median of the same load against a server that does none of the work."""
    server_cpu: float | None = None
    load_cpu: float | None = None
    missing: str = ""
    """Why there are no rounds."""

    @property
    def median(self) -> float | None:
        return statistics.median(self.rounds) if self.rounds else None


@dataclass(slots=True)
class Rounds:
    """What the rounds of one run gave."""

    values: dict[str, list[float]] = field(default_factory=dict)
    timed: list[Timed] = field(default_factory=list)

    def take(self, values: Values, timed: Timed) -> None:
        for name, value in values.items():
            self.values.setdefault(name, []).append(value)
        self.timed.append(timed)

    def figure(
        self, value: str, name: str, unit: str, want: str = "", *, beside: Rounds | None = None
    ) -> Figure:
        return Figure(
            name,
            unit,
            tuple(self.values[value]),
            want,
            statistics.median(beside.values[value]) if beside else None,
            statistics.median(timed.server_cpu for timed in self.timed),
            statistics.median(timed.load_cpu for timed in self.timed),
        )

    def times(self, value: str, other: Rounds, name: str, want: str = "") -> Figure:
        """How many times as large the value is as `other`'s, round by round."""
        pairs = zip(self.values[value], other.values[value], strict=True)
        return Figure(name, "×", tuple(mine / theirs for mine, theirs in pairs), want)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and how often to measure."""

    cores: Cores
    folder: Path
    rounds: int

    @contextmanager
    def logs(self) -> Iterator[Path]:
        """A folder for one server's logs, gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            yield Path(name)

    @contextmanager
    def logflume(self, logs: Path | None = None, *, store: str = "") -> Iterator[Server]:
        """A Logflume on the server's core: on the embedded store in `logs`, or in a new folder, or
        on `store`."""
        if logs is None:
            with self.logs() as made, self.logflume(made, store=store) as server:
                yield server
            return
        where = ["--store", store] if store else ["--data", str(logs)]
        with self.started([*PYTHON, "logflume", "serve", "--port", "0", *where]) as server:
            yield server

    @contextmanager
    def nothing(self) -> Iterator[Server]:
        """The server that does none of the work, on the same core."""
        with self.started([*PYTHON, "bench.nothing"]) as server:
            yield server

    @contextmanager
    def started(self, command: Sequence[str]) -> Iterator[Server]:
        """The server that `command` starts, on the same core."""
        with self.logs() as folder:
            os.sched_setaffinity(0, {self.cores.server})  # what is started inherits it
            try:
                server = Server(command, folder / "stderr")
            finally:
                os.sched_setaffinity(0, {self.cores.load})
            with server:
                yield server

    def rounds_of(self, server: Server, run: Run) -> Rounds:
        """All rounds of `run`, one after another."""
        rounds = Rounds()
        for _ in range(self.rounds):
            rounds.take(*run(server))
        return rounds

    def in_turn(self, runs: Mapping[K, Callable[[], tuple[Values, Timed]]]) -> dict[K, Rounds]:
        """All rounds of each, one round of each after the other: what disturbs one disturbs all."""
        rounds = {name: Rounds() for name in runs}
        for _ in range(self.rounds):
            for name, run in runs.items():
                rounds[name].take(*run())
        return rounds

    def both(self, run: Run) -> tuple[Rounds, Rounds]:
        """All rounds of `run` against Logflume, and against nothing."""
        with self.logflume() as server:
            real = self.rounds_of(server, run)
        with self.nothing() as server:
            return real, self.rounds_of(server, run)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of `values` that `percent` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
