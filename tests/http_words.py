"""What the source of `http/` reads of a request and puts into an answer, by name: what the
documentation must have a word for.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "logflume" / "http"

READERS = {"single", "number", "choice", "several", "chosen"}
"""The functions of `http/parameters.py` and `http/search_request.py` that look a query parameter
up."""

LABELS = {"project", "environment", "status"}
"""Looked up in a loop, all together."""

PAGES = "pages.py"
"""What people look at is no part of the API, nor are its headers."""

_ANSWER_HEADER = re.compile(r"(?![A-Z]+$)[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)*")
_PRODUCER_HEADER = re.compile(r"producer-[a-z]+")


@cache
def _nodes() -> tuple[ast.AST, ...]:
    files = [path for path in sorted(SOURCE.glob("*.py")) if path.name != PAGES]
    return tuple(node for path in files for node in ast.walk(ast.parse(path.read_text("utf-8"))))


def query_parameters() -> set[str]:
    """Every query parameter that a request is asked for."""
    return LABELS.union(*(_looked_up(node) for node in _nodes()))


def request_headers() -> set[str]:
    """Every header that a request is asked for, in lower case."""
    return {name for node in _nodes() for name in _read(node)}


def answer_headers() -> set[str]:
    """Every header that is put into an answer. What is all capitals is a method."""
    written = (name for node in _nodes() for name in _written(node))
    return {name for name in written if _ANSWER_HEADER.fullmatch(name)}


def _looked_up(node: ast.AST) -> set[str]:
    match node:
        case ast.Call(func=ast.Name(name), args=[_, ast.Constant(str(value)), *_]):
            return {value} if name in READERS else set()
    return set()


def _read(node: ast.AST) -> Iterator[str]:
    """`headers.get("x")`, `headers["x"]`, `"x" in headers`; and the producer's, read in a loop."""
    match node:
        case ast.Call(
            func=ast.Attribute(ast.Name("headers"), "get"), args=[ast.Constant(str(name)), *_]
        ):
            yield name
        case ast.Subscript(ast.Name("headers"), ast.Constant(str(name)), ast.Load()):
            if name.islower():
                yield name
        case ast.Compare(ast.Constant(str(name)), [ast.In()], [ast.Name("headers")]):
            if name.islower():
                yield name
        case ast.Tuple(elts=elements):
            texts = [str(one.value) for one in elements if isinstance(one, ast.Constant)]
            yield from (text for text in texts if _PRODUCER_HEADER.fullmatch(text))


def _written(node: ast.AST) -> Iterator[str]:
    """The keys of a dictionary, and of what is assigned to `headers[...]`."""
    match node:
        case ast.Dict(keys=keys):
            yield from (str(key.value) for key in keys if isinstance(key, ast.Constant))
        case ast.Subscript(ast.Name(_), ast.Constant(str(name)), ast.Store()):
            yield name


__all__ = ["answer_headers", "query_parameters", "request_headers"]
