"""Sections out of records, and moments as people write them: modules of the page, run in Node."""

from __future__ import annotations

import json
import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

ASSETS = Path(__file__).parents[2] / "src/logflume/page/assets"
MOST_ASKED = 7 * 7
"""Times, seven at once: an eighth of what is left remains, and 8**7 is more than a million."""

TREE = """
const { SectionTree } = await import(process.argv[1]);
const { parts, lines } = JSON.parse(process.argv[2]);
const tree = new SectionTree();
for (const records of parts) tree.add(records);
const within = (section) => section === null ? null : section.title;
console.log(JSON.stringify({
  sections: tree.sections.map((one) => [one.n, one.last, one.title, one.depth, one.collapsed]),
  at: lines.map((n) => within(tree.at(n))),
}));
"""

MOMENT = """
const { moment } = await import(process.argv[1]);
const { text, start, end } = JSON.parse(process.argv[2]);
const time = moment(text, { start: Date.parse(start), end: Date.parse(end) });
console.log(JSON.stringify(time && new Date(time).toISOString()));
"""

SINCE = """
const { firstSince } = await import(process.argv[1]);
let asked = 0;
const answers = JSON.parse(process.argv[2]).map(async ([last, time]) => {
  const n = await firstSince(time, last, async (n) => {
    asked++;
    if (n < 1 || n > last) throw new Error(`there is no record ${n}`);
    return Math.floor(n / 2);
  });
  return n;
});
console.log(JSON.stringify({ found: await Promise.all(answers), asked }));
"""


def node(program: str, module: str, argument: object, zone: str = "UTC") -> Any:
    command = ["node", "--input-type=module", "--eval", program]
    arguments = [(ASSETS / module).as_uri(), json.dumps(argument)]
    answer = subprocess.run(
        command + arguments,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "TZ": zone},
    )
    return json.loads(answer.stdout)


def opens(n: int, title: str, **more: object) -> dict[str, object]:
    time = f"2026-11-23T15:37:{n:02}Z"
    return {"n": n, "time": time, "kind": "group", "group": title, "open": True, **more}


def closes(n: int, **more: object) -> dict[str, object]:
    return {"n": n, "time": f"2026-11-23T15:37:{n:02}Z", "kind": "group", "open": False, **more}


def tree(*records: dict[str, object], lines: list[int] | None = None) -> Any:
    return node(TREE, "section-tree.js", {"parts": [records], "lines": lines or []})


def test_groups_without_a_name_follow_each_other() -> None:
    """GitHub's and Buildkite's end where the next begins, at their end marker, or never."""
    found = tree(
        opens(2, "a"), opens(5, "b"), closes(7), opens(9, "c"), lines=[1, 2, 4, 5, 7, 8, 9, 99]
    )
    assert found["sections"] == [
        [2, 4, "a", 0, False],
        [5, 7, "b", 0, False],
        [9, None, "c", 0, False],
    ]
    assert found["at"] == [None, "a", "a", "b", "b", None, "c", "c"]


def test_groups_with_a_name_may_be_nested() -> None:
    """GitLab's end by name; an outer one ends what is in it, and a strange end means nothing."""
    found = tree(
        opens(1, "outer", section="o"),
        opens(3, "inner", section="i", collapsed=True),
        closes(4, section="unknown"),
        closes(5, section="i"),
        opens(6, "lost", section="l"),
        closes(8, section="o"),
        closes(9, section="l"),
        lines=[2, 3, 5, 6, 7, 8, 9],
    )
    assert found["sections"] == [
        [1, 8, "outer", 0, False],
        [3, 5, "inner", 1, True],
        [6, 8, "lost", 1, False],
    ]
    assert found["at"] == ["outer", "inner", "inner", "lost", "lost", "lost", None]


def test_a_line_may_end_one_and_begin_another() -> None:
    """As GitLab's runner writes them; the line is of the section that it begins."""
    found = tree(opens(1, "a", section="a"), opens(4, "b", section="b", ends=["a"]), lines=[3, 4])
    assert found["sections"] == [[1, 3, "a", 0, False], [4, None, "b", 0, False]]
    assert found["at"] == ["a", "b"]


def test_a_group_may_ask_to_be_unfolded_later() -> None:
    """Buildkite's `^^^ +++`."""
    expands = {"n": 3, "time": "2026-11-23T15:37:03Z", "kind": "group", "expands": True}
    assert tree(opens(1, "a", collapsed=True), expands)["sections"] == [[1, None, "a", 0, False]]


def test_the_order_in_which_records_are_heard_does_not_matter() -> None:
    """History and what comes live may overlap and overtake each other."""
    records = [
        opens(1, "a", section="a"),
        opens(2, "b"),
        opens(4, "c", section="c"),
        closes(5),
        closes(6, section="c"),
        opens(8, "d"),
        closes(9, section="a"),
        opens(12, "e"),
    ]
    lines = list(range(1, 14))
    in_order = node(TREE, "section-tree.js", {"parts": [records], "lines": lines})
    chance = random.Random(5)
    for _ in range(5):
        mixed = chance.sample(records, len(records)) + records[2:5]
        parts = [mixed[:3], mixed[3:4], mixed[4:]]
        assert node(TREE, "section-tree.js", {"parts": parts, "lines": lines}) == in_order


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("23:55", "2026-11-23T22:55:00.000Z"),
        ("00:30", "2026-11-23T23:30:00.000Z"),
        ("0:30:05", "2026-11-23T23:30:05.000Z"),
        ("23:50", "2026-11-23T22:50:00.000Z"),
        ("+2m", "2026-11-23T22:52:10.000Z"),
        ("+1h30m", "2026-11-24T00:20:10.000Z"),
        ("+90", "2026-11-23T22:51:40.000Z"),
        ("-5m", "2026-11-23T23:55:00.000Z"),
        ("2026-11-24", "2026-11-23T23:00:00.000Z"),
        ("2026-11-24 00:10", "2026-11-23T23:10:00.000Z"),
        ("2026-11-24T00:10:05Z", "2026-11-24T00:10:05.000Z"),
        ("25:00", None),
        ("12:60", None),
        ("+", None),
        ("soon", None),
        ("2026-13-45", None),
    ],
)
def test_moments_as_people_write_them(text: str, time: str | None) -> None:
    """In the reader's time zone, over midnight, and as spans from either end."""
    log = {"text": text, "start": "2026-11-23T22:50:10Z", "end": "2026-11-24T00:00:00Z"}
    assert node(MOMENT, "times.js", log, zone="Europe/Berlin") == time


def test_first_line_at_a_moment() -> None:
    """The first of those with one time, past the last if there is none, in few questions."""
    lengths = [1, 2, 3, 7, 8, 9, 64, 1000]
    cases = [(last, time) for last in lengths for time in (0, 1, 2, last // 4, last // 2, last)]
    wanted = [min(max(1, 2 * time), last + 1) for last, time in cases]
    assert node(SINCE, "times.js", cases)["found"] == wanted
    one = node(SINCE, "times.js", [(1_000_000, 123_456)])
    assert one["found"] == [246_912]
    assert one["asked"] <= MOST_ASKED
