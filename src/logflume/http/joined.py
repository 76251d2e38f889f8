"""The page's modules in one: what a script imports, and what that imports, comes with it.

A page of seventy modules is seventy requests, and a browser makes six at a time. The sources stay
plain ES modules. Joined, each is a function that gives back what it exports, below all those that
it imports: names that two of them use do not meet, and every line stands as it was written.

It understands the imports and exports that the page's modules have and refuses all others. Joined
wrongly, a module would fail in the browser, where nobody sees why.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain

Sources = Mapping[str, str]
"""The text of modules by their names."""

_IMPORT = re.compile(
    r'^import (?:(?:\* as (?P<all>\w+)|(?P<some>\{[^{}]*\})) from )?"\./(?P<name>[\w.-]+\.js)";$',
    re.MULTILINE,
)
_EXPORT = re.compile(
    r"^export (?=(?:async )?(?:class|const|function)\*? (?P<name>\w+))", re.MULTILINE
)
_EXPORT_SOME = re.compile(r"^export \{ (?P<names>\w+(?:, \w+)*) \};$", re.MULTILINE)
_NOT_KNOWN = re.compile(r"^(?:import\b(?!\()|export|await)\b.*", re.MULTILINE)


def joined(name: str, sources: Sources) -> str:
    """The module `name`, which exports what it did and imports nothing. Raises ValueError."""
    parts = [_part(one, sources[one]) for one in in_order(name, sources)]
    exports = _exports(sources[name])
    last = f"export const {{ {', '.join(exports)} }} = {_constant(name)};\n" if exports else ""
    return "".join(parts) + last


def in_order(name: str, sources: Sources) -> list[str]:
    """The module and all that it needs, each below what it needs itself. Raises ValueError."""
    order: list[str] = []
    _put(name, sources, order, ())
    return order


def _put(name: str, sources: Sources, order: list[str], above: tuple[str, ...]) -> None:
    if name in above:
        raise ValueError(f"modules import each other: {' → '.join([*above, name])}")
    if name in order:
        return
    for needed in _IMPORT.finditer(sources[name]):
        _put(needed["name"], sources, order, (*above, name))
    order.append(name)


def _part(name: str, text: str) -> str:
    """The module as a function that has been called, under a name of its own."""
    body = _EXPORT_SOME.sub("", _EXPORT.sub("", _IMPORT.sub(_as_constants, text)))
    if (left := _NOT_KNOWN.search(body)) is not None:
        raise ValueError(f"{name} cannot be joined with others: {left[0]}")
    given = f"return {{ {', '.join(_exports(text))} }};"
    return f"// {name}\nconst {_constant(name)} = (() => {{\n{body}{given}\n}})();\n"


def _exports(text: str) -> list[str]:
    some = [found["names"].split(", ") for found in _EXPORT_SOME.finditer(text)]
    return [found["name"] for found in _EXPORT.finditer(text)] + list(chain(*some))


def _as_constants(imports: re.Match[str]) -> str:
    """The names of an import, taken from what the module has given back."""
    if imports["all"] is None and imports["some"] is None:
        return ""
    names = imports["all"] or imports["some"].replace(" as ", ": ")
    return f"const {names} = {_constant(imports['name'])};"


def _constant(name: str) -> str:
    return re.sub(r"\W", "_", name)


__all__ = ["Sources", "in_order", "joined"]
