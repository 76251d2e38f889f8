"""Masking in `logflume run`: how much output a second passes to the reader and into the spool.

The server is away, so that nothing else is measured. The load is a command that writes a file; what
`run` takes without output is taken off. After each run the spool is looked at: as many secrets are
masked as there were, and none is left.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.rounds import PYTHON, Bench, Figure

VALUES = 20
"""A deployment's: tokens, passwords and keys of a few systems."""

COPIES = 8
TEXT_BYTES = 16 * 1024 * 1024
"""Of the file, which the command writes `COPIES` times: together more than any build says."""

NOBODY = "http://127.0.0.1:9"
"""A server that is away: the discard port, which nobody serves."""

BLOCK_BYTES = 1024 * 1024
"""Of a spool, looked at together."""

RARE = 1000
"""One line in so many holds a secret."""


def measure(bench: Bench, *, text_bytes: int = TEXT_BYTES) -> Iterator[Figure]:
    chance = random.Random(20)  # the same values and lines each time
    values = [f"{chance.randbytes(12).hex()}/+{number}" for number in range(VALUES)]
    usual = [_line(chance) for _ in range(RARE)]
    texts = {
        "": ([], usual),
        f", {VALUES} values masked": (values, [*usual[1:], f"token {values[0]}\n"]),
        f", {VALUES} values, lines that nearly match": (values, [f"{v[:-1]}-\n" for v in values]),
    }
    for name, (masks, lines) in texts.items():
        with bench.logs() as folder:
            text = _text(folder, lines, text_bytes)
            nothing = _seconds(folder, masks, "true")
            rounds = [_speed(folder, masks, text, nothing) for _ in range(bench.rounds)]
        yield Figure(f"run{name}", "MB/s", rounds, "≥ 50" if masks else "")


def _line(chance: random.Random) -> str:
    words = " ".join(chance.randbytes(4).hex() for _ in range(3))
    return f"2026-11-23T15:37:00Z compiling {words} done\n"


def _text(folder: Path, lines: Sequence[str], size_bytes: int) -> Path:
    block = "".join(lines)
    text = folder / "text"
    text.write_text(block * (size_bytes // len(block)))
    return text


def _speed(folder: Path, masks: Sequence[str], text: Path, nothing: float) -> float:
    """Megabytes a second, in the time that is over what `nothing` takes."""
    seconds = _seconds(folder, masks, f"exec cat{f' {text}' * COPIES}")
    _check(folder, masks, text)
    return text.stat().st_size * COPIES / (seconds - nothing) / 1e6


def _seconds(folder: Path, masks: Sequence[str], command: str) -> float:
    (folder / "masks").write_text("\n".join(masks))
    options = ["--mask", "@masks"] if masks else []
    environ = {
        "PATH": os.environ["PATH"],
        "XDG_STATE_HOME": str(folder / "state"),
        "LOGFLUME_SERVER": NOBODY,
        "LOGFLUME_SYNC_SECONDS": "0",
    }
    run = [*PYTHON, "logflume", "run", *options, "--", "sh", "-c", command]
    started = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(run, cwd=folder, env=environ, stdout=quiet, stderr=quiet, check=True)
    return time.perf_counter() - started


def _check(folder: Path, masks: Sequence[str], text: Path) -> None:
    """And take the spools away."""
    masked = left = 0
    for log in folder.glob("state/logflume/spool/dep_*/log.ndjson"):
        with log.open("rb") as rows:
            while block := rows.read(BLOCK_BYTES) + rows.readline():
                masked += block.count(b"***")
                left += sum(block.count(mask.encode()) for mask in masks)
        log.unlink()
    secrets = text.read_text().count(masks[0]) * COPIES if masks else 0
    assert (masked, left) == (secrets, 0), f"{masked} of {secrets} are masked, {left} are left"


__all__ = ["measure"]
