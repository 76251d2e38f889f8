"""`python -m tests.page.record [NAME…]`: record the logs in tests/page/logs anew.

Each is what a program wrote to a pseudo-terminal of 80 columns, line ends aside. A program that is
not installed leaves its log as it is. Nothing is loaded from elsewhere, and nothing of this machine
stays in a log: every program runs in a folder of its own, which is called /src in what it wrote.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.page.record import drawn, programs
from tests.page.record.terminal import Terminal

LOGS = Path(__file__).parents[1] / "logs"


def main(names: list[str]) -> None:
    LOGS.mkdir(exist_ok=True)
    for name, record in {**programs.ALL, **drawn.ALL}.items():
        if names and name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            written = record(Terminal(Path(folder)))
        if written is None:
            print(f"{name}: not installed, left as it is")
            continue
        (LOGS / f"{name}.log").write_bytes(written)
        print(f"{name}: {len(written)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
