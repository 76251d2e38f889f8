"""Every problem the API answers with: when, and an example made by the code that answers."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from logflume import errors
from logflume.http.body import MAX_BATCH_BYTES
from logflume.http.callers import UNAUTHORISED
from logflume.http.gate import CROSS_SITE, FOREIGN_HOST
from logflume.http.health import not_ready
from logflume.http.limits import (
    HEAD_SECONDS,
    HEADERS_TOO_LARGE,
    TARGET_TOO_LONG,
    malformed,
    other_version,
    server_full,
    slow_head,
    too_many_connections,
)
from logflume.http.needs import forbidden
from logflume.http.openapi.headers import headers
from logflume.http.openapi.schemas import Json, ref
from logflume.http.problems import Problem, UnsupportedType, problem_of
from logflume.http.projects import CHANGED
from logflume.http.read import UPGRADE
from logflume.http.tokens import NO_SUCH_CREDENTIAL
from logflume.http.websocket import FOREIGN
from logflume.records import Gap, LogId, Seq, State

_TRIMMED = State(1, "application/json", tail=Seq(9), gap=Gap(Seq(0), Seq(4), 1))
_FINISHED = State(1_795_448_220_123_456, "application/json", tail=Seq(4), closed=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of problem."""

    when: str
    example: Problem

    @property
    def name(self) -> str:
        return self.example.name


_KINDS = (
    Kind(
        "A parameter, header or body is malformed; `detail` says which.",
        problem_of(errors.BadInput("limit must be a whole number from 1")),
    ),
    Kind(
        "It is no HTTP/1.1 request, or one that two readers would not read alike. The connection "
        "ends, as with the six that follow.",
        malformed("it has 2 Host headers; send one"),
    ),
    Kind("The head of a request, or the rest of a batch, does not come.", slow_head(HEAD_SECONDS)),
    Kind("The address is longer than 8 KiB.", TARGET_TOO_LONG),
    Kind("More than 100 headers, or 32 KiB of them.", HEADERS_TOO_LARGE),
    Kind("Too many connections from this address.", too_many_connections(10_000, 5)),
    Kind("The server has all the connections it can.", server_full(5)),
    Kind("Another version of HTTP.", other_version("2.0")),
    Kind(
        "A newer epoch of this producer has appended.",
        problem_of(errors.ProducerFenced(2)),
    ),
    Kind(
        "There is no such deployment or log, or its lifetime is over.",
        problem_of(errors.NoSuchLog(LogId(""))),
    ),
    Kind(
        "The log was deleted. What was forked from it remains, and reads on.",
        problem_of(errors.LogGone()),
    ),
    Kind(
        "The records after the offset are no longer kept; the log begins at `earliest`.",
        problem_of(errors.Trimmed(_TRIMMED)),
    ),
    Kind("The settings have changed since they were read.", CHANGED),
    Kind(
        "There is nothing at this address.",
        Problem(404, "not-found", "there is nothing at this address"),
    ),
    Kind(
        "The address does not know this method; `Allow` lists those it does.",
        Problem(405, "method-not-allowed", "Method Not Allowed", headers={"Allow": "GET, HEAD"}),
    ),
    Kind(
        "A deployment: a change of status or exit code that cannot be, an id that is another's, a "
        "`retry_of` that names none or one that has not ended, `Stream-Closed` on an append. A "
        "generic log: one of this name but of another kind, a type that is not the log's, a "
        "`Stream-Seq` that is not greater than the last, a source that was deleted. Any log: a "
        "257th producer. A backup while one is being made, or of a server that keeps nothing.",
        problem_of(errors.Conflict("a deployment that is failed cannot become succeeded")),
    ),
    Kind("The log is finished; nothing can follow.", problem_of(errors.LogClosed(_FINISHED))),
    Kind(
        "Appends of this producer are missing before this one.",
        problem_of(errors.ProducerGap(1, 4)),
    ),
    Kind(
        "The offset is of an earlier log of this name, or from before the server was restored from "
        "a backup.",
        problem_of(errors.WrongEpoch()),
    ),
    Kind(
        "A batch over 20 MiB, compressed or not; one of more than 1,000,000 lines of a "
        "deployment; a deployment's JSON over 16 KiB; more than a generic log may hold.",
        problem_of(errors.TooLarge("the body", MAX_BATCH_BYTES)),
    ),
    Kind(
        "A content type, charset or encoding that is not taken.",
        UnsupportedType("send text/plain, application/x-ndjson or application/json").problem,
    ),
    Kind(
        "The offset lies beyond the tail, or the number of who wants to follow.",
        problem_of(errors.AheadOfTail(_FINISHED)),
    ),
    Kind(
        "Well-formed JSON that is not a record or a deployment.",
        problem_of(errors.BadRecord("line 1: Expected `object`, got `int`", line=1)),
    ),
    Kind(
        "Nothing was shown that lets anybody in: no token, one that is unknown, was revoked or is "
        "over, or one in the address.",
        UNAUTHORISED,
    ),
    Kind("What was shown does not reach so far; `detail` says what it takes.", forbidden("write")),
    Kind(
        "A browser's cookies, with something that only this site's own page may do with them; or "
        "a page of another site that changes something.",
        CROSS_SITE,
    ),
    Kind(
        "A server that lets in everybody on its own machine was called by a name that is not the "
        "machine's own, nor its `--public-url`'s: another site's page may have it.",
        FOREIGN_HOST,
    ),
    Kind("There is no token or share link of this id, or no longer.", NO_SUCH_CREDENTIAL),
    Kind("A page of another site, which is not allowed, opens a WebSocket.", FOREIGN),
    Kind("`live=ws` is a WebSocket, and the request did not ask for one.", UPGRADE),
    Kind(
        "The log, or the server, has as many watchers as it may. With `live=sse` the answer is a "
        "200 stream that says so in `event: problem` and `retry:`; a WebSocket closes with 1013.",
        problem_of(errors.TooManyWatchers("this log has as many watchers as it may", 10)),
    ),
    Kind(
        "You append more often than the server lets anybody.",
        problem_of(errors.TooManyAppends("you append more often than 100 times a second", 1)),
    ),
    Kind("Logflume failed.", Problem(500, "internal-error", "Logflume failed; its log says more")),
    Kind(
        "The server cannot do its work now. `reason` says why: `store-full`, `store-busy`, "
        "`store-slow`, `store-failed` or `stopping`.",
        not_ready("store-full", "only 1048576 bytes are left on the store's disk"),
    ),
    Kind(
        "The store does not take requests now; nothing was stored.",
        problem_of(errors.StoreUnavailable("the store is closed")),
    ),
    Kind(
        "No room is left on the device; nothing was stored. Reading goes on.",
        problem_of(errors.StoreFull("no room is left for the log")),
    ),
    Kind(
        "Little room is left on the server's disk, so it takes no new lines, deployments or logs. "
        "Reading, ending and deleting go on.",
        problem_of(errors.StoreLow(256 * 1024 * 1024)),
    ),
)

PROBLEMS = {kind.name: kind for kind in _KINDS}

_OF_THE_CONNECTION = {"Connection"}
"""Headers that concern the next hop alone."""


def examples() -> dict[str, Json]:
    """An example of every problem, by its name, as `components.examples` wants them."""
    return {
        name: {"summary": kind.when, "value": msgspec.json.decode(kind.example.document())}
        for name, kind in sorted(PROBLEMS.items())
    }


def responses(*names: str) -> dict[str, Json]:
    """The responses with these problems: one for each status, as OpenAPI has them."""
    by_status: dict[int, list[Kind]] = {}
    for name in names:
        by_status.setdefault(PROBLEMS[name].example.status, []).append(PROBLEMS[name])
    return {str(status): _response(by_status[status]) for status in sorted(by_status)}


def any_other() -> Json:
    """The response for what no operation names."""
    return {**_response([PROBLEMS["internal-error"]]), "description": "Any other problem."}


def _response(kinds: list[Kind]) -> Json:
    names = {name for kind in kinds for name in kind.example.headers} - _OF_THE_CONNECTION
    content = {
        "schema": ref("Problem"),
        "examples": {kind.name: {"$ref": f"#/components/examples/{kind.name}"} for kind in kinds},
    }
    return {
        "description": " ".join(f"`{kind.name}`: {kind.when}" for kind in kinds),
        **({"headers": headers(*names)} if names else {}),
        "content": {"application/problem+json": content},
    }


__all__ = ["PROBLEMS", "Kind", "any_other", "examples", "responses"]
