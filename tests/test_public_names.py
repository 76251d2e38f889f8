"""What a module offers is what its `__all__` says."""

from __future__ import annotations

import ast
from importlib import import_module

import pytest

from tests.test_layers import project


def _has_all(tree: ast.Module) -> bool:
    assigned = (
        target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets
    )
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in assigned)


MODULES = [module for module, tree in project().items() if _has_all(tree)]


def _order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions, each by the alphabet: ruff's order."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name


@pytest.mark.parametrize("name", MODULES)
def test_all_is_sorted_and_true(name: str) -> None:
    """`__all__` is in order, without repeats, and each of its names exists."""
    module = import_module(name)
    public = list(module.__all__)
    assert public == sorted(set(public), key=_order)
    assert [missing for missing in public if not hasattr(module, missing)] == []
