"""Programs that are made from source when they are first needed, and again when it has changed.

They go to build/bench, which git does not know; `make clean` removes it. Each version is pinned:
by go.sum, by the lock file that a crate brings, or because the source is here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.peers.peer import Missing

HERE = Path(__file__).parent
C = HERE.parent / "c"
CACHE = HERE.parent.parent / "build" / "bench"

BUILD_SECONDS = 900
"""The Rust server compiles some hundred and seventy crates: minutes, on two cores."""

CRATE, CRATE_VERSION = "durable-streams-server", "0.3.0"


def limit() -> Path:
    """The C program that only writes. Raises Missing."""
    return _compiled("limit", [C / "limit.c"])


def load() -> Path:
    """The C program that makes the load. Raises Missing."""
    return _compiled("load", [C / "load.c", C / "producer.c", C / "watchers.c"])


def centrifuge() -> Path:
    """The Go program around the Centrifuge library. Raises Missing."""
    go = _tool("go", "Go is not installed (Debian: golang; the library wants a current one)")
    source = HERE / "centrifuge"
    made = CACHE / "centrifuge"
    if _stale(made, source.iterdir()):
        _run([go, "build", "-mod=readonly", "-o", str(made), "."], source)
    return made


def rust_server() -> Path:
    """The server that the crate brings. Raises Missing."""
    cargo = _tool("cargo", "Rust is not installed (rustup.rs; the crate wants 1.89 or newer)")
    root = CACHE / f"{CRATE}-{CRATE_VERSION}"
    made = root / "bin" / CRATE
    if not made.exists():
        print(f"  making {CRATE}; this takes minutes, once", flush=True)
        pinned = ["install", CRATE, "--version", CRATE_VERSION, "--locked"]
        _run([cargo, *pinned, "--root", str(root)], CACHE)
    return made


def _compiled(name: str, sources: Sequence[Path]) -> Path:
    made = CACHE / name
    if _stale(made, C.iterdir()):
        compiler = _tool("cc", "no C compiler is installed (Debian: gcc and libc6-dev)")
        named = [str(source) for source in sources]
        _run([compiler, "-O2", "-o", str(made), *named, "-lm"], C)
    return made


def _tool(name: str, otherwise: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(otherwise)
    return path


def _stale(made: Path, sources: Iterable[Path]) -> bool:
    newest = max(source.stat().st_mtime for source in sources)
    return not made.exists() or made.stat().st_mtime < newest


def _run(command: Sequence[str], folder: Path) -> None:
    """Run it with all cores: this process may have been given one. Raises Missing."""
    CACHE.mkdir(parents=True, exist_ok=True)
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        subprocess.run(
            command, cwd=folder, check=True, capture_output=True, text=True, timeout=BUILD_SECONDS
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Missing(f"{Path(command[0]).name} could not make it: {last}") from error
    except subprocess.TimeoutExpired as error:
        raise Missing(f"{Path(command[0]).name} took over {BUILD_SECONDS} s") from error
    finally:
        os.sched_setaffinity(0, own)
