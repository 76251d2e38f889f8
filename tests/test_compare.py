"""`logflume compare` from end to end: a short run of everything, and what its figures must say."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from logflume.compare.plan import LABELS
from tests.cli_tools import LOGFLUME, NOBODY, CommandLine
from tests.page.browsing import ARGUMENTS, CHROMIUM

pytestmark = pytest.mark.live

WATCHERS, LINES = 3, 20
RUN_SECONDS = 55.0
FILES = 260
FOLLOWING = tuple(LABELS)[1:]
"""The patterns by which a log is followed."""

Patterns = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Ran:
    """A comparison that has been run."""

    document: dict[str, Any]
    stderr: str
    report: Path
    left_behind: list[str]

    @property
    def patterns(self) -> Patterns:
        return {one["pattern"]: one for one in self.document["patterns"]}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """A run of all patterns, as short as it can be."""
    home = tmp_path_factory.mktemp("home")
    temporary = home / "temporary"
    temporary.mkdir()
    logflume = CommandLine(home, NOBODY)
    report = home / "report.html"
    command = [*LOGFLUME, "compare", "--json", "--report", str(report), "--rate", "100"]
    command += ["--watchers", str(WATCHERS), "--lines", str(LINES)]
    done = subprocess.run(
        command,
        env=logflume.environ({"TMPDIR": str(temporary)}),
        cwd=home,
        capture_output=True,
        timeout=RUN_SECONDS,
        check=False,
        preexec_fn=_few_files,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    return Ran(document, done.stderr.decode(), report, [path.name for path in temporary.iterdir()])


def _few_files() -> None:
    """Fewer watchers are there for their memory alone then, which takes less time."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


@pytest.fixture(scope="module")
def patterns(ran: Ran) -> Patterns:
    return ran.patterns


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS) as chromium,
    ):
        yield chromium


def test_all_patterns_in_their_order(ran: Ran) -> None:
    """One entry each; and what was asked for stands beside them."""
    assert [one["label"] for one in ran.document["patterns"]] == list(LABELS.values())
    assert ran.document["plan"] == {"watchers": WATCHERS, "lines": LINES, "lines_a_second": 100.0}


def test_every_line_came_once(patterns: Patterns) -> None:
    """With connections left alone and with cut ones; and every watcher was cut."""
    for one in patterns.values():
        assert one["counted"]["deliveries"] >= WATCHERS * LINES
        for found in (one["counted"], one["cut"]):
            assert (found["lost"], found["repeated"]) == (0, 0), one["label"]
        assert one["cut"]["cuts"] >= WATCHERS
        assert one["cut"]["caught_up_seconds"] > 0


def test_requests(patterns: Patterns) -> None:
    """A stream is one request a watcher; who polls asks again and again."""
    requests = {name: one["counted"]["requests"] for name, one in patterns.items()}
    assert requests["sse"] == requests["websocket"] == requests["history"] == WATCHERS
    assert requests["poll"] > WATCHERS
    assert requests["long-poll"] > requests["poll"]
    assert patterns["poll"]["requests_a_line"] > patterns["sse"]["requests_a_line"]


def test_bytes(patterns: Patterns) -> None:
    """No pattern brings a line in less than it has; and each request costs its headers."""
    sizes = {name: one["bytes_a_line"] for name, one in patterns.items()}
    for name, one in patterns.items():
        assert sizes[name] > one["record_bytes_a_line"] > len("Resolving dependencies")
    assert sizes["history"] < sizes["poll"] < sizes["long-poll"]
    assert sizes["sse"] < sizes["websocket"] < sizes["long-poll"]


def test_latency(patterns: Patterns) -> None:
    """Of the patterns that follow; who looks in ten times a second learns it later."""
    assert patterns["history"]["latency_ms"] is None
    for name in FOLLOWING:
        found = patterns[name]["latency_ms"]
        assert 0 < found["p50"] <= found["p95"] <= found["p99"]
        assert [percent for percent, _ in found["spread"]][-1] == 100
    assert patterns["poll"]["latency_ms"]["p50"] > patterns["sse"]["latency_ms"]["p50"]


def test_what_the_server_spends(patterns: Patterns) -> None:
    """Processor time and memory, as the kernel counts them."""
    for one in patterns.values():
        assert one["server_cpu_us_a_line"] > 0
        assert 500 < one["memory_bytes_a_watcher"] < 100_000
        assert one["watchers_busy"] > 0


def test_a_buffering_proxy(patterns: Patterns) -> None:
    """It holds an event stream back to its end; answers that end, and WebSockets, come through."""
    verdicts = {name: one["buffering_proxy"]["verdict"] for name, one in patterns.items()}
    assert verdicts == {**dict.fromkeys(LABELS, "in time"), "sse": "late"}
    held = patterns["sse"]["buffering_proxy"]
    assert (held["in_time"], held["arrived"]) == (0, held["lines"])


def test_nothing_is_left_behind(ran: Ran) -> None:
    """The servers' folder is gone; and with --json, nothing but the report is spoken of."""
    assert ran.left_behind == []
    assert ran.stderr.startswith("logflume: the report is in ")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_one_page(ran: Ran, browser: Browser, scheme: Any) -> None:
    """It opens from the disk, asks for nothing else, and shows every pattern in six plots."""
    page = browser.new_page(color_scheme=scheme)
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(ran.report.as_uri())
    assert asked == [ran.report.as_uri()]
    assert said == []
    assert page.locator("figure svg").count() == 6
    for label in LABELS.values():
        assert page.locator("thead th", has_text=label).count() == 1
    assert page.locator("rect.sse").count() >= 6
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(16, 21, 20)") == (scheme == "dark")
    page.close()


def test_the_report_names_no_other_place(ran: Ran) -> None:
    """No address of anything, no script, and not the folder it was measured in."""
    text = ran.report.read_text("utf-8")
    for foreign in ("http:", "https:", "url(", "@import", "<script", "<link", "src=", "/tmp"):  # noqa: S108
        assert foreign not in text
