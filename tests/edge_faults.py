"""Faults in what is taken for a request, how long it may take, and who is let in, as rows of
`Fault`."""

from __future__ import annotations

STRICT = "cli/strict_protocol.py"
HEAD = "cli/head.py"
DOOR = "cli/door.py"
CONNECTION = "cli/http_protocol.py"
PROTOCOL = "tests/test_strict_protocol.py"
REQUESTS = "tests/test_bad_requests.py"
IN_TIME = f"{PROTOCOL}::TestDeadlines::"
DOORS = "tests/test_door.py"

ROWS = (
    (
        "a refusal is not kept until its turn",
        STRICT,
        "        if not self._owes_before():\n            self._hang_up(problem)",
        "        if True:\n            self._hang_up(problem)",
        f"{PROTOCOL}::test_a_refusal_comes_after_the_answers_before_it",
    ),
    (
        "a bad body behind another request is begun",
        STRICT,
        "            self.pipeline.popleft()\n",
        "            pass\n",
        f"{PROTOCOL}::test_a_body_that_breaks_the_rules_is_refused_in_its_turn",
    ),
    (
        "trailers are headers",
        STRICT,
        "        self.headers = []  # what",
        "        pass  # what",
        f"{PROTOCOL}::test_what_stands_behind_a_body_is_no_header",
    ),
    (
        "what was refused is cut off with its answer",
        STRICT,
        "        self.transport.write_eof()\n",
        "        self.transport.abort()\n",
        f"{PROTOCOL}::test_who_sends_on_though_refused_reads_why",
    ),
    (
        "a header grows in the parser",
        STRICT,
        "        if self._loose_bytes > MAX_LOOSE_BYTES:",
        "        if False:",
        f"{PROTOCOL}::test_trailers_without_an_end_are_not_kept",
    ),
    (
        "each byte of a head begins its time anew",
        STRICT,
        "        if self._stage == NOTHING:\n            self._since",
        "        if True:\n            self._since",
        f"{IN_TIME}test_a_head_that_drips_is_cut_short",
    ),
    (
        "a repeated batch may stall for ever",
        CONNECTION,
        "            self._stage, self._since = BODY, self.loop.time()\n"
        "            self._watch()\n",
        "",
        f"{IN_TIME}test_a_batch_that_stalls_is_refused",
    ),
    (
        "a body has an absolute deadline",
        STRICT,
        "        if self._stage == BODY:\n            self._since = self.loop.time()\n        if",
        "        if",
        f"{IN_TIME}test_a_slow_batch_is_taken",
    ),
    (
        "a stream is a batch to the clock",
        STRICT,
        "        self._may_pause = self._coming() is self._answering",
        "        self._may_pause = False",
        f"{IN_TIME}test_a_stream_may_be_silent",
    ),
    (
        "a batch behind a stream may stall for ever",
        STRICT,
        "        self._may_pause = self._coming() is self._answering",
        "        self._may_pause = True",
        f"{IN_TIME}test_the_batch_behind_a_stream_may_not",
    ),
    (
        "who waits for its turn is late",
        STRICT,
        "        elif self._owes_before():\n            self._since = now",
        "        elif False:\n            self._since = now",
        f"{IN_TIME}test_what_waits_for_its_turn_is_not_late",
    ),
    (
        "what is over is looked after",
        STRICT,
        "            self._receipt.discard(self)\n        self._is_watched",
        "            pass\n        self._is_watched",
        f"{IN_TIME}test_nothing_is_looked_after_that_is_over",
    ),
    (
        "all requests that come together are made at once",
        CONNECTION,
        "            if self.pipeline:\n                self._early",
        "            if False:\n                self._early",
        f"{PROTOCOL}::test_a_thousand_requests_at_once_are_answered_in_order",
    ),
    (
        "two Hosts are as good as one",
        HEAD,
        'if hosts != 1 and (hosts or version == "1.1"):',
        'if not hosts and version == "1.1":',
        REQUESTS,
    ),
    (
        "of two tokens the first counts",
        HEAD,
        '    if names.count(b"authorization") > 1:',
        "    if False:",
        REQUESTS,
    ),
    (
        "any coding that ends in chunks is taken",
        HEAD,
        'codings[0].strip().lower() != b"chunked"',
        'not codings[0].strip().lower().endswith(b"chunked")',
        REQUESTS,
    ),
    (
        "the size of all headers has no bound",
        HEAD,
        "    if may_be_large and",
        "    if False and",
        REQUESTS,
    ),
    (
        "who waits to go on is told so, and then refused",
        "http/refusal.py",
        'None if "expect" in headers else declared',
        "declared",
        f"{REQUESTS}::test_an_expectation_is_met_before_the_body",
    ),
    (
        "who was refused counts for ever",
        STRICT,
        "        self._door.leave(self._address)\n",
        "",
        f"{DOORS}::test_one_too_many_from_one_address_is_told_so",
    ),
    (
        "a watcher does not count",
        CONNECTION,
        "        self._door.give_away(self._address, protocol)",
        "        self._door.leave(self._address)",
        f"{DOORS}::test_a_watcher_counts_while_it_watches",
    ),
    (
        "a watcher that has left counts",
        DOOR,
        '        self._count_out(self._given_away.pop(watcher, ""))',
        "        pass",
        f"{DOORS}::test_a_watcher_counts_while_it_watches",
    ),
    (
        "connections in all are not counted",
        DOOR,
        "        if self._in_all and open_requests",
        "        if False and open_requests",
        f"{DOORS}::test_one_too_many_in_all_is_told_so tests/live/test_slow_clients.py",
    ),
    (
        "what is no number is a fault of ours",
        "http/parameters.py",
        '    if not _NUMBER.fullmatch(value) or value == "0":\n        raise BadInput(f"{name}',
        '    if value == "0":\n        raise BadInput(f"{name}',
        "tests/test_openapi_generated.py",
    ),
    (
        "a repeat ends one byte early",
        "cli/repeat.py",
        'at + int(said.get("content-length", 0))',
        'at + max(0, int(said.get("content-length", 0)) - 1)',
        "tests/test_fuzz_http.py::test_a_repeat_is_what_the_parser_reads",
    ),
)
