"""What can be asked of the server, operation by operation, written by hand.

`document.py` puts it into the form of OpenAPI; the tests compare it with the routes and with what
the server answers.
"""

from __future__ import annotations

from logflume.deployments.deployment import STATUSES
from logflume.http.openapi import examples
from logflume.http.openapi.access_operations import ACCESS_OPERATIONS
from logflume.http.openapi.access_operations import TAG as ACCESS
from logflume.http.openapi.log_operations import LOG_OPERATIONS
from logflume.http.openapi.operation import (
    BY_ID,
    COUNT,
    GROW,
    JSON,
    STORE,
    TEXT,
    WRITE,
    Operation,
    answer,
    content,
    json_content,
    one_of,
    query,
)
from logflume.http.openapi.project_operations import PROJECT_OPERATIONS
from logflume.http.openapi.schemas import ID
from logflume.http.openapi.search_operation import SEARCH
from logflume.http.openapi.stream_operations import STREAM_OPERATIONS

TAGS = {
    "Deployments": "Created, listed, shown, changed and deleted.",
    "Logs": "A deployment's log and the feed, read over the Durable Streams protocol.",
    "Generic logs": "Logs of any content type under names of your own: Durable Streams, whole.",
    "Projects": "What projects have set for their deployments.",
    ACCESS: "Who may do what: tokens, share links, a browser's session, and what was done.",
    "Server": "The server itself.",
}

_SHOWN = json_content("DeploymentWithLinks", examples.shown())

_DEPLOYMENTS = (
    Operation(
        "POST /v1/deployments",
        "createDeployment",
        "Deployments",
        "Create a deployment",
        {
            201: answer("The deployment.", _SHOWN, "Location"),
            200: answer("It was there: the same `id`, `project` and `environment`.", _SHOWN),
        },
        ("bad-request", "conflict", "too-large", "unsupported-type", "bad-record", *GROW),
        "A client that makes the `id` may repeat the call safely. With `retry_of` the log begins "
        "with that of a deployment that has ended, up to where its last section begins. At most "
        "16 KiB.",
        body=json_content("NewDeployment", examples.said(examples.NEW)),
    ),
    Operation(
        "GET /v1/deployments",
        "listDeployments",
        "Deployments",
        "List deployments, newest first",
        {
            200: answer(
                "A page of them.",
                json_content("DeploymentList", {"deployments": [examples.shown()]}),
                "Link",
            )
        },
        ("bad-request", *STORE),
        parameters=(
            query("project", "Only of this project."),
            query("environment", "Only of this environment."),
            query("status", "Only of this status.", one_of(STATUSES)),
            query("limit", "More than 1000 is 1000.", {**COUNT, "default": 50}),
            query("after", "The `id` that ended the page before; `Link` has it.", ID),
        ),
    ),
    Operation(
        "GET /v1/deployments/{id}",
        "showDeployment",
        "Deployments",
        "Show a deployment",
        {200: answer("The deployment.", _SHOWN)},
        ("no-such-log", "log-gone", *STORE),
        parameters=BY_ID,
    ),
    Operation(
        "PATCH /v1/deployments/{id}",
        "changeDeployment",
        "Deployments",
        "Change a deployment",
        {200: answer("The deployment as it is now.", _SHOWN)},
        (
            *("bad-request", "no-such-log", "log-gone", "conflict", "too-large"),
            *("unsupported-type", "bad-record", *WRITE),
        ),
        "`status` goes from `queued` over `running` to a final one: `succeeded`, `failed` or "
        "`cancelled`. A final status appends the `end` record and closes the log in one step; "
        "`exit_code` goes with it. Saying again what is so changes nothing and answers 200. "
        "A finished deployment keeps its status and exit code; the rest may still change. At most "
        "16 KiB.",
        parameters=BY_ID,
        body=json_content("Change", examples.said(examples.FINISHED)),
    ),
    Operation(
        "DELETE /v1/deployments/{id}",
        "deleteDeployment",
        "Deployments",
        "Delete a deployment and its log",
        {204: answer("It is gone. Whoever follows its log is told; retries of it keep theirs.")},
        ("no-such-log", "log-gone", *WRITE),
        parameters=BY_ID,
    ),
    Operation(
        "POST /v1/deployments/{id}/redactions",
        "redactDeployment",
        "Deployments",
        "Take a leaked secret out of a deployment for good",
        {200: answer("What changed.", json_content("Redacted", examples.REDACTED))},
        (
            *("bad-request", "no-such-log", "log-gone", "conflict", "too-large"),
            *("unsupported-type", "bad-record", *WRITE),
        ),
        "Out of its log's records, its other texts and the feed. `[redacted]` stands in place of "
        "the text, which is found across colours and where a line lies in several records. Numbers "
        "stay. The `end` record gets the digest of what the log says now and counts the records; a "
        "log that grows gets a record that names them. Records that retries share change in all of "
        "them, which takes `admin` for the projects of all of them. One request changes up to 1000 "
        "records; `complete` says whether that was all. The "
        "same request may be repeated. When it is answered, the old bytes are in no file of the "
        "store; a 503 that says so means that they are there still, and repeating it wipes them.",
        parameters=BY_ID,
        body=json_content("Asked", examples.ASKED),
    ),
)

_SERVER = (
    Operation(
        "GET /healthz",
        "alive",
        "Server",
        "Whether the server lives",
        {200: answer("It does.", json_content("Health", {"status": "alive"}))},
        (),
        is_open=True,
    ),
    Operation(
        "GET /readyz",
        "ready",
        "Server",
        "Whether the store takes a write, to the disk",
        {200: answer("It has just done so.", json_content("Health", {"status": "ready"}))},
        ("not-ready",),
        "Answered within 2 seconds, also where the disk is stuck. A probe makes nothing grow.",
        is_open=True,
    ),
    Operation(
        "GET /metrics",
        "metrics",
        "Server",
        "Figures for Prometheus",
        {
            200: answer(
                "In Prometheus' text format, or as OpenMetrics if `Accept` asks for it.",
                {"*/*": content(TEXT, 'logflume_watchers{pattern="sse"} 12.0\n')},
            )
        },
        (),
        "`docs/operations.md` says what each means. No label has an id, a project or an address.",
    ),
    Operation(
        "POST /v1/backup",
        "backUp",
        "Server",
        "The whole store, as a database file",
        {
            200: answer(
                "A SQLite database of one moment. Appends go on while it is made and sent.",
                {"application/vnd.sqlite3": {"schema": {"type": "string", "format": "binary"}}},
                "Content-Digest",
            )
        },
        ("conflict", *WRITE),
        "`logflume backup` asks for it, `logflume verify` and `logflume restore` take it. One at a "
        "time. For as long as it takes, the data folder's disk has a copy of the store.",
    ),
    Operation(
        "GET /openapi.json",
        "openapi",
        "Server",
        "This document",
        {200: answer("OpenAPI 3.1.", {JSON: {"schema": {"type": "object"}}})},
        (),
        is_open=True,
    ),
)

OPERATIONS = (
    *(*_DEPLOYMENTS, *LOG_OPERATIONS, SEARCH, *STREAM_OPERATIONS),
    *(*PROJECT_OPERATIONS, *ACCESS_OPERATIONS, *_SERVER),
)

__all__ = ["OPERATIONS", "TAGS"]
