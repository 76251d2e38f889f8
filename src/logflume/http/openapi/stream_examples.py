"""Two generic logs as examples, one of JSON and one of text: made by the code that serves them."""

from __future__ import annotations

import msgspec

from logflume.generic.messages import encoder_of, records_of
from logflume.http.forms import JSON, NDJSON, RAW
from logflume.http.sse import SseFraming
from logflume.records import Seq, State
from logflume.tail import Batch

NAME = "builds/42"
TEXT = "Compiling shop v0.3.1\n"
MESSAGES = [{"step": "compile", "seconds": 2.5}, {"step": "test", "seconds": 40}]

_AT_US = 1_795_448_220_123_456

_chunk = encoder_of(records_of(msgspec.json.encode(MESSAGES), "application/json"))(Seq(1))
_state = State(_AT_US, "application/json", tail=_chunk.last)

HISTORY = msgspec.json.decode(JSON.whole([_chunk]))
LINES = NDJSON.whole([_chunk]).decode()
PLAIN = RAW.whole([encoder_of(records_of(TEXT.encode(), "text/plain"))(Seq(1))]).decode()
SSE = SseFraming("json")(Batch(Seq(0), [_chunk], _state), _AT_US).decode()

__all__ = ["HISTORY", "LINES", "MESSAGES", "NAME", "PLAIN", "SSE", "TEXT"]
