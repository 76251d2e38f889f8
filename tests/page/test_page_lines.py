"""Numbers of records and indexes of lines: whatever folds and joins, each leads to the other."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

MODULE = Path(__file__).parents[2] / "src/logflume/page/assets/lines.js"
LOGS = 300
TAIL = 60

ASK = """
import { Lines } from %s;
import { readFileSync } from "node:fs";
const answers = JSON.parse(readFileSync(0, "utf8")).map(({ tail, steps }) => {
  const lines = new Lines();
  lines.tail = tail;
  const looks = steps.map(([step, ...rest]) => {
    if (step === "hide") lines.hide(rest[0], rest[1] ?? Infinity, rest[2]);
    else lines[step](...rest);
    const all = Array.from({ length: tail }, (_, at) => at + 1);
    return {
      count: lines.count,
      last: lines.last ?? null,
      hidden: all.filter((n) => lines.hidden(n)),
      lines: Array.from({ length: lines.count }, (_, index) => lines.at(index)),
      indexes: all.map((n) => lines.indexOf(n)),
      next: all.map((n) => lines.next(n) ?? null),
      previous: all.map((n) => lines.previous(n) ?? null),
      nearest: all.map((n) => lines.nearest(n) ?? null),
    };
  });
  return { looks, over: lines.keysOver(Math.ceil(tail / 2)) };
});
console.log(JSON.stringify(answers));
"""


def steps(chance: random.Random) -> list[list[Any]]:
    """Folds, some open to the end, that overlap, come again and go; and joined records."""
    made: list[list[Any]] = []
    for _ in range(chance.randint(1, 12)):
        first = chance.randint(1, TAIL)
        key = chance.choice("abcd")
        last = None if chance.random() < 0.1 else chance.randint(first, TAIL)
        fold = ["hide", first, last, key]
        made.append(chance.choice([fold, ["show", key], *[["join", first]] * 3]))
    return made


def expected(taken: list[list[Any]]) -> dict[str, Any]:
    """The same, told record by record."""
    folds: dict[str, range] = {}
    joined: set[int] = set()
    for step, *rest in taken:
        if step == "hide":
            folds[rest[2]] = range(rest[0], (rest[1] or TAIL) + 1)
        elif step == "show":
            folds.pop(rest[0], None)
        else:
            joined.add(rest[0])
    every = range(1, TAIL + 1)
    hidden = [n for n in every if n in joined or any(n in fold for fold in folds.values())]
    lines = [n for n in every if n not in hidden]
    after = [next((line for line in lines if line > n), None) for n in every]
    before = [next((line for line in reversed(lines) if line < n), None) for n in every]
    at_or_before = [n if n in lines else before[n - 1] for n in every]
    return {
        "count": len(lines),
        "last": lines[-1] if lines else None,
        "hidden": hidden,
        "lines": lines,
        "indexes": [sum(line < n for line in lines) for n in every],
        "next": after,
        "previous": before,
        "nearest": [found or after[n - 1] for n, found in zip(every, at_or_before, strict=True)],
    }


def test_numbers_and_indexes_lead_to_each_other() -> None:
    """After every step of hundreds of made-up logs, all is as counting line by line finds it."""
    chance = random.Random(20261124)
    logs: list[dict[str, Any]] = [{"tail": TAIL, "steps": steps(chance)} for _ in range(LOGS)]
    script = ASK % json.dumps(MODULE.as_uri())
    answer = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps(logs),
        capture_output=True,
        text=True,
        check=True,
    )
    for log, told in zip(logs, json.loads(answer.stdout), strict=True):
        for at, look in enumerate(told["looks"]):
            assert look == expected(log["steps"][: at + 1]), log["steps"][: at + 1]
        folds: dict[str, list[Any]] = {}
        for step, *rest in log["steps"]:
            if step == "hide":
                folds[rest[2]] = rest
            elif step == "show":
                folds.pop(rest[0], None)
        half = TAIL // 2
        over = {key for key, (first, last, _) in folds.items() if first <= half <= (last or TAIL)}
        assert set(told["over"]) == over
