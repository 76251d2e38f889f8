"""Imports point one way, as the architecture draws it. Every rule is shown to bite, too."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"

LINES = (
    ("errors", "records"),
    ("rules", "wire", "masks", "histogram"),
    ("store",),
    ("batch", "reads", "tail", "cursor", "lineage", "forks"),
    ("access", "room"),
    ("deployments", "generic"),
    ("http",),
    ("page",),
    ("client",),
    ("compare",),
    ("cli",),
)
"""A file imports only from its own line or the lines above it."""

NEVER_AWAIT = {"errors", "records", "rules", "wire", "masks", "histogram"}
READING = ("batch", "reads", "tail", "cursor", "lineage", "forks")
CORE = {f"logflume.{name}" for name in (*NEVER_AWAIT, "store", *READING)}
"""Of `store` only the Protocol: the stores themselves know files and threads."""

OUTSIDE_THE_CORE = {
    *("apsw", "httptools", "httpx2", "nats", "os", "pathlib", "random", "secrets", "socket"),
    *("sqlite3", "starlette", "threading", "time", "uvicorn", "uvloop"),
}
WALL_CLOCK = {"now", "utcnow", "today"}
PATTERNS = (
    ("history",),
    ("long_poll", "parked_poll"),
    ("sse",),
    ("follow",),
    (
        "websocket",
        "handshake",
        "socket_connection",
        "socket_requests",
        "socket_way",
        "subscriptions",
    ),
)
PATTERN_OF = {f"logflume.http.{name}": pattern[0] for pattern in PATTERNS for name in pattern}
"""Which pattern a module belongs to."""

SHARED = {
    f"logflume.http.{name}"
    for name in (
        *("crowd", "follower", "lent", "live_body", "live_framing", "live_outlets"),
        *("outlet", "place", "slices", "watchers"),
    )
}
"""What patterns have in common."""

ROOTS = {"logflume.cli.serve", "logflume.cli.offline"}
SERVER_SIDE = {
    *ROOTS,
    *(
        f"logflume.cli.{name}"
        for name in (
            *("admission", "door", "head", "http_protocol", "keeping", "receipt", "serve_access"),
            *("server", "serving", "strict_protocol", "upgrade"),
        )
    ),
}
"""What of the commands knows the server's inside: what puts it together, what works on its store
without it, and its part of uvicorn."""

FOR_CLIENTS = (
    "errors",
    "records",
    "masks",
    "deployments.ids",
    "deployments.lines",
    "client",
    "__version__",
)
"""What the client, the comparison and the commands may know of the rest."""

CLIENTS = {"client": (), "compare": (), "cli": ("compare",)}
"""Who goes by the public API, and what each may know besides itself."""

Modules = Mapping[str, ast.Module]
Rule = Callable[[Modules], list[str]]


@cache
def project() -> Modules:
    """Every module of Logflume by its name, parsed."""
    return {
        _module_name(path): ast.parse(path.read_text("utf-8"))
        for path in sorted((SOURCE / "logflume").rglob("*.py"))
    }


def _module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imported(tree: ast.Module) -> tuple[str, ...]:
    """The dotted name of everything that is imported anywhere in a module."""
    return tuple(_imported(tree))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _all_imports(modules: Modules) -> Iterator[tuple[str, str]]:
    for module, tree in modules.items():
        yield from ((module, name) for name in imported(tree))


def _within(name: str, whole: str) -> bool:
    return name == whole or name.startswith(f"{whole}.")


def _in_core(module: str) -> bool:
    return module in CORE or any(_within(module, f"logflume.{name}") for name in NEVER_AWAIT)


def _line(name: str) -> int | None:
    """Which line a name of Logflume stands on; None for the package itself and `__main__`."""
    part = name.split(".")[1:2]
    return next((n for n, line in enumerate(LINES) if part and part[0] in line), None)


def imports_point_up(modules: Modules) -> list[str]:
    """A module imports only from its own line or the lines above it."""
    found = []
    for module, name in _all_imports(modules):
        here, there = _line(module), _line(name)
        inside = _within(name, "logflume")
        if inside and here is not None and there is not None and there > here:
            found.append(f"{module} imports {name}")
    return found


def every_module_has_a_line(modules: Modules) -> list[str]:
    """A new part of Logflume has its place among the others."""
    free = ("logflume", "logflume.__main__")
    return [module for module in modules if module not in free and _line(module) is None]


def imports_are_absolute(modules: Modules) -> list[str]:
    """One way to name a module, so that the other rules see every import."""
    return [f"{module} imports {name}" for module, name in _all_imports(modules) if name[0] == "."]


def words_and_rules_never_await(modules: Modules) -> list[str]:
    """What a log is and what it accepts is decided at once."""
    waiting = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    return [
        f"{module} awaits"
        for module, tree in modules.items()
        if any(_within(module, f"logflume.{name}") for name in NEVER_AWAIT)
        for node in ast.walk(tree)
        if isinstance(node, waiting) or (isinstance(node, ast.comprehension) and node.is_async)
    ]


def core_knows_no_outside(modules: Modules) -> list[str]:
    """The core knows no database, no network, no file; time is an argument."""
    core = {module: tree for module, tree in modules.items() if _in_core(module)}
    foreign = [
        f"{module} imports {name}"
        for module, name in _all_imports(core)
        if name.split(".")[0] in OUTSIDE_THE_CORE
    ]
    clocks = [
        f"{module} reads the clock: .{node.attr}"
        for module, tree in core.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in WALL_CLOCK
    ]
    return foreign + clocks


def only_the_root_names_a_store(modules: Modules) -> list[str]:
    """Which store it is, nobody knows but the composition root, and the stores themselves."""
    return [
        f"{module} imports {name}"
        for module, name in _all_imports(modules)
        if module not in ROOTS and not _within(module, "logflume.store")
        # Of the package only its classes may be named; what is lower case is a store's module.
        if name.startswith("logflume.store.") and name.split(".")[2].islower()
    ]


def patterns_stand_alone(modules: Modules) -> list[str]:
    """A pattern can be added or removed without looking at the others, or at what they share."""
    return [
        f"{module} imports {name}"
        for module, name in _all_imports(modules)
        if module in PATTERN_OF or module in SHARED
        for other, pattern in PATTERN_OF.items()
        if _within(name, other) and PATTERN_OF.get(module) != pattern
    ]


def clients_use_the_public_api(modules: Modules) -> list[str]:
    """The client, the comparison and the commands know of the server what everybody can: its
    HTTP API."""
    return [
        f"{module} imports {name}"
        for client, others in CLIENTS.items()
        for module, name in _all_imports(modules)
        if _within(module, f"logflume.{client}")
        if module not in SERVER_SIDE and _within(name, "logflume")
        if not any(_within(name, f"logflume.{part}") for part in (*FOR_CLIENTS, client, *others))
    ]


PLANTED = [
    (imports_point_up, "rules", "from logflume.store import Store"),
    (imports_point_up, "tail", "from logflume import cursor, http"),
    (imports_point_up, "deployments.ids", "import logflume.http.app"),
    (imports_point_up, "lineage", "from logflume.generic.logs import Logs"),
    (imports_point_up, "wire.forms", "from logflume.forks import Forks"),
    (imports_point_up, "store", "def f():\n    from logflume.tail import Tail"),
    (every_module_has_a_line, "helpers.text", ""),
    (imports_are_absolute, "http.sse", "from .history import send_history"),
    (words_and_rules_never_await, "rules", "async def apply(): ..."),
    (words_and_rules_never_await, "wire", "x = lambda y: [z async for z in y]"),
    (words_and_rules_never_await, "wire.sse", "async def f(): ..."),
    (core_knows_no_outside, "cursor", "import time"),
    (core_knows_no_outside, "store", "import apsw.ext"),
    (core_knows_no_outside, "forks", "import secrets"),
    (core_knows_no_outside, "wire.forms", "from datetime import datetime as d\nx = d.now()"),
    (only_the_root_names_a_store, "http.app", "from logflume.store import memory"),
    (only_the_root_names_a_store, "cli.run", "from logflume.store.sqlite import SqliteStore"),
    (patterns_stand_alone, "http.sse", "from logflume.http.history import FORMS"),
    (patterns_stand_alone, "http.long_poll", "from logflume.http import sse"),
    (patterns_stand_alone, "http.websocket", "import logflume.http.long_poll"),
    (patterns_stand_alone, "http.subscriptions", "from logflume.http.sse import SseFraming"),
    (patterns_stand_alone, "http.live_body", "from logflume.http.sse import SseFraming"),
    (clients_use_the_public_api, "client.http", "from logflume.http.body import read_body"),
    (clients_use_the_public_api, "client.http", "from logflume.cli import main"),
    (clients_use_the_public_api, "client.http", "from logflume.compare.plan import Plan"),
    (clients_use_the_public_api, "compare.server", "from logflume.cli.serve import serve"),
    (clients_use_the_public_api, "compare.crowd", "from logflume.http.sse import follow"),
    (clients_use_the_public_api, "compare.cuts", "from logflume.store import Store"),
    (clients_use_the_public_api, "cli.tail", "from logflume import tail"),
    (clients_use_the_public_api, "cli.run", "import logflume.deployments.deployments"),
]

RULES = list(dict.fromkeys(rule for rule, _, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule) -> None:
    """Nothing in src/logflume breaks it."""
    assert rule(project()) == []


@pytest.mark.parametrize(("rule", "module", "source"), PLANTED)
def test_the_rule_bites(rule: Rule, module: str, source: str) -> None:
    """A planted violation is found."""
    assert rule({f"logflume.{module}": ast.parse(source)})


def test_the_rules_are_about_modules_that_are_there() -> None:
    """A renamed module does not slip out of the rules."""
    named = CORE | SERVER_SIDE | SHARED | set(PATTERN_OF)
    named |= {f"logflume.{part}" for line in LINES for part in line if part != "page"}
    assert named <= set(project())
