"""The reference page: the OpenAPI document as plain HTML, without a script.

It shows what the document says and knows nothing else, so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from logflume.http.openapi.markup import (
    code,
    example,
    inline,
    paragraphs,
    remark,
    table,
    type_of,
)
from logflume.http.openapi.schemas import Json
from logflume.http.pages import edition

_METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
_PROBLEM = "application/problem+json"

_FRAME = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>API · Logflume</title>
  <link rel="icon" type="image/svg+xml" href="/assets/{edition}/favicon.svg">
  <link rel="stylesheet" href="/assets/{edition}/reference.css">
</head>
<body>
  <header class="top"><a class="brand" href="/">Logflume</a>
    <span>API reference, version {version}</span>
    <a href="/openapi.json">openapi.json</a></header>
  <nav aria-label="Operations">{nav}</nav>
  <main><h1>The HTTP API</h1>{about}{operations}{problems}{schemas}</main>
</body>
</html>
"""


def page(document: Json) -> str:
    """The page that shows `document`."""
    return _FRAME.format(
        edition=edition(),
        version=escape(document["info"]["version"]),
        about=paragraphs(document["info"]["description"]),
        nav=_nav(document),
        operations="".join(_tag(document, tag) for tag in document["tags"]),
        problems=_problems(document["components"]["examples"]),
        schemas=_schemas(document["components"]["schemas"]),
    )


def _operations_of(document: Json, tag: str) -> Iterable[tuple[str, str, Json]]:
    """A HEAD that only answers what GET would is left out."""
    for path, methods in document["paths"].items():
        derived = f"{methods.get('get', {}).get('operationId')}Head"
        for method in _METHODS:
            operation = methods.get(method, {"tags": ()})
            if tag in operation["tags"] and operation["operationId"] != derived:
                yield method.upper(), path, operation


def _nav(document: Json) -> str:
    parts = []
    for tag in document["tags"]:
        links = "".join(
            f'<li><a href="#{operation["operationId"]}">{_call(method, path)}</a></li>'
            for method, path, operation in _operations_of(document, tag["name"])
        )
        parts.append(f"<h2>{escape(tag['name'])}</h2><ul>{links}</ul>")
    rest = '<li><a href="#problems">Problems</a></li><li><a href="#schemas">Schemas</a></li>'
    return "".join(parts) + f"<h2>More</h2><ul>{rest}</ul>"


def _call(method: str, path: str) -> str:
    name = method.lower()
    return f'<span class="method {name}">{method}</span> <span class="path">{escape(path)}</span>'


def _tag(document: Json, tag: Json) -> str:
    sections = "".join(
        _operation(method, path, operation)
        for method, path, operation in _operations_of(document, tag["name"])
    )
    return f"<h2>{escape(tag['name'])}</h2>{paragraphs(tag['description'])}{sections}"


def _operation(method: str, path: str, operation: Json) -> str:
    anchor = escape(operation["operationId"])
    head = f'<h3><a href="#{anchor}">{_call(method, path)}</a></h3>'
    summary = f'<p class="summary">{inline(operation["summary"])}</p>'
    return "".join(
        [
            f'<section id="{anchor}">{head}{summary}',
            paragraphs(operation.get("description", "")),
            _parameters(operation.get("parameters", [])),
            _body(operation.get("requestBody", {})),
            _answers(operation["responses"]),
            _problems_of(operation["responses"]),
            "</section>",
        ]
    )


def _parameters(parameters: list[Json]) -> str:
    rows = [
        (
            f'{code(one["name"])} <span class="place">{one["in"]}</span>',
            type_of(one["schema"]),
            remark(one.get("description", ""), one["schema"]),
        )
        for one in parameters
    ]
    return _titled("Parameters", table(("Name", "Type", "Meaning"), rows))


def _body(body: Json) -> str:
    return _titled("Body", _contents(body.get("content", {})))


def _contents(content: Json) -> str:
    """Every form of a body, folded but for the first."""
    parts = []
    for number, (media_type, facts) in enumerate(content.items()):
        schema = facts.get("schema", {})
        kind = type_of(schema) if schema else ""
        note = paragraphs(schema.get("description", ""))
        shown = note + example(facts.get("example", ""))
        if not shown:
            parts.append(f'<p class="form">{code(media_type)} {kind}</p>')
            continue
        # The type is a link, which must not be within what one presses to unfold.
        kind = f'<p class="form">{kind}</p>' if kind else ""
        is_open = " open" if number == 0 else ""
        folded = f"<details{is_open}><summary>{code(media_type)}</summary>{kind}{shown}</details>"
        parts.append(folded)
    return "".join(parts)


def _answers(responses: Json) -> str:
    parts = []
    for status, answer in responses.items():
        if _PROBLEM in answer.get("content", {}):
            continue
        rows = [
            (code(name), inline(facts["description"]))
            for name, facts in answer.get("headers", {}).items()
        ]
        said = f'<p><b class="status">{status}</b> {inline(answer["description"])}</p>'
        parts.append(
            said + table(("Header", "Meaning"), rows) + _contents(answer.get("content", {}))
        )
    return _titled("Answers", "".join(parts))


def _problems_of(responses: Json) -> str:
    links = [
        f'<a href="#problem-{name}">{status} {name}</a>'
        for status, answer in responses.items()
        if status != "default"
        for name in answer.get("content", {}).get(_PROBLEM, {}).get("examples", {})
    ]
    return _titled("Problems", f'<p class="links">{" ".join(links)}</p>' if links else "")


def _titled(title: str, content: str) -> str:
    return f"<h4>{title}</h4>{content}" if content else ""


def _problems(examples: Json) -> str:
    by_status = sorted(examples.items(), key=lambda item: item[1]["value"]["status"])
    parts = [
        f'<section id="problem-{name}"><h3><b class="status">{facts["value"]["status"]}</b> '
        f"{code(name)}</h3>{paragraphs(facts['summary'])}{example(facts['value'])}</section>"
        for name, facts in by_status
    ]
    return f'<h2 id="problems">Problems</h2>{"".join(parts)}'


def _schemas(schemas: Json) -> str:
    parts = "".join(_schema(name, schema) for name, schema in schemas.items())
    return f'<h2 id="schemas">Schemas</h2>{parts}'


def _schema(name: str, schema: Json) -> str:
    rows = [
        (
            code(field) + ("" if field in schema["required"] else ' <span class="place">?</span>'),
            type_of(facts),
            remark(facts.get("description", ""), facts),
        )
        for field, facts in schema["properties"].items()
    ]
    fields = table(("Field (? may be left out)", "Type", "Meaning"), rows)
    about = paragraphs(schema.get("description", ""))
    return f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>{about}{fields}</section>'


__all__ = ["page"]
