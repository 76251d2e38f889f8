"""Faults in what the page asks of the server: `from`, `ansi=strip`, `live=follow`, other sites."""

from __future__ import annotations

FROM = "tests/test_protocol.py::TestFrom"
STRIPPED = "tests/test_protocol.py::TestStripped"
BODY = "tests/test_protocol.py::TestLiveBody"
PLAIN = "tests/test_plain_records.py"
FOLLOW = "tests/test_live_follow.py"
EMBEDDING = "tests/test_embedding.py"
ORIGINS = "tests/test_origins.py"
PLACE = "http/place.py"
RECORDS = "deployments/plain_records.py"
FORMS = "http/forms.py"
OUTLETS = "http/live_outlets.py"
CROSS = "http/cross_origin.py"
IN_ORIGINS = "http/origins.py"

ROWS = (
    (
        "a number means the record after it",
        PLACE,
        "cursor.state.offset(Seq(first - 1))",
        "cursor.state.offset(Seq(min(first, cursor.state.tail)))",
        FROM,
    ),
    (
        "a number of a fork's shared part is its own",
        PLACE,
        "cursor.state.offset(Seq(first - 1))",
        "Offset(cursor.state.epoch, Seq(first - 1))",
        FROM,
    ),
    (
        "a number that is yet to come is no place in the history",
        PLACE,
        '        if "from" not in query:',
        "        if True:",
        FROM,
    ),
    (
        "who follows from a number that is yet to come gets others",
        PLACE,
        "    start = await _start_of(query, cursor)",
        "    start = await _reached_start_of(query, cursor)",
        FROM,
    ),
    (
        "a number and an offset go together",
        PLACE,
        'STARTS = ("offset", "tail", "from")',
        'STARTS = ("offset", "tail")',
        FROM,
    ),
    (
        "a socket does not know numbers",
        "http/socket_requests.py",
        '"tail": self.tail, "from": self.first}',
        '"tail": self.tail}',
        FROM,
    ),
    (
        "a backslash before an escape's text is JSON's",
        RECORDS,
        "    if _BACKSLASH not in body:",
        "    if True:",
        f"{PLAIN} {STRIPPED}",
    ),
    (
        "a sequence may take the quote that ends the text",
        RECORDS,
        r'(?: [^"\\]++ |',
        r"(?: [^\\]++ |",
        PLAIN,
    ),
    (
        "a string that never ends hides what follows",
        RECORDS,
        r"(?: \\u0007 | \\u001b\0 )",
        r"(?: \\u0007 | \\u001b\0 )?",
        f"{PLAIN} {STRIPPED}",
    ),
    (
        "a stripped answer has the tag of the whole one",
        FORMS,
        'name=f"{form.name}.stripped"',
        "name=form.name",
        STRIPPED,
    ),
    (
        "a stripped log says the length that it is stored in",
        FORMS,
        "encode=encode, decodes=True)",
        "encode=encode)",
        STRIPPED,
    ),
    (
        "what is no line is stripped too",
        "http/asked_form.py",
        "    if form is None or not lines:",
        "    if form is None:",
        STRIPPED,
    ),
    (
        "an array goes on",
        "http/asked_form.py",
        '    if live == "follow":',
        "    if False:",
        BODY,
    ),
    (
        "those who follow in any form are told the same",
        "http/follow.py",
        "    form: Form\n\n",
        "    form: Form\n\n"
        "    def __eq__(self, other: object) -> bool:\n"
        "        return type(other) is FollowFraming\n\n"
        "    def __hash__(self) -> int:\n"
        "        return 1\n\n",
        f"{BODY} {STRIPPED}",
    ),
    (
        "nothing is sent as an empty chunk",
        "http/live_framing.py",
        "if self.is_chunked and any(parts)",
        "if self.is_chunked",
        BODY,
    ),
    (
        "a body that breaks off is ended",
        OUTLETS,
        "        if last is not None:\n            end =",
        '        if last is None:\n            last = b""\n        if True:\n            end =',
        f"{BODY} {FOLLOW}",
    ),
    (
        "below another server a body that breaks off is ended",
        OUTLETS,
        "            if not self._is_broken:",
        "            if True:",
        f"{FOLLOW} tests/live/test_hypercorn.py::TestLiveBody",
    ),
    (
        "a silent body's client is not asked whether it lives",
        OUTLETS,
        "    if is_silent:",
        "    if False:",
        FOLLOW,
    ),
    (
        "every origin is allowed",
        IN_ORIGINS,
        "        return self.are_all or origin in self._allowed",
        "        return bool(self._allowed)",
        f"{ORIGINS} {EMBEDDING}",
    ),
    (
        "an origin is allowed that begins like one",
        IN_ORIGINS,
        "        return self.are_all or origin in self._allowed",
        "        return self.are_all or any(map(origin.startswith, self._allowed))",
        f"{ORIGINS} {EMBEDDING}",
    ),
    (
        "what is no origin is allowed",
        IN_ORIGINS,
        "    if not _SENT.fullmatch(sent):",
        "    if not _SENT.match(sent):",
        ORIGINS,
    ),
    (
        "an allowed page's socket is foreign",
        IN_ORIGINS,
        "    if origin is None or allowed.include(origin) or origin == allowed.own:",
        "    if origin is None or origin == allowed.own:",
        EMBEDDING,
    ),
    (
        "caches are not told that answers depend on who asks",
        CROSS,
        "        told = _VARY\n",
        "        told: Mapping[str, str] = {}\n",
        EMBEDDING,
    ),
    (
        "a page that asks is answered by whom it may write to",
        CROSS,
        "        elif _asks_whether(scope, headers) and self._origins.include(origin):",
        "        elif False:",
        EMBEDDING,
    ),
    (
        "what writes is for pages of other sites too",
        CROSS,
        '        if scope["method"] in ("GET", "HEAD"):',
        '        if scope["method"] != "OPTIONS":',
        EMBEDDING,
    ),
    (
        "an answer has two policies",
        "http/respond.py",
        '    policies = {name for name, _ in grant} - {b"vary"}',
        "    policies: set[bytes] = set()",
        EMBEDDING,
    ),
    (
        "a live head is for no page of another site",
        "http/live_body.py",
        "grant_of(scope), now_seconds",
        "(), now_seconds",
        EMBEDDING,
    ),
    (
        "a poll's refusal is for no page of another site",
        "http/parked_poll.py",
        ".raw(self._answer.grant)",
        ".raw()",
        EMBEDDING,
    ),
    (
        "only the first of many polls is for a page of another site",
        "http/parked_poll.py",
        "lasting=True, grant=old.grant",
        "lasting=True",
        EMBEDDING,
    ),
    (
        "the viewer is framed by nobody else",
        "http/pages.py",
        '_page("embed.html", context, frames=context.origins.frames)',
        '_page("embed.html", context)',
        EMBEDDING,
    ),
)

__all__ = ["ROWS"]
