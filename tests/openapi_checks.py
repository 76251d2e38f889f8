"""What an answer of the server is compared with: the OpenAPI document, read strictly.

An answer must not have a status, a media type, a header or a field that is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2

from logflume import __version__
from logflume.http.openapi.document import openapi

DOCUMENT = openapi(__version__)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
}
UNTOLD = {
    *("connection", "content-length", "content-type", "date", "transfer-encoding"),
    *("content-security-policy", "cross-origin-resource-policy", "x-content-type-options"),
    *("access-control-allow-origin", "access-control-expose-headers", "access-control-max-age"),
    "sec-websocket-accept",
}
"""Headers that are HTTP's own or WebSocket's, and those that the introduction tells of once for all
answers."""

NOT_KEPT = ("cache-control", "no-store")
"""The introduction says that answers are not kept where nothing else is listed."""

Operation = dict[str, Any]
Schema = dict[str, Any]


def operations() -> Iterator[tuple[str, str, Operation]]:
    for path, methods in DOCUMENT["paths"].items():
        yield from ((method, path, operation) for method, operation in methods.items())


def inside(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document, however deep."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, dict | list):
            yield from inside(child)


def resolved(reference: str) -> Any:
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def faults(value: Any, schema: Schema, at: str = "$") -> list[str]:
    """Where a value is not what its schema says, undocumented fields included."""
    if "$ref" in schema:
        return faults(value, resolved(schema["$ref"]), at)
    if not schema:
        return []
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return [] if any(not faults(value, one, at) for one in choices) else [f"{at}: no choice"]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: {value!r}"]
    kind = schema.get("type")
    if kind == "null":
        return [] if value is None else [f"{at}: not null"]
    is_kind = kind is not None and type(value) is KINDS[kind]
    if not is_kind:
        return [f"{at}: {value!r} is no {kind}"]
    if kind == "array":
        items = [faults(item, schema["items"], f"{at}[{n}]") for n, item in enumerate(value)]
        return [fault for found in items for fault in found]
    # Python's own `$` would let a newline follow; OpenAPI's does not.
    pattern = re.sub(r"\$$", r"\\Z", schema.get("pattern", ""))
    if kind == "string" and not re.search(pattern, value):
        return [f"{at}: {value!r} does not match"]
    return _field_faults(value, schema, at) if kind == "object" else []


def _field_faults(value: dict[str, Any], schema: Schema, at: str) -> list[str]:
    fields, rest = schema.get("properties", {}), schema.get("additionalProperties", {})
    missing = [f"{at}.{name}: missing" for name in schema.get("required", ()) if name not in value]
    found = [
        faults(item, fields.get(name, rest), f"{at}.{name}")
        if name in fields or rest
        else [f"{at}.{name}: not documented"]
        for name, item in value.items()
    ]
    return missing + [fault for part in found for fault in part]


def of_schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def checked(answer: httpx2.Response, path: str) -> Any:
    """The answer's JSON or text, after seeing that its status, type, headers and fields are
    documented."""
    operation = DOCUMENT["paths"][path][answer.request.method.lower()]
    told = operation["responses"][str(answer.status_code)]
    headers = {name.lower() for name in told.get("headers", {})}
    said = {name for name, value in answer.headers.items() if (name, value) != NOT_KEPT}
    assert said - UNTOLD <= headers, said - UNTOLD - headers
    if not answer.content:
        assert "content" not in told or answer.status_code == 204
        return None
    media_type = answer.headers["content-type"].split(";")[0]
    content = told["content"].get(media_type) or told["content"]["*/*"]
    if "json" not in media_type or "ndjson" in media_type:
        return answer.text
    assert faults(answer.json(), content["schema"]) == []
    if "examples" in content:
        assert answer.json()["type"].removeprefix("urn:logflume:problem:") in content["examples"]
    return answer.json()


__all__ = [
    "DOCUMENT",
    "SCHEMAS",
    "checked",
    "faults",
    "inside",
    "of_schema",
    "operations",
    "resolved",
]
