"""Taking a leaked secret out of a deployment: `POST …/redactions`.

The secret comes in the body and goes nowhere: not into the answer, an error, the server's log or
the audit log, which has who asked, when, and which records changed, in which deployments.

Records that are shared change in all deployments that have them. So whoever asks must have `admin`
not only for the one that the address names, but for the projects of all that would change: who may
copy a log must not be able to rewrite it by way of the copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from logflume.access.callers import Caller
from logflume.deployments.deployment import Deployment
from logflume.deployments.redaction_request import Asked, Redacted
from logflume.http.callers import caller_of
from logflume.http.context import Context
from logflume.http.json_body import parsed
from logflume.http.needs import forbidden
from logflume.http.problems import RequestError
from logflume.http.respond import json_response

SHARED = forbidden("admin", "the project of every deployment that shares these lines")
"""The same whether the caller may know of the others or not."""


class RedactionsApi:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def create(self, request: Request) -> Response:
        deployment = request.path_params["id"]
        note = partial(self._note, caller_of(request.scope), deployment)
        asked = await parsed(request, Asked)
        redacted = await self._context.deployments.redact(deployment, asked, note)
        return json_response(msgspec.to_builtins(redacted))

    async def _note(
        self, caller: Caller, deployment: str, redacted: Redacted, changed: Sequence[Deployment]
    ) -> None:
        if not all(caller.may("admin", one.project) for one in changed):
            raise RequestError(SHARED)
        await self._context.audit.note(
            "redacted",
            caller,
            deployment=deployment,
            deployments=sorted(one.id for one in changed),
            lines=redacted.lines,
            fields=redacted.fields,
        )


__all__ = ["RedactionsApi"]
