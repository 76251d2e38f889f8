"""Projects' settings, as operations."""

from __future__ import annotations

import msgspec

from logflume.deployments.projects import DEFAULTS, MAX_NAME_CHARS, ProjectSettings
from logflume.http.openapi.operation import STORE, WRITE, Operation, answer, header, json_content
from logflume.http.openapi.schemas import Json

_NAME: Json = {
    "name": "project",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARS},
    "description": "As deployments have it in `project`.",
    "example": "shop",
}

_SET = ProjectSettings(keep_days=90, masks=("AKIA[0-9A-Z]{16}",))
_SAID: Json = msgspec.json.decode(msgspec.json.encode(_SET))

_SHOWN = json_content(
    "Project",
    {
        "project": "shop",
        **_SAID,
        "effective": {
            "keep_days": 90,
            "keep_bytes": DEFAULTS.keep_bytes,
            "max_log_bytes": DEFAULTS.max_log_bytes,
        },
    },
)

PROJECT_OPERATIONS = (
    Operation(
        "GET /v1/projects/{project}",
        "showProject",
        "Projects",
        "Show a project's settings",
        {200: answer("Its settings; of one that has set nothing, null.", _SHOWN, "ETag")},
        ("bad-record", *STORE),
        parameters=(_NAME,),
    ),
    Operation(
        "PUT /v1/projects/{project}",
        "setProject",
        "Projects",
        "Set all of a project's settings",
        {200: answer("Its settings as they are now.", _SHOWN, "ETag")},
        (
            *("bad-request", "precondition-failed", "too-large", "unsupported-type"),
            *("bad-record", *WRITE),
        ),
        "What is left out is null. The same may be set again.",
        parameters=(
            _NAME,
            header("If-Match", "The `ETag` of the settings that these replace."),
        ),
        body=json_content("ProjectSettings", _SAID),
    ),
)

__all__ = ["PROJECT_OPERATIONS"]
