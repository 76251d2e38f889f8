"""Pieces of the reference page: text, tables, and what a schema says, as HTML.

Everything that comes in as text is escaped here; nothing else makes HTML of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any

from logflume.http.openapi.schemas import Json

_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")

_BOUNDS = {
    "minimum": "from {}",
    "maximum": "to {}",
    "minLength": "not empty",
    "maxLength": "at most {} characters",
    "maxProperties": "at most {} entries",
    "default": "default {}",
}


def inline(text: str) -> str:
    """Text with `code` and **strong** in it."""
    return _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", escape(text)))


def paragraphs(text: str) -> str:
    return "".join(f"<p>{inline(part)}</p>" for part in text.split("\n\n") if part)


def code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def example(value: Any) -> str:
    """An example as it would go over the wire, JSON with room to read it."""
    if value == "":
        return ""
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return f'<pre tabindex="0"><code>{escape(text.rstrip())}</code></pre>'


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already; nothing if it has no rows."""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table>{inside}</table></div>' if body else ""


def schema_link(reference: str) -> str:
    name = escape(reference.rsplit("/", 1)[-1])
    return f'<a href="#schema-{name}">{name}</a>'


def type_of(schema: Json) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return schema_link(schema["$ref"])
    if "enum" in schema:
        return " · ".join(code(str(value).lower()) for value in schema["enum"])
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(type_of(one) for one in schema[word])
    if schema.get("type") == "array":
        return f"array of {type_of(schema['items'])}"
    if "additionalProperties" in schema:
        return f"map of {type_of(schema['additionalProperties'])}"
    return escape(schema.get("format") or schema.get("type", "any"))


def bounds_of(schema: Json) -> str:
    """What a schema demands of a value besides its type."""
    found = [
        words.format(escape(json.dumps(schema[name])))
        for name, words in _BOUNDS.items()
        if schema.get(name) not in (None, {})
    ]
    if "pattern" in schema:
        found.append(f"matches {code(schema['pattern'])}")
    inner = [bounds_of(one) for one in schema.get("anyOf", [])]
    return ", ".join(part for part in [*found, *inner] if part)


def remark(description: str, schema: Json) -> str:
    """What there is to say of a parameter or field: its meaning, and its bounds."""
    bounds = bounds_of(schema)
    return inline(description) + (f' <span class="bounds">{bounds}</span>' if bounds else "")


__all__ = [
    "code",
    "example",
    "inline",
    "paragraphs",
    "remark",
    "schema_link",
    "table",
    "type_of",
]
