"""Every header that answers carry and what it says, each written once.

What fences an answer in (`X-Content-Type-Options` and its like) is told once for all of them, in
the document's introduction.
"""

from __future__ import annotations

from logflume.http.openapi.schemas import Json

HEADERS = {
    "Access-Control-Allow-Headers": "The request headers that are known here.",
    "Access-Control-Allow-Methods": "The methods that are known here.",
    "Allow": "The methods that are known here.",
    "Cache-Control": "Whether the answer may be kept: for a minute if it can never change, else "
    "only to ask again with its `ETag`; `private` if the request had credentials.",
    "Content-Digest": "The SHA-256 of the body (RFC 9530): `sha-256=:…:`, in Base64.",
    "ETag": "Names this answer; send it back in `If-None-Match`.",
    "Link": "The next page, `rel=next`, while there are more.",
    "Location": "The address of what was made.",
    "Producer-Epoch": "The producer's epoch that counts.",
    "Producer-Expected-Seq": "The `Producer-Seq` that comes next.",
    "Producer-Received-Seq": "The `Producer-Seq` that came.",
    "Producer-Seq": "The highest `Producer-Seq` that was accepted.",
    "Retry-After": "Seconds until it is worth asking again.",
    "Sec-WebSocket-Version": "The version of the WebSocket protocol that is spoken here.",
    "Stream-Closed": "`true`: the log is finished, and this was or is its end.",
    "Stream-Cursor": "Long polling's: send it back as `cursor` with the next request.",
    "Stream-Expires-At": "When the log will be deleted.",
    "Stream-Next-Offset": "Where to read on; after an append, the new tail.",
    "Stream-SSE-Data-Encoding": "`base64`: so are the data events, since the log is binary.",
    "Stream-Start-Offset": "Where this reading began; give it to `before` to page back.",
    "Stream-TTL": "How many seconds without use the log outlives.",
    "Stream-Up-To-Date": "`true`: this was the tail.",
    "Upgrade": "`websocket`: what the request has to ask for.",
    "Vary": "What of the request the form of the answer depends on.",
    "WWW-Authenticate": "`Bearer`: that a token is asked for, and what is wrong with the one that "
    "came.",
    "X-Accel-Buffering": "`no`, on a live answer: a proxy must not hold it back.",
}


def headers(*names: str) -> dict[str, Json]:
    """These headers as a response lists them."""
    return {
        name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in sorted(names)
    }


__all__ = ["HEADERS", "headers"]
