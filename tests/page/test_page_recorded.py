"""Logs of real programs: pip, npm, cargo, gcc, pytest, git, ls, terraform, curl and others.

`python -m tests.page.record` records them. Each of their lines must show what
pyte's terminal shows.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.page.peers import COLUMNS, columns_of_pyte, columns_of_runs
from tests.page.rendering import Renderer

LOGS = sorted((Path(__file__).parent / "logs").glob("*.log"))

ELSEWHERE = re.compile(r"\x1b\[\d*[AB]|[\x00\x01\x7f-\x9f\u202a-\u202e\u0590-\u06ff\u0300-\u036f]")
"""Leaves the line, or is shown otherwise on purpose: test_page_ansi.py has what then shows."""

UNKNOWN_TO_PYTE = re.compile(r"\x1b\[[28]m[^\x1b]*")
"""Dimmed and hidden text."""


def lines_of(log: Path) -> list[str]:
    return log.read_bytes().decode().removesuffix("\n").split("\n")


@pytest.mark.parametrize("log", LOGS, ids=[log.stem for log in LOGS])
def test_a_recorded_log_shows_what_a_terminal_shows(renderer: Renderer, log: Path) -> None:
    """Line by line and column by column; and no control character is left in what shows."""
    compared = 0
    for line in lines_of(log):
        answer = renderer.ask("render", text=line)
        shown = "".join(run["text"] for run in answer["runs"])
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]", shown)
        assert not answer["more"]
        if ELSEWHERE.search(line) or len(shown) > COLUMNS:
            continue
        comparable = UNKNOWN_TO_PYTE.sub("", line)
        runs = renderer.ask("render", text=comparable)["runs"]
        assert columns_of_runs(runs) == columns_of_pyte(comparable), line
        compared += 1
    assert compared > 0


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("pip", "3.0/3.0 MB"),
        ("npm", "built in 1.2 s"),
        ("cargo", "   Compiling site v0.1.0 (/src/site)"),
        ("gcc", "[-Wunused-variable]"),
        ("git", "Receiving objects: 100% (302/302)"),
        ("curl", "100.0%"),
        ("docker", "Status: Downloaded newer image for demo/shop:latest"),
        ("systemd", "[  OK  ] Started Network."),
        ("ls", "''$'\\033''[31mred'"),
    ],
)
def test_progress_bars_show_their_last_state(renderer: Renderer, log: str, shown: str) -> None:
    """What counts or turns in place is there once, as it stood at its end."""
    [path] = [path for path in LOGS if path.stem == log]
    texts = [renderer.plain(line) for line in lines_of(path)]
    assert any(shown in text for text in texts)
    assert not any(re.search(r"\d%.*\d%", text) for text in texts)


def test_links_of_a_compiler_are_links(renderer: Renderer) -> None:
    """gcc names each warning's option by a link to its documentation."""
    [path] = [path for path in LOGS if path.stem == "gcc"]
    links = {
        run.href: run.text for line in lines_of(path) for run in renderer.render(line) if run.href
    }
    assert "-Wunused-variable" in links.values()
    assert all(str(href).startswith("https://gcc.gnu.org/") for href in links)
