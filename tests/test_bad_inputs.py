"""The numbered list of bad input is whole, and every test that it names is there."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.bad_inputs import ROWS, Row
from tests.bad_requests import REQUESTS

ROOT = Path(__file__).parent.parent
COUNT = 82


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of a file's tests."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    found = set(_functions(tree.body))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{name}" for name in _functions(node.body)}
    return frozenset(found)


def _functions(body: list[ast.stmt]) -> list[str]:
    return [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def test_no_number_is_missing() -> None:
    """Or twice, or out of its place."""
    assert [row.number for row in ROWS] == list(range(1, COUNT + 1))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.number} {row.given}"[:60])
def test_it_is_proved(row: Row) -> None:
    """By tests that exist."""
    assert row.proofs
    for proof in row.proofs:
        file, _, name = proof.partition("::")
        assert name in names_in(file), f"{file} has no {name}"


def test_what_is_sent_as_bytes_belongs_to_a_row() -> None:
    """And each row that says so has such requests."""
    named = {
        row.number
        for row in ROWS
        if any("test_it_is_refused" in one and "bad_requests" in one for one in row.proofs)
    }
    sent = {bad.number for bad in REQUESTS}
    assert sent <= named
    assert named - sent <= {57}  # 9 proves it
