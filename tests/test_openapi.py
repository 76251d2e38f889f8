"""The OpenAPI document: well-formed, complete, and true of what the server answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import httpx2
import pytest

from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id
from logflume.errors import BadInput
from logflume.generic.names import log_of
from logflume.http.openapi.page import page
from logflume.http.openapi.stream_operations import NAME
from tests.openapi_checks import (
    DOCUMENT,
    SCHEMAS,
    faults,
    inside,
    of_schema,
    operations,
    resolved,
)
from tests.routes import api_calls, socket_paths
from tests.servers import ServerProcess

METHODS = {"get", "head", "post", "patch", "put", "delete", "options"}


@pytest.fixture(scope="module")
def api(shared_server: ServerProcess) -> Iterator[httpx2.Client]:
    """One connection for all: a client for each request would be most of the work."""
    with httpx2.Client(base_url=shared_server.url) as client:
        yield client


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


def test_every_web_socket_is_documented() -> None:
    """Where one may be opened, `live=ws` and the answer to its handshake are documented."""
    opened = {path for _, path, told in operations() if "101" in told["responses"]}
    assert opened == socket_paths()
    for path in opened:
        [live] = [p for p in DOCUMENT["paths"][path]["get"]["parameters"] if p["name"] == "live"]
        assert "ws" in live["schema"]["enum"]


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


def test_names_match_their_pattern() -> None:
    """What the document says a generic log may be called is what is taken."""
    good = ("a", "builds/42", "A_b~c-d.e", "a/b/c", "-", "~a.b..c")
    bad = ("", ".a", "a/.b", "a//b", "/a", "a/", "a b", "a*", "a>", "é", ":key", "a\n")
    for name in good:
        assert log_of(name)
        assert faults(name, NAME) == []
    for name in bad:
        assert faults(name, NAME)
        with pytest.raises(BadInput):
            log_of(name)
    longest = int(NAME["maxLength"])
    assert log_of("a" * longest)
    with pytest.raises(BadInput):
        log_of("a" * (longest + 1))


def test_the_server_serves_the_document(api: httpx2.Client) -> None:
    """`/openapi.json` is this document."""
    answer = api.get("/openapi.json")
    assert checked_type(answer) == "application/json"
    assert answer.json() == json.loads(json.dumps(DOCUMENT))


def checked_type(answer: httpx2.Response) -> str:
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    return str(answer.headers["content-type"]).split(";")[0]


def test_docs_show_everything(api: httpx2.Client) -> None:
    """The page has every path, schema and problem, and every link on it leads somewhere."""
    shown = api.get("/docs").text
    for method, path, operation in operations():
        assert path in shown
        derived = f"{DOCUMENT['paths'][path].get('get', {}).get('operationId')}Head"
        if method != "head" or operation["operationId"] != derived:
            assert f'id="{operation["operationId"]}"' in shown
    assert all(f'id="schema-{name}"' in shown for name in SCHEMAS)
    assert all(f'id="problem-{name}"' in shown for name in DOCUMENT["components"]["examples"])
    ids = set(re.findall(r'id="([^"]+)"', shown))
    assert set(re.findall(r'href="#([^"]+)"', shown)) <= ids


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
    planted = json.loads(json.dumps(DOCUMENT).replace("Append lines", "<script>x</script>"))
    assert "<script>" not in page(planted)
