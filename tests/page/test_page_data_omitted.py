"""What is no longer kept, as the page's modules take it: no fault, and the log complete."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.page.modules import Modules, split


@pytest.fixture(scope="module")
def modules() -> Iterator[Modules]:
    with Modules() as running:
        yield running


def omitted(first: int, last: int) -> dict[str, Any]:
    return {"n": last, "kind": "omitted", "from": first, "lines": last - first + 1}


def records(*numbers: int | dict[str, Any]) -> list[dict[str, Any]]:
    return [{"n": number} if isinstance(number, int) else number for number in numbers]


@pytest.mark.parametrize(
    ("came", "faults"),
    [
        (records(1, 2, omitted(3, 7), 8), []),
        (records(omitted(1, 7), 8), []),
        (records(1, omitted(3, 7), 8), [{"what": "missing", "from": 2, "to": 2}]),
        (records(1, omitted(2, 7), 9), [{"what": "missing", "from": 8, "to": 8}]),
        (
            records(1, {"n": 7, "kind": "line", "from": 2}),
            [{"what": "missing", "from": 2, "to": 6}],
        ),
    ],
)
def test_one_record_stands_for_many_numbers(
    modules: Modules, came: list[dict[str, Any]], faults: list[dict[str, Any]]
) -> None:
    """What comes live, and what was asked for by number. Caught: "did not arrive" for what is not
    kept, or a loss that hides behind it."""
    last = came[-1]["n"]
    assert modules.ask("order", begin=1, records=came)["faults"] == faults
    asked = modules.ask("order", begin=1, records=[], checked=[[came, 1, last + 1]])
    assert asked["faults"] == faults


def test_a_window_within_the_gap_is_whole(modules: Modules) -> None:
    """The server gives a record for just these numbers."""
    checked = [[[omitted(501, 600)], 501, 601], [[omitted(601, 640), *range(641, 701)], 601, 701]]
    assert modules.ask("order", begin=None, records=[], checked=checked)["faults"] == []


def test_a_log_of_which_something_is_not_kept_is_complete(modules: Modules) -> None:
    """If count and digest agree with what can be read. Caught: "incomplete", or no count at all."""
    rows = [json.dumps(record) + "\n" for record in records(1, 2, omitted(3, 7), 8, 9)]
    before = "".join(rows).encode()
    digest = f"sha256:{hashlib.sha256(before).hexdigest()}"
    end = {"n": 10, "kind": "end", "lines": 9, "omitted": 5, "digest": digest}
    body = before + json.dumps(end).encode() + b"\n"
    assert modules.ask("history", pieces=split(body, [7, 50]), end=end) is True
    for wrong in ({"omitted": 4}, {"omitted": 0}, {"lines": 8}):
        lied = {**end, **wrong}
        body = before + json.dumps(lied).encode() + b"\n"
        assert modules.ask("history", pieces=split(body, []), end=lied) is False
