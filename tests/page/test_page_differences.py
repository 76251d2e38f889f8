"""Which lines of two logs differ: the comparison itself, run in Node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ASSETS = Path(__file__).parents[2] / "src/logflume/page/assets"
DIFFERS = -1

PROGRAM = """
import { createInterface } from "node:readline";
const { compare, lineKey } = await import(process.argv[1]);
for await (const line of createInterface({ input: process.stdin })) {
  const { left, right, key } = JSON.parse(line);
  const answer = key === undefined ? compare(left, right) : lineKey(key);
  const lists = ({ left, right }) => ({ left: [...left], right: [...right] });
  console.log(JSON.stringify(typeof answer === "string" ? answer : lists(answer)));
}
"""


class Differences:
    """The module, in a process that answers a line at a time."""

    def __init__(self) -> None:
        module = (ASSETS / "differences.js").as_uri()
        command = ["node", "--input-type=module", "--eval", PROGRAM, module]
        pipe = subprocess.PIPE
        self._node = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def _ask(self, question: dict[str, object]) -> object:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(question) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())

    def compare(self, left: Sequence[str], right: Sequence[str]) -> dict[str, list[int]]:
        answer = self._ask({"left": list(left), "right": list(right)})
        assert isinstance(answer, dict)
        return answer

    def key(self, line: str) -> str:
        return str(self._ask({"key": line}))

    def close(self) -> None:
        self._node.communicate()


@pytest.fixture(scope="module")
def differences() -> Iterator[Differences]:
    running = Differences()
    yield running
    running.close()


def differing(lines: Sequence[str], result: Sequence[int]) -> list[str]:
    return [line for line, like in zip(lines, result, strict=True) if like == DIFFERS]


logs = st.lists(st.sampled_from("abcdefgh"), max_size=40)


@settings(deadline=None)
@given(left=logs, right=logs)
def test_partners_say_the_same_and_keep_their_order(
    differences: Differences, left: list[str], right: list[str]
) -> None:
    found = differences.compare(left, right)
    pairs = [(at, like) for at, like in enumerate(found["left"]) if like >= 0]
    assert all(left[at] == right[like] for at, like in pairs)
    assert pairs == sorted(pairs, key=lambda pair: pair[1])
    assert all(found["right"][like] == at for at, like in pairs)
    assert sum(like >= 0 for like in found["right"]) == len(pairs)


@settings(deadline=None)
@given(lines=logs, new=st.lists(st.integers(0, 40), max_size=8))
def test_what_only_one_log_says_is_what_differs(
    differences: Differences, lines: list[str], new: list[int]
) -> None:
    longer = list(lines)
    for number, at in enumerate(new):
        longer.insert(min(at, len(longer)), f"new {number}")
    found = differences.compare(lines, longer)
    assert differing(lines, found["left"]) == []
    assert sorted(differing(longer, found["right"])) == sorted(f"new {n}" for n in range(len(new)))


def test_long_logs_without_a_line_of_their_own_are_compared_by_count(
    differences: Differences,
) -> None:
    """Nothing there occurs once, and a table of them would have four million cells."""
    left = ["tick", "tock"] * 1000
    right = ["tock", "tick"] * 1001
    found = differences.compare(["first", *left, "last"], ["begin", *right, "end"])
    assert differing(["first", *left, "last"], found["left"]) == ["first", "last"]
    assert differing(["begin", *right, "end"], found["right"]) == ["begin", "tock", "tick", "end"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-11-24T03:00:01.123456Z done", "2026-11-25T04:10:59Z done"),
        ("built in 12.5s", "built in 9 s"),
        ("commit 3f1c9e7a done", "commit a8812bc9 done"),
        ("sent 120 kB", "sent 7.5 MB"),
        (
            "trace 6f0b2c1e-8a1d-4f3e-9b7a-0c1d2e3f4a5b",
            "trace 00000000-8a1d-4f3e-9b7a-0c1d2e3f4a5b",
        ),
        ("step  ", "step"),
    ],
)
def test_what_no_two_runs_have_alike_does_not_count(
    differences: Differences, one: str, other: str
) -> None:
    assert differences.key(one) == differences.key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 tests passed", "4 tests passed"),
        ("version 4.2.0", "version 4.2.1"),
        ("exit code 0", "exit code 1"),
        ("decade", "facade"),
    ],
)
def test_what_a_deployment_did_counts(differences: Differences, one: str, other: str) -> None:
    assert differences.key(one) != differences.key(other)
