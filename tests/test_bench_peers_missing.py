"""The fan-out benchmark where things are missing: it says what, and does the rest. Its table."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.peers.brokers import Nchan, Pushpin
from bench.peers.durable import NodeReference
from bench.peers.field import Field
from bench.peers.known import others
from bench.peers.measure import DELIVERIES, LIMIT, MEMORY, ONE, OURS, PACED
from bench.peers.own import Limit
from bench.peers.peer import LINE, Missing, Peer
from bench.peers.table import table
from bench.plots import draw
from bench.rounds import Bench, Cores, Figure
from tests.planted import every_line

pytestmark = pytest.mark.live

ROOT = Path(__file__).parent.parent

WITHOUT_COMPILER = """
import sys
from pathlib import Path
from bench import __main__ as command, rounds
from bench.peers import build
build.CACHE = Path(sys.argv.pop())
sys.exit(command.main())
"""
"""The command, on a machine where nothing has been compiled yet."""


def test_without_a_compiler_the_command_says_so_and_ends_well(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    words = ["peers", "--rounds", "1", "--folder", str(tmp_path), str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_COMPILER, *words],
        env={**os.environ, "PATH": str(tmp_path / "bin"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "fan-out beside other servers: MISSING: no C compiler is installed" in done.stdout
    written = re.search(r"written to (\S+)", done.stdout)
    assert written is not None
    (ROOT / written[1]).unlink()


@pytest.mark.parametrize("peer", [Nchan(), Pushpin(), NodeReference()], ids=lambda peer: peer.name)
def test_a_peer_that_is_not_installed_says_what_would_help(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match=r"not installed \(Debian: "):
        peer.command(tmp_path)


def test_who_is_missing_does_not_keep_others_from_being_measured(tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    limit = Limit([every_line(0, [LINE.encode()])])
    absent = others()[-1]
    with ExitStack() as stack:
        field = Field(Bench(Cores(core, core), tmp_path, 1), (limit.name,))
        field.start(stack, [absent, limit])
        assert list(field.servers) == [limit.name]
    assert list(field.without) == [absent.name]


FIGURES = [
    Figure(f"{ONE.title}, {DELIVERIES}: Mercure (Go)", "", (), missing="not here"),
    Figure(f"{ONE.title}, {DELIVERIES}: {LIMIT}", "deliveries/s", (160_000.0,)),
    Figure(f"{ONE.title}, {DELIVERIES}: {OURS}", "deliveries/s", (120_000.0,)),
    Figure(f"{ONE.title}, {DELIVERIES}: {OURS} to {LIMIT}", "×", (0.75,), "≥ 0.75"),
    Figure(f"{ONE.title}, processor: {OURS} to {LIMIT}", "×", (1.33,)),
    Figure(f"{PACED.title}, p50: {OURS}", "ms", (2.5,)),
    Figure(f"{PACED.title}, p95: {OURS}", "ms", (4.5,)),
    Figure(f"{PACED.title}, p99: {OURS}", "ms", (5.25,)),
    Figure(f"{MEMORY}: {OURS}", "KB", (1.75,), "≤ 2.0"),
]


def test_the_table_has_a_row_for_each_server_also_for_those_that_are_missing() -> None:
    rows = {line.split(" | ")[0].strip("| "): line for line in table(FIGURES).splitlines()}
    assert "| missing: not here |" in rows["Mercure (Go)"]
    assert "| 160,000 |" in rows[LIMIT]
    assert "| on disk, synced | 120,000 |" in rows[OURS]
    assert "| 2.50 | 5.25 | 1.75 |" in rows[OURS]


def test_ratios_and_what_is_wanted_stand_in_rows_of_their_own() -> None:
    text = table(FIGURES)
    assert f"| {ONE.title}, {DELIVERIES}: {OURS} to {LIMIT} | × | **0.75** |" in text
    assert f"| {ONE.title}, processor: {OURS} to {LIMIT} | × | **1.33** |" in text
    assert "≤ 2.0" in text
    assert "4.5" not in text


def test_the_plots_are_pictures_of_the_servers_that_have_figures(tmp_path: Path) -> None:
    assert draw("peers", FIGURES, tmp_path) == [
        "bench-deliveries.svg",
        "bench-latency.svg",
        "bench-memory.svg",
    ]
    picture = ElementTree.parse(tmp_path / "bench-deliveries.svg")  # noqa: S314 -- just written
    name = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in picture.iter(f"{name}text")]
    bars = {bar.get("class"): float(bar.get("width", "")) for bar in picture.iter(f"{name}rect")}
    assert texts[2:] == [LIMIT, "160,000", OURS, "120,000"]
    assert bars["ours"] == pytest.approx(bars["limit"] * 0.75, abs=0.1)
