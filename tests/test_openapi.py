"""The OpenAPI document: well-formed, complete, and true of what the server answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from logflume import __version__
from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id
from logflume.http.openapi import examples
from logflume.http.openapi.document import openapi
from tests.routes import api_calls
from tests.servers import ServerProcess, new_deployment

DOCUMENT = openapi(__version__)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
METHODS = {"get", "head", "post", "patch", "put", "delete"}
KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "object": dict,
    "array": list,
}
TOLD_HEADERS = re.compile("stream-|producer-|location|link|retry-after")

Operation = dict[str, Any]
Schema = dict[str, Any]


@pytest.fixture(scope="module")
def api(shared_server: ServerProcess) -> Iterator[httpx2.Client]:
    """One connection for all: a client for each request would be most of the work."""
    with httpx2.Client(base_url=shared_server.url) as client:
        yield client


def made(api: httpx2.Client, **fields: object) -> str:
    """A new deployment's path."""
    return f"/v1/deployments/{new_deployment(str(api.base_url).rstrip('/'), **fields)}"


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
    if kind == "string" and not re.search(schema.get("pattern", ""), value):
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
    """The answer's JSON, after seeing that its status, type, headers and fields are documented."""
    operation = DOCUMENT["paths"][path][answer.request.method.lower()]
    told = operation["responses"][str(answer.status_code)]
    headers = {name.lower() for name in told.get("headers", {})}
    assert {name for name in answer.headers if TOLD_HEADERS.match(name)} <= headers
    if not answer.content:
        assert "content" not in told or answer.status_code == 204
        return None
    media_type = answer.headers["content-type"].split(";")[0]
    content = told["content"][media_type]
    if "json" not in media_type or "ndjson" in media_type:
        return answer.text
    assert faults(answer.json(), content["schema"]) == []
    if "examples" in content:
        assert answer.json()["type"].removeprefix("urn:logflume:problem:") in content["examples"]
    return answer.json()


def test_the_document_has_the_form_of_openapi() -> None:
    """What OpenAPI 3.1 requires of each object is there."""
    assert DOCUMENT["openapi"] == "3.1.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for method, path, operation in operations():
        assert path.startswith("/")
        assert method in METHODS
        assert set(operation["tags"]) <= tags
        for status, answer in operation["responses"].items():
            assert status == "default" or re.fullmatch("[1-5][0-9][0-9]", status)
            assert answer["description"]
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


def test_parameters_are_whole_and_match_their_path() -> None:
    """Each has a name, a place and a schema; those in the path are just the path's own."""
    for _, path, operation in operations():
        parameters = operation.get("parameters", [])
        assert all(one["schema"] and one["in"] in ("path", "query", "header") for one in parameters)
        in_path = {one["name"] for one in parameters if one["in"] == "path" and one["required"]}
        assert in_path == set(re.findall(r"{(\w+)}", path))
        assert len(parameters) == len({(one["name"], one["in"]) for one in parameters})


def test_every_reference_resolves() -> None:
    """No $ref leads nowhere."""
    references = [found["$ref"] for found in inside(DOCUMENT) if "$ref" in found]
    assert references
    assert all(isinstance(resolved(reference), dict) for reference in references)


def test_every_schema_and_field_has_its_meaning() -> None:
    """A type does not tell what a field is for; only names that say it all go without."""
    plain = {"status", "kind", "deployment", "deployments", "links", "self", "log", "page"}
    plain |= {"created_at", "title"}
    for schema in SCHEMAS.values():
        assert schema["description"]
        fields = schema["properties"]
        assert {name for name in fields if "description" not in fields[name]} <= plain


def test_the_document_and_the_routes_are_the_same() -> None:
    """Every method of every route is documented, and nothing else is."""
    assert {(method.upper(), path) for method, path, _ in operations()} == api_calls()


def test_examples_are_what_their_schemas_say() -> None:
    """Every example of a JSON body has its schema's fields and no others."""
    contents = [found for found in inside(DOCUMENT) if "example" in found and "schema" in found]
    assert contents
    assert [faults(one["example"], one["schema"]) for one in contents] == [[]] * len(contents)
    for example in DOCUMENT["components"]["examples"].values():
        assert faults(example["value"], of_schema("Problem")) == []


def test_ids_match_their_pattern() -> None:
    """What the server makes is what the document says an id is."""
    [id_schema] = [
        one["schema"]
        for one in DOCUMENT["paths"]["/v1/deployments/{id}"]["get"]["parameters"]
        if one["name"] == "id"
    ]
    for byte in (b"\x00", b"\x5a", b"\xff"):
        assert faults(new_deployment_id(0, byte * RANDOM_BYTES), id_schema) == []
    assert faults("dep_i" + 36 * "0", id_schema)
    assert faults("dep_" + 38 * "0", id_schema)


def test_the_server_serves_the_document(api: httpx2.Client) -> None:
    """`/openapi.json` is this document."""
    answer = api.get("/openapi.json")
    assert checked_type(answer) == "application/json"
    assert answer.json() == json.loads(json.dumps(DOCUMENT))


def checked_type(answer: httpx2.Response) -> str:
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    return str(answer.headers["content-type"]).split(";")[0]


def test_deployments_have_the_documented_fields(api: httpx2.Client) -> None:
    """Created, listed, shown, changed and deleted, each answers as documented."""
    path, one = "/v1/deployments", "/v1/deployments/{id}"
    created = api.post(path, json={"project": "openapi", "metadata": {"a": "b"}})
    address = checked(created, path)["links"]["self"]
    made(api, project="openapi")
    checked(api.get(path, params={"project": "openapi", "limit": 1}), path)
    checked(api.get(address), one)
    checked(api.patch(address, json={"status": "failed", "exit_code": 1}), one)
    checked(api.patch(address, json={"status": "succeeded"}), one)
    checked(api.patch(address, json={"title": "late"}), one)
    checked(api.head(address), one)
    checked(api.delete(address), one)
    checked(api.get(address), one)


def test_the_examples_work(api: httpx2.Client) -> None:
    """A deployment made as the examples make it gives the examples' text."""
    one = "/v1/deployments/{id}"
    address = made(api, **examples.said(examples.NEW))
    log = f"{address}/log"
    checked(api.patch(address, json={"status": "running"}), one)
    checked(api.post(log, content=examples.TEXT), f"{one}/log")
    body = examples.said(examples.FINISHED)
    checked(api.patch(address, json=body), one)
    told = checked(api.get(log), f"{one}/log")
    changing = ("time", "digest")
    without = [{k: v for k, v in record.items() if k not in changing} for record in told]
    assert without == [
        {k: v for k, v in record.items() if k not in changing} for record in examples.HISTORY
    ]
    assert api.get(log, params={"format": "text"}).text == examples.PLAIN


def test_logs_have_the_documented_fields(api: httpx2.Client) -> None:
    """Appends and readings of every form answer as documented, and so do their problems."""
    log = f"{made(api)}/log"
    path = "/v1/deployments/{id}/log"
    checked(api.post(log, json=examples.INCOMING), path)
    line = {"text": "x", "sent": "2026-01-01T00:00:00Z", "level": "info", "partial": True}
    checked(api.post(log, json=line), path)
    for sequence in (0, 0, 2):
        marks = {"Producer-Id": "p", "Producer-Epoch": "1", "Producer-Seq": str(sequence)}
        checked(api.post(log, content=b"a\n", headers=marks), path)
    for form in ("json", "ndjson", "text"):
        checked(api.get(log, params={"format": form, "tail": 9}), path)
    fenced = {"Producer-Id": "p", "Producer-Epoch": "0", "Producer-Seq": "0"}
    checked(api.post(log, content=b"a\n", headers=fenced), path)
    checked(api.post(log, json=[1]), path)
    checked(api.post(log, content=b"{", headers={"Content-Type": "application/json"}), path)
    checked(api.post(log, content=b"a", headers={"Content-Type": "image/png"}), path)
    for offset in ("x", f"{16 * '0'}_{16 * '0'}"):
        checked(api.get(log, params={"offset": offset}), path)
    epoch = api.head(log).headers["Stream-Next-Offset"][:16]
    checked(api.get(log, params={"offset": f"{epoch}_{99:016d}"}), path)


def test_the_feed_has_the_documented_fields(api: httpx2.Client) -> None:
    """Its records of creation, change and deletion are as documented."""
    address = made(api)
    api.patch(address, json={"title": "t"})
    api.delete(address)
    feed = checked(api.get("/v1/deployments/feed"), "/v1/deployments/feed")
    assert {record["kind"] for record in feed} == {"restart", "created", "changed", "deleted"}


def test_live_events_have_the_documented_fields(api: httpx2.Client) -> None:
    """A finished log, followed: the control event's fields, and 204 for who comes back."""
    path = "/v1/deployments/{id}/log"
    address = made(api)
    api.patch(address, json={"status": "cancelled"})
    params = {"offset": "-1", "live": "sse"}
    text = checked(api.get(f"{address}/log", params=params), path)
    [control] = re.findall(r"event: control\ndata:(.*)\n\n", text)
    assert faults(json.loads(control), of_schema("ControlEvent")) == []
    seen = {"Last-Event-ID": json.loads(control)["streamNextOffset"]}
    assert api.get(f"{address}/log", params=params, headers=seen).status_code == 204


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json"])
def test_the_server_itself_answers_as_documented(api: httpx2.Client, path: str) -> None:
    """Alive, ready, and described."""
    assert api.get(path).status_code == 200
    if path != "/openapi.json":
        checked(api.get(path), path)


def test_docs_show_everything(api: httpx2.Client) -> None:
    """The page has every path, schema and problem, and every link on it leads somewhere."""
    page = api.get("/docs").text
    for method, path, operation in operations():
        assert path in page
        assert method == "head" or f'id="{operation["operationId"]}"' in page
    assert all(f'id="schema-{name}"' in page for name in SCHEMAS)
    assert all(f'id="problem-{name}"' in page for name in DOCUMENT["components"]["examples"])
    ids = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids


def test_docs_load_nothing_from_elsewhere(api: httpx2.Client) -> None:
    """No script, no inline style, nothing but this server's files, and a policy that says so."""
    answer = api.get("/docs")
    assert checked_type(answer) == "text/html"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", answer.text)
    loaded = re.findall(r'<(?:link|img|iframe)\b[^>]*(?:href|src)="([^"]+)"', answer.text)
    assert loaded
    for address in loaded:
        assert address.startswith("/assets/")
        assert api.get(address).status_code == 200


def test_docs_escape_what_they_show() -> None:
    """What looks like HTML in the document is text on the page."""
    from logflume.http.openapi.page import page

    planted = json.loads(json.dumps(DOCUMENT).replace("Append lines", "<script>x</script>"))
    assert "<script>" not in page(planted)
