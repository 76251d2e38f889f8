"""What an append asks for: which log, in which form, as which stream, by which producer.

Everything that the head of a request says is examined here, before its body is read; `encoder`
makes a whole body into records.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from logflume.deployments.deployments import log_of
from logflume.deployments.incoming import STREAMS, parse_json, parse_ndjson
from logflume.deployments.line_records import encode_incoming, encode_lines
from logflume.deployments.lines import lines_of
from logflume.deployments.markers import NO_MARKS, OPTIONAL, marks_of, may_be_said, may_hold
from logflume.deployments.masking import Masking
from logflume.errors import Conflict
from logflume.http.body import decompressed
from logflume.http.context import Scope
from logflume.http.parameters import choice, path_parameter, producer_of, query_of
from logflume.http.problems import Problem, RequestError, UnsupportedType
from logflume.records import Encoder, LogId, Producer, nothing

MAX_BATCH_TEXT_BYTES = 1024 * 1024
"""A longer text is stored as it comes, so that nobody waits for its end to see its beginning."""

MAX_BATCH_RECORDS = 1_000_000
"""20 MiB of newlines would become 1.5 GB of records in one step."""

_TEXT = {"", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"}
_JSON = {"application/x-ndjson": "ndjson", "application/json": "json"}
_FORMS = {**dict.fromkeys(_TEXT, "text"), **_JSON}
_CHARSETS = {"", "utf-8", "utf8", "us-ascii"}


class AppendRequest(msgspec.Struct, frozen=True):
    """An append as its head describes it."""

    log: LogId
    form: str
    stream: str
    encoding: str
    producer: Producer | None
    declared_bytes: int | None
    """How long the body is; None if only its end will tell."""
    buildkite: bool = False
    """Whether Buildkite's headers are markers."""

    @classmethod
    def of(cls, scope: Scope, headers: Mapping[str, str]) -> AppendRequest:
        """Raises NoSuchLog, BadInput, UnsupportedType, Conflict."""
        if headers.get("stream-closed", "").lower() == "true":
            raise Conflict("a deployment's log is closed by its final status: PATCH the deployment")
        encoding = headers.get("content-encoding", "").strip().lower()
        query = query_of(scope)
        return cls(
            log_of(path_parameter(scope, "id")),
            _form_of(headers),
            choice(query, "stream", STREAMS) or "stdout",
            "" if encoding == "identity" else encoding,
            producer_of(headers),
            declared_bytes(headers),
            choice(query, "markers", OPTIONAL) is not None,
        )

    @property
    def is_stream(self) -> bool:
        """Whether the lines are stored one by one as they arrive, not all together at the end."""
        if self.form != "text" or self.encoding or self.producer:
            return False
        return self.declared_bytes is None or self.declared_bytes > MAX_BATCH_TEXT_BYTES

    def encoder(self, body: bytes, now_us: int, masking: Masking) -> Encoder:
        """The records of the whole body. Raises BadInput, BadRecord, TooLarge, UnsupportedType,
        RequestError."""
        body = decompressed(body, self.encoding)
        if self.form != "json":
            _refuse_too_many(body.count(b"\n"))  # before there are as many objects
        if self.form == "text":
            if not body:
                return nothing
            said = body if may_hold(body) else b""
            lines = masking.lines(lines_of(body), self.stream, said)
            is_marked = said or self.buildkite
            marks = marks_of(lines, said, buildkite=self.buildkite) if is_marked else NO_MARKS
            return encode_lines(lines, self.stream, now_us, marks)
        incoming = parse_ndjson(body) if self.form == "ndjson" else parse_json(body)
        _refuse_too_many(len(incoming))
        said = body if may_be_said(body) else b""
        incoming = masking.incoming(incoming, self.stream, said)
        return encode_incoming(incoming, self.stream, now_us, said, buildkite=self.buildkite)


def declared_bytes(headers: Mapping[str, str]) -> int | None:
    """How long the body is; None if only its end will tell."""
    return None if "transfer-encoding" in headers else int(headers.get("content-length", 0))


def _form_of(headers: Mapping[str, str]) -> str:
    media_type, *parameters = headers.get("content-type", "").lower().split(";")
    form = _FORMS.get(media_type.strip())
    if form is None:
        raise UnsupportedType("send text/plain, application/x-ndjson or application/json")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in _CHARSETS:
            raise UnsupportedType("send UTF-8; other charsets are not taken")
    return form


def _refuse_too_many(records: int) -> None:
    if records > MAX_BATCH_RECORDS:
        detail = f"the batch has {records} lines; send at most {MAX_BATCH_RECORDS} at a time"
        raise RequestError(Problem(413, "too-large", detail, {"max_records": MAX_BATCH_RECORDS}))


__all__ = ["AppendRequest", "declared_bytes"]
