"""The form in which operations are written down, and the words to write them with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from logflume.http.openapi import examples
from logflume.http.openapi.headers import headers
from logflume.http.openapi.schemas import ID, Json, ref
from logflume.http.parameters import MAX_PRODUCER_ID_CHARS, MAX_PRODUCER_NUMBER

JSON = "application/json"
STORE = ("store-unavailable",)
WRITE = ("store-unavailable", "store-full")
GROW = (*WRITE, "disk-low")
"""Where something new is stored, other than what ends or deletes."""
APPEND = (*GROW, "too-many-appends")


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of an address. A GET also answers HEAD, which is described only where it says
    something of its own."""

    call: str
    id: str
    tag: str
    summary: str
    answers: Mapping[int, Json]
    problems: tuple[str, ...]
    description: str = ""
    parameters: tuple[Json, ...] = ()
    body: Json = field(default_factory=dict)
    """Content by media type."""
    needs_body: bool = True
    is_open: bool = False
    """Whether no token is asked for, on any server."""

    @property
    def method(self) -> str:
        return self.call.split()[0]

    @property
    def path(self) -> str:
        return self.call.split()[1]


def query(name: str, description: str, schema: Json | None = None) -> Json:
    schema = schema or {"type": "string"}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def header(name: str, description: str, schema: Json | None = None) -> Json:
    schema = schema or {"type": "string"}
    return {"name": name, "in": "header", "description": description, "schema": schema}


def content(schema: Json, example: Any) -> Json:
    return {"schema": schema, "example": example}


def json_content(schema: str, example: Any) -> Json:
    return {JSON: content(ref(schema), example)}


def answer(description: str, content: Json | None = None, *header_names: str) -> Json:
    shown = {"headers": headers(*header_names)} if header_names else {}
    return {"description": description, **shown, **({"content": content} if content else {})}


def one_of(values: tuple[str, ...], **more: Any) -> Json:
    return {"type": "string", "enum": list(values), **more}


_PRODUCER_NUMBER: Json = {"type": "integer", "minimum": 0, "maximum": MAX_PRODUCER_NUMBER}

PRODUCER = (
    header(
        "Producer-Id",
        "Any name you choose. The three `Producer-*` go together.",
        {"type": "string", "minLength": 1, "maxLength": MAX_PRODUCER_ID_CHARS},
    ),
    header("Producer-Epoch", "Starts at 0; a higher one shuts older ones out.", _PRODUCER_NUMBER),
    header("Producer-Seq", "0, 1, 2 … a request, anew in each epoch.", _PRODUCER_NUMBER),
)

COMPRESSED = header(
    "Content-Encoding",
    "How the body is compressed.",
    one_of(("gzip", "x-gzip", "zstd", "identity")),
)

TEXT: Json = {"type": "string"}
COUNT: Json = {"type": "integer", "minimum": 1}
BY_ID = ({"name": "id", "in": "path", "required": True, "schema": ID, "example": examples.ID},)

__all__ = [
    "APPEND",
    "BY_ID",
    "COMPRESSED",
    "COUNT",
    "GROW",
    "JSON",
    "PRODUCER",
    "STORE",
    "TEXT",
    "WRITE",
    "Operation",
    "answer",
    "content",
    "header",
    "json_content",
    "one_of",
    "query",
]
