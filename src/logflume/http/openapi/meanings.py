"""What a field means, and what form its text has: written by hand, for a type cannot tell it."""

from __future__ import annotations

from typing import Any

from logflume.deployments.ids import ALPHABET

Json = dict[str, Any]

ID: Json = {"type": "string", "pattern": f"^dep_[{ALPHABET}]{{37}}$"}
OFFSET: Json = {"type": "string", "pattern": "^[0-9]{16}_[0-9]{16}$"}

_TIME = {"format": "date-time"}

_REDACTED: Json = {
    "description": "How many records had a secret taken out of them since the deployment was made."
}

MEANINGS: dict[str, Json] = {
    "id": {"description": "Sorts by the time at which it was made; cannot be guessed."},
    "NewDeployment.id": {
        "description": "Made by the client, so that the call may be repeated: `dep_`, 11 "
        "characters for the microseconds since 1970, 26 random ones. Left out, the server "
        "makes one."
    },
    "project": {"description": "What is deployed."},
    "environment": {"description": "Where to, such as `production`."},
    "title": {"description": "What the deployment is about, for people."},
    "ref": {"description": "The branch or tag."},
    "commit": {"description": "The commit."},
    "url": {"description": "Where more is to be found, such as the CI job's page."},
    "metadata": {"description": "Your own facts."},
    "retry_of": {
        "description": "The deployment that this one is a retry of. Its log, up to where its last "
        "section begins, is the beginning of this one's."
    },
    "exit_code": {"description": "Of the command that deployed; only with a final status."},
    "created_at": _TIME,
    "started_at": {"description": "Null while it is queued.", **_TIME},
    "finished_at": {"description": "Null until the status is final.", **_TIME},
    "lines": {"description": "Records of the log, the `end` record left out."},
    "EndRecord.lines": {"description": "How many records stand before this one."},
    "bytes": {"description": "Bytes of its NDJSON history, the `end` record left out."},
    "n": {"description": "The record's number, from 1, without gaps."},
    "time": {"description": "When the server received it, in UTC.", **_TIME},
    "stream": {"description": "Where it was written to."},
    "IncomingLine.stream": {"description": "Left out, what `?stream=` says, or `stdout`."},
    "text": {"description": "The line without its newline; ANSI codes and `\\r` are kept."},
    "sent": {"description": "The producer's own time.", **_TIME},
    "level": {
        "description": "Such as `error`, in the producer's words; else what a marker of the line "
        "says: `error`, `warning`, `notice` or `debug`."
    },
    "IncomingLine.level": {"description": "Such as `error`; counts more than a marker."},
    "partial": {"description": "The line goes on in the next record of the same stream."},
    "continues": {
        "description": "The line goes on with the last record of the same stream, so it is no "
        "marker. Within one request that need not be said."
    },
    "group": {"description": "The group's title, without control sequences, where it begins."},
    "open": {"description": "Whether a group begins or ends; neither where it is missing."},
    "collapsed": {"description": "Its lines are to be hidden until they are asked for."},
    "dimmed": {"description": "Its lines matter little."},
    "expands": {"description": "The group before this line is to be shown: something is in it."},
    "section": {
        "description": "The name that tells sections apart which may be nested. A group without "
        "one ends where the next without one begins."
    },
    "ends": {"description": "Sections that end here, too, before what else the record says."},
    "digest": {
        "description": "The SHA-256 of every byte of the NDJSON history before this record.",
        "pattern": "^sha256:[0-9a-f]{64}$",
    },
    "omitted": {
        "description": "How many of the records before this one are not kept. The digest is then "
        "of the history with one record in their place, as it is read from its start at once."
    },
    "from": {"description": "The number of the first record that it stands for."},
    "OmittedRecord.lines": {"description": "How many records it stands for."},
    "OmittedRecord.n": {"description": "The number of the last record that it stands for."},
    "OmittedRecord.time": {
        "description": "When the server received the last of them, in UTC.",
        **_TIME,
    },
    "OmittedRecord.text": {"description": "The same in words."},
    "why": {"description": "Which setting a deployment was deleted for."},
    "keep_days": {
        "description": "Deployments that ended so many days ago are deleted; 0 is never, null "
        "what the server has for all."
    },
    "keep_bytes": {
        "description": "The oldest deployments that have ended are deleted when all logs of the "
        "project are larger together; 0 is never, null what the server has for all."
    },
    "max_log_bytes": {
        "description": "Of a log that is larger, the first sixteenth and the newest part are "
        "kept; null is what the server has for all."
    },
    "Effective.keep_days": {"description": "0 is never."},
    "Effective.keep_bytes": {"description": "0 is never."},
    "Effective.max_log_bytes": {"description": "How large a log may become."},
    "masks": {
        "description": "Regular expressions (RE2's syntax). What matches is masked before it is "
        "stored. At most 1024 bytes each; none may match the empty text."
    },
    "effective": {"description": "What counts."},
    "earliest": {"description": "The offset at which the log begins now."},
    "redacted": {"description": "The number of places at which a secret was taken out."},
    "Deployment.redacted": _REDACTED,
    "DeploymentWithLinks.redacted": _REDACTED,
    "EndRecord.redacted": _REDACTED,
    "redacted_at": {"description": "When that was last done.", **_TIME},
    "numbers": {"description": "The numbers of the records that match, in order."},
    "RedactedRecord.numbers": {"description": "Of those records, the first 100 of them."},
    "Asked.text": {
        "description": "What must go. With fewer than 4 characters the lines must be named. Line "
        "ends at its beginning and end do not count."
    },
    "Asked.line": {"description": "The number of a record that it is to be taken out of."},
    "Asked.lines": {"description": "More of them. With neither, out of all."},
    "Redacted.lines": {"description": "The numbers of the records that changed."},
    "marks": {"description": "How many marks were put into them."},
    "fields": {"description": "The fields of the deployment that changed."},
    "left_in": {
        "description": "Fields that hold the text and are not changed: a deployment is found by "
        "its `project` and `environment`. Delete it if that must not be."
    },
    "complete": {"description": "Whether all is done. If not, send the same request again."},
    "records": {"description": "The first of them as history has them, as many as `limit` says."},
    "searched": {"description": "How far this answer goes."},
    "first": {"description": "The number of the first record looked at."},
    "last": {"description": "The number of the last one."},
    "next": {"description": "The offset where to go on; null when the tail was reached."},
    "type": {"description": "A stable name to program against."},
    "detail": {"description": "What is wrong and what to do."},
    "line": {"description": "Which line or item of the body, from 1."},
    "tail": {"description": "The offset of the log's end."},
    "epoch": {"description": "The producer's epoch that counts."},
    "expected": {"description": "The `Producer-Seq` that comes next."},
    "max_bytes": {"description": "The bound that was exceeded."},
    "max_records": {"description": "The bound that was exceeded."},
    "ShownToken.id": {"description": "By which it is revoked; no secret."},
    "NewTokenSecret.id": {"description": "By which it is revoked; no secret."},
    "ShownShare.id": {"description": "By which it is revoked; no secret."},
    "NewShareLink.id": {"description": "By which it is revoked; no secret."},
    "name": {"description": "Whom the audit log names."},
    "grants": {"description": "What it may do."},
    "scope": {
        "description": "`write` creates, appends and changes, and does not read; `read` reads; "
        "`admin` does both, deletes and shares, and for all projects makes tokens."
    },
    "projects": {"description": "For which projects; null or left out, for all."},
    "expires_in": {"description": "Seconds until it lets nobody in any more."},
    "expires_at": {"description": "Null: never.", **_TIME},
    "created_by": {"description": "Who made it."},
    "used_at": {"description": "When it was last used, to the minute.", **_TIME},
    "token": {"description": "The secret: what goes into `Authorization: Bearer`."},
    "tokens": {"description": "Without their secrets."},
    "shares": {"description": "Without their secrets."},
    "link": {"description": "What to give away."},
    "deployment": {"description": "Which one."},
    "Session.deployment": {"description": "The only one that may be read, by a share link."},
    "needs_token": {"description": "Whether this server asks everybody for a token."},
    "reads_all": {"description": "Whether the feed may be followed."},
    "AuditRecord.lines": {"description": "Which records were redacted."},
    "AuditRecord.deployments": {
        "description": "Which deployments a redaction changed: all that share the records."
    },
    "AuditRecord.fields": {"description": "Which fields of the deployment were."},
    "AuditRecord.id": {"description": "The token's, the share link's or the session's."},
    "scopes": {"description": "What the token may do."},
    "by": {"description": "The name of the token that was shown."},
    "AuditRecord.kind": {"description": "Such as `token-created`."},
    "reason": {"description": "Of `not-ready`: what stands in the way."},
    "streamNextOffset": {"description": "The offset after what was sent."},
    "streamCursor": {"description": "For caches between; a reader may ignore it."},
    "upToDate": {"description": "The reader has all there is."},
    "streamClosed": {"description": "The log is finished; nothing follows."},
}
"""What is said of a field, by its name or, more closely, by `Struct.name`."""

__all__ = ["ID", "MEANINGS", "OFFSET", "Json"]
