"""Requests made up from the OpenAPI document, good ones and bad ones, to a real server: every
answer is one that the document tells of, and none is a fault of ours.

Schemathesis makes them up, from a seed that is printed. Two of its checks are left out, because
they read more into a schema than it says: that what fits is accepted (a batch may be too much, two
places in a log exclude each other, a deployment may be over), and that what does not fit is refused
(parameters that nobody knows are ignored here, as Durable Streams wants it).
"""

from __future__ import annotations

import os
from contextlib import closing
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import (
    content_type_conformance,
    missing_required_header,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from logflume import __version__
from logflume.http.openapi.document import openapi
from tests.appending import Log
from tests.servers import ServerProcess

SEED = int(os.environ.get("LOGFLUME_SEED", "20261129"))
EXAMPLES = int(os.environ.get("LOGFLUME_EXAMPLES", "8"))
"""Of each operation, good and bad."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    missing_required_header,
]
OPERATIONS = {
    found.ok().label: found.ok()
    for found in schemathesis.openapi.from_dict(openapi(__version__)).get_all_operations()
    if isinstance(found, Ok)
}


def may_be_spoilt(operation: Any) -> bool:
    """Whether there is anything in a request to it that could be bad: any text may be a name."""
    told = openapi(__version__)["paths"][operation.path][operation.method.lower()]
    parts = [one["schema"] for one in told.get("parameters", ())]
    return "requestBody" in told or any(part != {"type": "string"} for part in parts)


def at_something_that_is(case: Any, log: Log) -> Any:
    """Half of the requests are for a deployment that is there; none stays open."""
    if "id" in case.path_parameters and len(str(case.query)) % 2:
        case.path_parameters["id"] = log.path.split("/")[3]
    if case.query and "live" in case.query:
        del case.query["live"]
    return case


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_documented(
    memory_server: ServerProcess, label: str, mode: GenerationMode
) -> None:
    """Status, type, headers, schema; and never 5xx."""
    operation = OPERATIONS[label]
    if mode is GenerationMode.NEGATIVE and not may_be_spoilt(operation):
        return
    print(f"LOGFLUME_SEED={SEED}")
    log = Log(memory_server.url)

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        at_something_that_is(case, log).call_and_validate(
            base_url=memory_server.url, checks=CHECKS, timeout=10
        )

    with closing(log):
        asked()
