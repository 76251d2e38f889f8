"""What can be used is documented: routes, parameters, headers, problems, commands, settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer

from logflume.http.openapi.headers import HEADERS
from logflume.http.openapi.problems import PROBLEMS
from tests.http_words import answer_headers, query_parameters, request_headers
from tests.openapi_checks import UNTOLD, operations
from tests.routes import PAGES, api_calls

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "logflume"

BY_THE_FRAMEWORK = {"not-found", "method-not-allowed"}
"""Problems named after the status that Starlette answers with."""


NO_PARAMETERS = {
    *("accept", "authorization", "content-type", "cookie", "expect"),
    *("access-control-request-method", "content-length", "host", "transfer-encoding"),
    *("expect", "sec-fetch-site"),
}
"""Request headers that OpenAPI has other places for, and those that are HTTP's own, or
only ever a browser's."""


@cache
def api() -> str:
    return (ROOT / "docs" / "api.md").read_text("utf-8")


@cache
def cli() -> str:
    return (ROOT / "docs" / "cli.md").read_text("utf-8")


@cache
def commands() -> dict[str, list[str]]:
    """Every subcommand with its options' long names."""
    from logflume.cli.commands import app

    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return {
        name: [max(option.opts, key=len) for option in command.params if option.opts[0][0] == "-"]
        for name, command in group.commands.items()
    }


def settings() -> set[str]:
    """Every environment variable of Logflume's own that the source names."""
    texts = (path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    return {name for text in texts for name in re.findall(r"\bLOGFLUME_[A-Z_]*[A-Z]\b", text)}


def problem_names() -> set[str]:
    """The names that the source gives problems: second argument of `Problem`, and `…, name = …`."""
    found: set[str] = set(BY_THE_FRAMEWORK)
    for path in (SOURCE / "http").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found |= set(_names_in(node))
    return found


def _names_in(node: ast.AST) -> Iterator[str]:
    given: ast.AST | None = None
    match node:
        case ast.Call(func=ast.Name("Problem"), args=[_, named, *_]):
            given = named
        case ast.Assign(targets=[ast.Tuple([_, ast.Name("name")])], value=value):
            given = value
    for part in ast.walk(given) if given else ():
        if isinstance(part, ast.Constant) and re.fullmatch(r"[a-z]+(-[a-z]+)*", str(part.value)):
            yield str(part.value)


@pytest.mark.parametrize(("method", "path"), sorted(api_calls()))
def test_every_call_of_the_api_is_documented(method: str, path: str) -> None:
    """docs/api.md names the method with the path; HEAD is told once, for all."""
    if method != "HEAD":
        assert re.search(rf"\b{method} {re.escape(path)}(?![\w/{{])", api())
    assert "HEAD" in api()


@pytest.mark.parametrize("path", sorted(PAGES))
def test_every_page_is_documented(path: str) -> None:
    """docs/api.md names the pages."""
    assert re.search(rf"[ `]{re.escape(path)}`", api())


def test_every_problem_is_in_the_table() -> None:
    """docs/api.md lists each problem that the server can answer with, at its status."""
    for name in problem_names():
        status = str(PROBLEMS[name].example.status)
        rows = [row for row in api().splitlines() if row.startswith("|") and f"`{name}`" in row]
        assert rows, f"{name} is not in docs/api.md"
        assert any(status in row.split("|")[1] for row in rows)


def test_the_openapi_document_has_the_same_problems() -> None:
    """What the source can answer with is what `/openapi.json` lists: nothing more, nothing less."""
    assert problem_names() == set(PROBLEMS)


def documented(place: str) -> set[str]:
    """The parameters of this place that `/openapi.json` has, whatever the operation."""
    return {
        parameter["name"]
        for _, _, operation in operations()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == place
    }


def named(word: str) -> bool:
    """Whether docs/api.md has the word as code, alone or with more of the same request."""
    return bool(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", api()))


def test_query_parameters_are_those_of_the_source() -> None:
    """What a request is asked for is what `/openapi.json` lists: nothing more, nothing less."""
    assert documented("query") == query_parameters()


def test_request_headers_are_those_of_the_source() -> None:
    """What a request is asked for is what `/openapi.json` lists: nothing more, nothing less."""
    assert {name.lower() for name in documented("header")} == request_headers() - NO_PARAMETERS


def test_answer_headers_are_those_of_the_source() -> None:
    """What answers carry is what `/openapi.json` has words for: nothing more, nothing less."""
    untold = {name for name in answer_headers() if name.lower() in UNTOLD}
    assert answer_headers() - untold == set(HEADERS)


@pytest.mark.parametrize("name", sorted(documented("query") | documented("header")))
def test_every_parameter_is_documented(name: str) -> None:
    """docs/api.md names it."""
    assert named(name)


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_every_answer_header_is_documented(name: str) -> None:
    """docs/api.md names it."""
    assert named(name)


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_is_documented(name: str) -> None:
    """docs/cli.md names `logflume NAME`."""
    assert re.search(rf"\blogflume {name}\b", cli())


@pytest.mark.parametrize("name", sorted(settings()))
def test_every_environment_variable_is_documented(name: str) -> None:
    """docs/cli.md names it."""
    assert re.search(rf"\b{name}\b", cli())


@pytest.mark.parametrize("option", sorted(commands()["serve"]))
def test_every_setting_of_the_server_is_documented(option: str) -> None:
    """docs/cli.md names each option of `serve`."""
    assert re.search(rf"(?<![\w-]){option}(?![\w-])", cli())
