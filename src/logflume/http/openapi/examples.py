"""One deployment and its log as the examples of the document: made by the code that serves them,
with a digest that is true. Pure; the time and the random bytes are constants.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from logflume.deployments.deployment import Change, NewDeployment, begin, changed
from logflume.deployments.ids import RANDOM_BYTES, new_deployment_id
from logflume.deployments.line_records import (
    encode_end,
    encode_feed,
    encode_lines,
    encode_status,
    text_of,
)
from logflume.http.openapi.schemas import Json
from logflume.http.sse import SseFraming
from logflume.records import Chunk, Encoder, Seq, State
from logflume.tail import Batch
from logflume.wire.forms import json_items

_BASE = "http://127.0.0.1:8080"
_AT_US = 1_795_448_220_123_456
_SECOND_US = 1_000_000

NEW = NewDeployment("shop", environment="production", ref="main", commit="3f1c9e7", status="queued")
_started = Change(status="running")
FINISHED = Change(status="succeeded", exit_code=0)
TEXT = "Compiling shop v0.3.1\nFinished in 2.1 s\n"
INCOMING = [
    {"text": "Compiling shop v0.3.1", "level": "info"},
    {"text": "warning: unused variable", "stream": "stderr"},
]

_lines = [(text, False) for text in TEXT.splitlines()]
_queued = begin(NEW, new_deployment_id(_AT_US, bytes(range(RANDOM_BYTES))), _AT_US)
_running = changed(_queued, _started, _AT_US + _SECOND_US)


def _log() -> tuple[Chunk, Chunk]:
    """The records before the end, and the end."""
    encoders: list[Encoder] = [
        encode_status("running", _AT_US + _SECOND_US),
        encode_lines(_lines, "stdout", _AT_US + 3 * _SECOND_US),
    ]
    first, second = encoders[0](Seq(1)), encoders[1](Seq(2))
    before = Chunk.merge([first, second])
    digest = sha256(before.body).hexdigest()
    end = encode_end("succeeded", 0, len(before), digest, _AT_US + 4 * _SECOND_US)
    return before, end(Seq(len(before) + 1))


_before, _end = _log()
_chunk = Chunk.merge([_before, _end])
_state = State(_AT_US, "application/json", tail=_chunk.last, closed=True)
_finished = msgspec.structs.replace(
    changed(_running, FINISHED, _AT_US + 4 * _SECOND_US),
    lines=len(_before),
    size_bytes=len(_before.body),
)
ID = _finished.id

NDJSON = _chunk.body.decode()
HISTORY = msgspec.json.decode(b"[%b]" % json_items(_chunk.body))
PLAIN = text_of(_chunk.body).decode()
SSE = SseFraming("json")(Batch(Seq(0), [_chunk], _state), _AT_US + 5 * _SECOND_US).decode()

ASKED = {"text": "s3cr3t-t0ken", "lines": [17]}
REDACTED = {"lines": [17], "marks": 1, "fields": [], "left_in": [], "complete": True}


def _feed() -> Chunk:
    about = [("created", _queued), ("changed", _running), ("changed", _finished)]
    return Chunk.merge(
        [
            encode_feed(kind, msgspec.Raw(deployment.encode()), _AT_US + n * _SECOND_US)(Seq(n))
            for n, (kind, deployment) in enumerate(about, 1)
        ]
    )


INCOMING_NDJSON = "".join(f"{msgspec.json.encode(line).decode()}\n" for line in INCOMING)

_feed_chunk = _feed()
_feed_state = State(_AT_US, "application/json", tail=_feed_chunk.last)
FEED = msgspec.json.decode(b"[%b]" % json_items(_feed_chunk.body))
FEED_NDJSON = _feed_chunk.body.decode()
FEED_SSE = SseFraming("json")(
    Batch(Seq(0), [_feed_chunk], _feed_state), _AT_US + 5 * _SECOND_US
).decode()


def shown() -> Json:
    """The deployment as it is answered."""
    address = f"{_BASE}/v1/deployments/{ID}"
    links = {"self": address, "log": f"{address}/log", "page": f"{_BASE}/d/{ID}"}
    return {**msgspec.to_builtins(_finished), "links": links}


def said(document: NewDeployment | Change) -> Any:
    """What a client would write: the fields that it means, not those that are left at theirs."""
    plain = msgspec.to_builtins(document)
    return {name: value for name, value in plain.items() if value not in (None, {})}


__all__ = [
    "ASKED",
    "FEED",
    "FEED_NDJSON",
    "FEED_SSE",
    "FINISHED",
    "HISTORY",
    "ID",
    "INCOMING",
    "INCOMING_NDJSON",
    "NDJSON",
    "NEW",
    "PLAIN",
    "REDACTED",
    "SSE",
    "TEXT",
    "said",
    "shown",
]
