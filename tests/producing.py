"""A producer in a thread, for tests that look at what was acknowledged while something happens."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

import httpx2


@dataclass
class Producer:
    """Appends numbered lines with producer marks, and repeats what was not answered. What it
    knows to be acknowledged is all that the checker trusts."""

    name: str
    log: str
    stop: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    unanswered: int = 0

    def run(self) -> None:
        rng = random.Random(self.name)
        sequence, number = 0, 0
        with httpx2.Client(timeout=10) as client:
            while not self.stop.is_set():
                lines = [f"{self.name} {number + k}" for k in range(rng.randint(1, 50))]
                if self.sent(client, sequence, lines):
                    self.acknowledged += lines
                    sequence, number = sequence + 1, number + len(lines)

    def sent(self, client: httpx2.Client, sequence: int, lines: list[str]) -> bool:
        """Send until it is answered, however often the server dies meanwhile."""
        headers = {
            "Producer-Id": self.name,
            "Producer-Epoch": "0",
            "Producer-Seq": str(sequence),
        }
        while True:
            try:
                answer = client.post(self.log, content="\n".join(lines), headers=headers)
            except httpx2.TransportError:
                self.unanswered += 1
                self.stop.wait(0.02)
                continue
            assert answer.status_code in (200, 204), answer.text
            return True


__all__ = ["Producer"]
