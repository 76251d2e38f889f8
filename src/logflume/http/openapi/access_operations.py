"""The operations of tokens, share links, signing in, and of the audit log."""

from __future__ import annotations

from logflume.http.openapi import examples
from logflume.http.openapi.operation import (
    BY_ID,
    JSON,
    STORE,
    TEXT,
    WRITE,
    Operation,
    answer,
    content,
    json_content,
)
from logflume.http.openapi.reading import READ_PROBLEMS, read_answers, reading
from logflume.http.openapi.schemas import Json, array_of

TAG = "Access"

_TOKEN = {
    "id": "to_9f0c54a1d2b3e4f50617",
    "name": "ci",
    "grants": [{"scope": "write", "projects": ["shop"]}],
    "created_at": "2026-11-23T15:37:00.123456Z",
    "created_by": "first",
    "expires_at": None,
    "used_at": None,
}
_SHARE = {
    "id": "sh_9f0c54a1d2b3e4f50617",
    "deployment": examples.ID,
    "created_at": "2026-11-23T15:37:00.123456Z",
    "created_by": "first",
    "expires_at": "2026-11-24T15:37:00.123456Z",
}
_CREATED = {
    "n": 1,
    "time": "2026-11-23T15:37:00.123456Z",
    "kind": "token-created",
    "by": "first",
    "id": "to_9f0c54a1d2b3e4f50617",
    "name": "ci",
    "scopes": ["write"],
}
_AUDIT = {
    JSON: content(array_of("AuditRecord"), [_CREATED]),
    "application/x-ndjson": content(TEXT, ""),
}
_SESSION = {"name": "ci", "needs_token": True, "reads_all": True, "deployment": None}
_LETTERS = "2kp3x7yqf4mzv6hwd5rtnbjgcaeliuos"
_BODY = ("bad-request", "too-large", "unsupported-type", "bad-record", *WRITE)


def _part(name: str, example: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "example": example,
    }


ACCESS_OPERATIONS = (
    Operation(
        "POST /v1/tokens",
        "createToken",
        TAG,
        "Make a token",
        {
            201: answer(
                "The token, and its secret, which is told here and never again.",
                json_content("NewTokenSecret", {**_TOKEN, "token": f"lf_{_LETTERS}abcdefg"}),
            )
        },
        _BODY,
        "Takes `admin` for all projects, as do the other calls about tokens.",
        body=json_content(
            "NewToken", {"name": "ci", "grants": [{"scope": "write", "projects": ["shop"]}]}
        ),
    ),
    Operation(
        "GET /v1/tokens",
        "listTokens",
        TAG,
        "List tokens, newest first",
        {200: answer("All of them.", json_content("TokenList", {"tokens": [_TOKEN]}))},
        (),
    ),
    Operation(
        "DELETE /v1/tokens/{id}",
        "revokeToken",
        TAG,
        "Revoke a token",
        {204: answer("It lets nobody in any more. What it has open ends within five seconds.")},
        ("no-such-credential", *WRITE),
        parameters=(_part("id", _TOKEN["id"]),),  # type: ignore[arg-type]
    ),
    Operation(
        "POST /v1/deployments/{id}/shares",
        "createShare",
        TAG,
        "Make a share link",
        {
            201: answer(
                "The link, which is told here and never again.",
                json_content(
                    "NewShareLink",
                    {**_SHARE, "link": f"http://127.0.0.1:8080/s/lfs_{_LETTERS}abcdefg"},
                ),
            )
        },
        ("no-such-log", "log-gone", *_BODY),
        "Whoever has the link may read this one deployment, and follow it, until the time is over "
        "or the link is revoked. Takes `admin` for its project, as do the other calls about share "
        "links.",
        parameters=BY_ID,
        body=json_content("NewShare", {"expires_in": 86400}),
    ),
    Operation(
        "GET /v1/deployments/{id}/shares",
        "listShares",
        TAG,
        "List a deployment's share links, newest first",
        {200: answer("All of them.", json_content("ShareList", {"shares": [_SHARE]}))},
        ("no-such-log", "log-gone", *STORE),
        parameters=BY_ID,
    ),
    Operation(
        "DELETE /v1/deployments/{id}/shares/{share}",
        "revokeShare",
        TAG,
        "Revoke a share link",
        {204: answer("It opens nothing any more.")},
        ("no-such-log", "no-such-credential", *WRITE),
        parameters=(*BY_ID, _part("share", str(_SHARE["id"]))),
    ),
    Operation(
        "GET /v1/session",
        "showSession",
        TAG,
        "Who asks, as the server sees it",
        {
            200: answer(
                "Who it is.",
                json_content("Session", _SESSION),
            )
        },
        (),
    ),
    Operation(
        "POST /v1/session",
        "signIn",
        TAG,
        "Sign a browser in",
        {204: answer("A cookie goes on for the token; it ends with it.")},
        ("unauthorised", "cross-site", *_BODY),
        "For the server's own page: a program sends its token with each request instead.",
        body=json_content("SignIn", {"token": f"lf_{_LETTERS}abcdefg"}),
        is_open=True,
    ),
    Operation(
        "DELETE /v1/session",
        "signOut",
        TAG,
        "Sign a browser out",
        {204: answer("Its cookie lets nobody in any more.")},
        ("cross-site", *WRITE),
        is_open=True,
    ),
    Operation(
        "GET /v1/audit",
        "readAudit",
        TAG,
        "Read or follow the audit log",
        read_answers(_AUDIT, ""),
        (*READ_PROBLEMS, *STORE),
        "One record for each thing that was done and that somebody may ask about later. Read like "
        "any log. Takes `admin` for all projects.",
        parameters=reading("json", "ndjson"),
    ),
)

__all__ = ["ACCESS_OPERATIONS", "TAG"]
