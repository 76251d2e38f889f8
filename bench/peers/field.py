"""All servers of the measure, running; and runs of each in turn, as long as they can be had.

Logflume and the limit must do: if one of them loses a line, or is cut off, the bench ends. Another
server that does has a row that says so, and is left out from then on; one that dies ends it too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from bench.peers.load import CutOff, Unfaithful
from bench.peers.peer import Missing, Peer
from bench.peers.running import PeerServer, running
from bench.rounds import Bench, Rounds, Values
from bench.servers import Timed

SLOW_SECONDS = 10
"""A server that needs longer for one run is asked for one round only: the bench is to end."""

Run = Callable[[PeerServer], tuple[Values, Timed]]


@dataclass(slots=True)
class Field:
    """`without` says of each server why it has no figures, by the server's name."""

    bench: Bench
    required: Collection[str]
    servers: dict[str, PeerServer] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)

    def start(self, stack: ExitStack, peers: Iterable[Peer]) -> None:
        """Start them all; they run until `stack` is closed. Raises ServerDied."""
        for peer in peers:
            try:
                self.servers[peer.name] = stack.enter_context(running(self.bench, peer))
            except Missing as error:
                self.without[peer.name] = str(error)

    def in_turn(self, run: Run, names: Iterable[str]) -> Mapping[str, Rounds]:
        """All rounds of those that are there, one round of each after the other."""
        rounds = {name: Rounds() for name in names if name in self.servers}
        going = list(rounds)
        for _ in range(self.bench.rounds):
            for name in list(going):
                started = time.monotonic()
                if not self._took(rounds[name], name, run):
                    del rounds[name]
                slow = time.monotonic() - started > SLOW_SECONDS
                if name not in rounds or (slow and name not in self.required):
                    going.remove(name)
        return rounds

    def anew(self, peer: Peer, run: Callable[[PeerServer], float]) -> float | None:
        """What `run` gives for another server of this kind, unless it fails."""
        try:
            with running(self.bench, peer) as server:
                return run(server)
        except (Unfaithful, CutOff) as error:
            if peer.name in self.required:
                raise
            self.without[peer.name] = _failed(error)
            return None

    def _took(self, rounds: Rounds, name: str, run: Run) -> bool:
        """Whether the run gave something. One that was cut off is tried once more: some servers
        give up watchers to whom they could not write for a second."""
        for again in (True, False):
            try:
                rounds.take(*run(self.servers[name]))
            except Unfaithful as error:
                self._leave_out(name, error)
                return False
            except CutOff as error:
                if not again or self.servers[name].has_ended():
                    self._leave_out(name, error)
                    return False
            else:
                return True
        return False

    def _leave_out(self, name: str, error: Exception) -> None:
        """Raises `error` where that may not be."""
        if name in self.required or self.servers[name].has_ended():
            raise error
        del self.servers[name]
        self.without[name] = _failed(error)


def _failed(error: Exception) -> str:
    """In one line, for a table."""
    return f"failed: {' '.join(str(error).split())[:200]}"
