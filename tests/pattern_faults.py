"""Faults that the tests of history, polling and generic logs over HTTP must catch, as rows of
`Fault`; `tests/faults.py` plants them."""

from __future__ import annotations

SUITE = "tests/test_protocol.py::"
POLL = "tests/test_long_poll.py"

ROWS = (
    (
        "a weak tag is another tag",
        "http/caching.py",
        'tag.strip().removeprefix("W/")',
        "tag.strip()",
        SUITE + "TestKnown",
    ),
    (
        "the end has the tag of the log before it",
        "http/caching.py",
        '{trimmed}{closed}"',
        '{trimmed}"',
        f"{SUITE}TestKnown tests/test_caching.py",
    ),
    (
        "all forms have one tag",
        "http/caching.py",
        "{place}.{form}",
        "{place}",
        f"{SUITE}TestKnown tests/test_caching.py",
    ),
    (
        "a tag names the end alone",
        "http/caching.py",
        "{state.offset(after)}.{state.offset(until)}",
        "{state.offset(until)}",
        f"{SUITE}TestKnown tests/test_caching.py",
    ),
    (
        "now has a tag",
        "http/history.py",
        "    if span.is_now:",
        "    if False:",
        SUITE + "TestKnown",
    ),
    (
        "a growing log may be kept",
        "http/history.py",
        "lasting = state.closed or not (at_tail or span.moves or state.gap)",
        "lasting = True",
        SUITE + "TestKept",
    ),
    (
        "a page from the tail may be kept",
        "http/history.py",
        "not (at_tail or span.moves or state.gap)",
        "not (at_tail or state.gap)",
        SUITE + "TestKept",
    ),
    (
        "what took credentials is for all",
        "http/caching.py",
        'scope = "private" if private else "public"',
        'scope = "public"',
        f"{SUITE}TestKept tests/test_caching.py",
    ),
    (
        "a cookie is no credential",
        "http/caching.py",
        '"authorization" in headers or "cookie" in headers',
        '"authorization" in headers',
        SUITE + "TestKept",
    ),
    (
        "ask again at once",
        "http/caching.py",
        "max(1, min(",
        "max(0, min(",
        "tests/test_caching.py tests/test_generic_reading.py",
    ),
    (
        "records are read to say that they are known",
        "http/history.py",
        '    if "ETag" in headers and is_known(',
        '    await _read(cursor, span.until)\n    if "ETag" in headers and is_known(',
        "tests/test_generic_reading.py",
    ),
    (
        "a 304 forgets where to go on",
        "http/history.py",
        '    "Stream-Next-Offset",\n',
        "",
        SUITE + "TestKnown",
    ),
    (
        "what came as the time was up is skipped",
        "http/long_poll.py",
        "            if batch.chunks or batch.closed or over:\n",
        "            if over and not batch.closed:\n"
        "                batch = Batch(cursor.state.tail, (), cursor.state)\n"
        "            if batch.chunks or batch.closed or over:\n",
        POLL,
    ),
    (
        "a stopping server lets late ones wait",
        "http/long_poll.py",
        "0 if context.tails.stopping else max(",
        "max(",
        POLL,
    ),
    (
        "the end does not end a wait",
        "http/long_poll.py",
        "            if batch.chunks or batch.closed or over:\n",
        "            if batch.chunks or over:\n",
        POLL,
    ),
    (
        "who goes away goes on waiting",
        "http/watch.py",
        "        working.cancel()\n",
        "",
        POLL,
    ),
    (
        "a batch may be kept that began at now",
        "http/read.py",
        'lasting = "tail" not in query and single(query, "offset") != "now"',
        "lasting = True",
        SUITE + "TestPolling",
    ),
    (
        "a cursor is any text",
        "http/parameters.py",
        "_CURSOR.fullmatch(cursor)",
        "cursor",
        SUITE + "TestGenericRefused",
    ),
    (
        "a log in a browser is a page",
        "http/respond.py",
        '    (b"content-security-policy", b"default-src \'none\'; sandbox"),\n',
        "",
        SUITE + "TestFences",
    ),
    (
        "a time to live is whatever `int` takes",
        "http/stream_headers.py",
        "if not _COUNT.fullmatch(text) or int(text) > MAX_SECONDS:",
        "if not text.strip().isdigit() or int(text) > MAX_SECONDS:",
        SUITE + "TestGenericRefused",
    ),
    (
        "the body is looked at before the log",
        "http/streams.py",
        "            rules.apply(await self._logs.state(log), append)\n",
        "",
        SUITE + "TestGenericRefused",
    ),
    (
        "closing again is refused",
        "http/streams.py",
        "            if body or producer or not closes(headers):\n",
        "            if True:\n",
        SUITE + "TestOver",
    ),
    (
        "HEAD is a use",
        "http/streams.py",
        "        state = await self._logs.state(stream_of(scope))\n",
        "        state = await self._logs.state(stream_of(scope))\n"
        "        await self._logs.use(stream_of(scope), state)\n",
        "tests/test_generic_reading.py",
    ),
    (
        "reading is no use",
        "http/read.py",
        "        await self._context.logs.use(log, cursor.state)\n",
        "",
        "tests/test_generic_reading.py",
    ),
    (
        "bytes are framed as text",
        "http/sse.py",
        "kind = kind_of(cursor.state.content_type)",
        'kind = "text"',
        SUITE + "TestByteStream",
    ),
    (
        "a deletion of a retried deployment is not told to a stream",
        "http/append.py",
        "        if state.deleted:\n            raise LogGone\n",
        "",
        SUITE + "TestRetriedDeployment",
    ),
    (
        "an address may end with a newline",
        "http/app.py",
        'if scope["path"].endswith("\\n"):',
        "if False:",
        SUITE + "TestGenericRefused",
    ),
)

__all__ = ["ROWS"]
