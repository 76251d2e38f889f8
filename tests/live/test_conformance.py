"""The conformance suite of Durable Streams, all of it, over every store.

A run takes about 85 seconds, nearly all of which it waits for real expiries; so one run a store
begins before the first is waited for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.node_tools import VITEST, NodeProgram
from tests.servers import ServerProcess

PATIENCE_SECONDS = 400
"""A run's 85 seconds, on a machine that is busy with something else."""

pytestmark = [pytest.mark.live, pytest.mark.timeout(PATIENCE_SECONDS + 20)]

STORES = {"sqlite": None, "memory": "memory:"}

PASSED = 332
NOT_ASKED_FOR = {"Reserved subscription APIs": 6}
"""The one group that is optional: without `subscriptions` the suite skips it."""


@dataclass(frozen=True)
class Run:
    program: NodeProgram
    report: Path

    def results(self) -> list[dict[str, Any]]:
        """What became of each test, once all have run."""
        self.program.wait(PATIENCE_SECONDS)
        assert self.report.exists(), self.program.errors
        results: list[dict[str, Any]] = [
            result
            for file in json.loads(self.report.read_text("utf-8"))["testResults"]
            for result in file["assertionResults"]
        ]
        assert results, self.report.read_text("utf-8")
        return results


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """The suite on a server of its own for each store, all at once."""
    folder = tmp_path_factory.mktemp("conformance")
    with ExitStack() as stack:
        begun: dict[str, Run] = {}
        for name, store in STORES.items():
            server = stack.enter_context(ServerProcess(folder / name, store=store))
            report = folder / f"{name}.json"
            arguments = ["run", "--reporter=json", f"--outputFile={report}"]
            program = NodeProgram(VITEST, *arguments, server=server.url)
            begun[name] = Run(stack.enter_context(program), report)
        yield begun


@pytest.mark.parametrize("store", STORES)
def test_the_suite_passes(
    store: str, runs: dict[str, Run], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every test but those of the subscriptions, which are not offered."""
    results = runs[store].results()
    counts = Counter(result["status"] for result in results)
    skipped = Counter(
        result["ancestorTitles"][0] for result in results if result["status"] == "skipped"
    )
    with capsys.disabled():
        said = ", ".join(f"{number} {status}" for status, number in counts.items())
        print(f"\nDurable Streams conformance, {store}: {said}")
    faults = [fault_in(result) for result in results if result["status"] == "failed"]
    if faults:
        pytest.fail("\n\n".join(faults), pytrace=False)
    assert counts == {"passed": PASSED, "skipped": sum(NOT_ASKED_FOR.values())}
    assert skipped == NOT_ASKED_FOR


def fault_in(result: dict[str, Any]) -> str:
    """The failed test's name and what it says, without the way there."""
    said = "\n".join(message.partition("\n    at ")[0] for message in result["failureMessages"])
    return f"{result['fullName']}\n{said}"
