"""Faults of the page's data: what is read, held, joined, followed and checked.

Rows for `faults.py`: name, file, what stands there, what instead, tests that must fail.
"""

from __future__ import annotations

_ASSETS = "page/assets"
_DATA = "tests/page/test_page_data.py"
_LARGE = "tests/page/test_page_data_large.py"
_LINES = "tests/page/test_page_data_lines.py"
_FAULTS = "tests/page/test_page_data_faults.py"
_FOLLOW = "tests/page/test_page_data_follow.py"
_LIES = "tests/page/test_page_data_lies.py"
_SHA256 = "tests/page/test_page_sha256.py"

ROWS = (
    (
        "page: a piece that ends within a block is hashed short",
        f"{_ASSETS}/sha256.js",
        "this.#filled = piece.length - at;",
        "this.#filled = (piece.length - at) & 31;",
        _SHA256,
    ),
    (
        "page: a newline at a piece's end is no border",
        f"{_ASSETS}/check.js",
        "if (isBorder || border !== -1) {",
        "if (border !== -1) {",
        _SHA256,
    ),
    (
        "page: the digest is not compared",
        f"{_ASSETS}/check.js",
        " && `sha256:${this.#hash.hex()}` === last.digest;",
        ";",
        f"{_SHA256} {_LIES}::test_history_that_is_not_what_its_end_says_is_incomplete",
    ),
    (
        "page: a long log is checked unasked",
        f"{_ASSETS}/check.js",
        "while (length <= most && history.bytes <= most) {",
        "while (true) {",
        f"{_LIES}::test_long_log_is_checked_when_asked",
    ),
    (
        "page: the worker says that there are no lines before it has looked",
        f"{_ASSETS}/log-reader.js",
        "#told = this.#textOf(this.#stateNow());",
        '#told = "";',
        f"{_DATA}::test_worker_that_knows_nothing_yet_says_nothing",
    ),
    (
        "page: what comes is taken in by a long task",
        f"{_ASSETS}/data.js",
        "const { state, lines, marks } = push;",
        "const { state, lines, marks } = push;\n"
        "for (let i = 0; i < 1e9; i++) if (i < 0) this.close();",
        f"{_LARGE}::test_flood_leaves_the_page_alone",
    ),
    (
        "page: a log with wrong numbers is called complete",
        f"{_ASSETS}/log-reader.js",
        'check === "complete" && faults.length > 0 ? "incomplete" : check',
        "check",
        f"{_LIES}::test_wrong_numbers_at_the_end_are_told",
    ),
    (
        "page: a chain of partial records is cut where it is looked at",
        f"{_ASSETS}/joins.js",
        "return before.n < block && before.start < block - REACH;",
        "return before.n < block;",
        f"{_LINES}::test_lines_are_the_same_from_wherever_they_are_read",
    ),
    (
        "page: lines are told without what is before them",
        f"{_ASSETS}/log-reader.js",
        "this.#windows.runs(first - LOOK_BACK,",
        "this.#windows.runs(first,",
        f"{_DATA}::test_line_in_parts_is_one_row_live_and_read",
    ),
    (
        "page: a long progress bar loses its last state",
        f"{_ASSETS}/joins.js",
        "line.text = isTakenBack ? text.slice(back + 1) : text.slice(0, LONGEST_LINE);",
        "line.text = text.slice(0, LONGEST_LINE);",
        f"{_LINES}::test_long_progress_bar_keeps_its_last_state",
    ),
    (
        "page: nothing that is held leaves",
        f"{_ASSETS}/windows.js",
        "if (this.bytes <= this.#limit) return;",
        "return;",
        f"{_LINES}::test_windows_keep_within_their_bytes {_LARGE}::test_memory_is_bounded",
    ),
    (
        "page: what is on the screen leaves, too",
        f"{_ASSETS}/windows.js",
        "if (this.#pinned.some(",
        "if ([].some(",
        f"{_LINES}::test_windows_keep_within_their_bytes",
    ),
    (
        "page: a hole counts as unknown",
        f"{_ASSETS}/windows.js",
        "if (slot === undefined) run = null;",
        "if (!slot) run = null;",
        f"{_LINES}::test_windows_know_what_they_hold",
    ),
    (
        "page: what the server does not have is asked for again",
        f"{_ASSETS}/log-reader.js",
        "    this.#windows.markHoles(first, last);\n",
        "",
        f"{_LIES}::test_wrong_numbers_in_a_window_are_told",
    ),
    (
        "page: what was asked for by number is not looked at",
        f"{_ASSETS}/log-reader.js",
        "    this.#order.check(records, first, last + 1);\n",
        "",
        f"{_LIES}::test_wrong_numbers_in_a_window_are_told",
    ),
    (
        "page: what is no longer wanted is waited for",
        f"{_ASSETS}/reading.js",
        "      read.abort();\n",
        "",
        f"{_FAULTS}::test_what_is_no_longer_wanted_is_given_up",
    ),
    (
        "page: a part that could not be read is not tried again",
        f"{_ASSETS}/reading.js",
        "timer: setTimeout(again, delay)",
        "timer: setTimeout(() => again, delay)",
        f"{_FAULTS}::test_part_that_could_not_be_read_is_read_again",
    ),
    (
        "page: the next part is not read before it is wanted",
        f"{_ASSETS}/reading.js",
        "(this.#areLong || this.#wanted.length === 0 ? [] : [next])",
        "[]",
        f"{_DATA}::test_any_part_is_read_by_number_and_its_neighbours_too",
    ),
    (
        "page: a thousand of the longest records are read at once",
        f"{_ASSETS}/reading.js",
        "const MOST_BYTES = 4 * 1024 * 1024;",
        "const MOST_BYTES = Infinity;",
        f"{_LARGE}::test_records_of_64_kib_are_read_in_small_parts",
    ),
    (
        "page: each batch is a message to the page",
        f"{_ASSETS}/log-reader.js",
        "const due = this.#pushed + (this.#hidden ? HIDDEN_PUSH_MS : apart);",
        "const due = this.#pushed;",
        f"{_LARGE}::test_flood_leaves_the_page_alone",
    ),
    (
        "page: the state is told before its rows",
        f"{_ASSETS}/data.js",
        "    const rows = this.#rows.put(lines, this.#state.tail);\n"
        "    if (state !== null) this.#listener.state(this.#state);\n",
        "    if (state !== null) this.#listener.state(this.#state);\n"
        "    const rows = this.#rows.put(lines, this.#state.tail);\n",
        f"{_LARGE}::test_flood_leaves_the_page_alone",
    ),
    (
        "page: marks that were there before are told as live",
        f"{_ASSETS}/log-reader.js",
        "if (!isFirst) this.#marks",
        "this.#marks",
        f"{_DATA}::test_marks_are_told_when_they_come_live",
    ),
    (
        "page: a hidden page is told every line",
        f"{_ASSETS}/log-reader.js",
        "const lines = this.#hidden ? [] : this.#lines();",
        "const lines = this.#lines();",
        f"{_DATA}::test_hidden_page_is_told_little_and_all_at_once_when_it_is_shown",
    ),
    (
        "page: a page that is shown again is told only what comes from then on",
        f"{_ASSETS}/log-reader.js",
        "    this.#change(keptOf(this.#wanted, this.#state.tail), 0);\n",
        "    this.#changed = [];\n",
        f"{_DATA}::test_hidden_page_is_told_little_and_all_at_once_when_it_is_shown",
    ),
    (
        "page: another site begins our worker",
        f"{_ASSETS}/readers.js",
        "if (url.origin === location.origin) return",
        "if (true) return",
        f"{_DATA}::test_page_of_another_site_reads_it_in_a_worker_too",
    ),
    (
        "page: a worker that broke is waited for",
        f"{_ASSETS}/data.js",
        '("error", ({ message }) => this.#broken(message), { signal });',
        '("error", () => {}, { signal });',
        f"{_FAULTS}::test_worker_that_does_not_start_is_said",
    ),
    (
        "page: streams that fail are tried for ever",
        f"{_ASSETS}/follow.js",
        "return this.#failures >= MOST_FAILURES ?",
        "return this.#failures >= Infinity ?",
        f"{_FAULTS}::test_streams_that_are_refused_give_way_to_long_polling",
    ),
    (
        "page: long polling is for good",
        f"{_ASSETS}/follow.js",
        "performance.now() < until;",
        "until > 0;",
        f"{_FOLLOW}::test_streams_are_tried_again_after_a_while",
    ),
    (
        "page: a stream is live as soon as it is open",
        f"{_ASSETS}/stream.js",
        '    this.#source.addEventListener("open", () => {\n',
        '    this.#source.addEventListener("open", () => {\n      hearer.heard();\n',
        f"{_FAULTS}::test_stream_that_is_held_back_gives_way_to_long_polling",
    ),
    (
        "page: the batch comes again after a cut",
        f"{_ASSETS}/follow.js",
        "    this.#offset = message.lastEventId;\n",
        "",
        f"{_FAULTS}::test_cut_after_a_batch_does_not_bring_it_again",
    ),
    (
        "page: the server's wish to wait is not heard",
        f"{_ASSETS}/follow.js",
        "delayOf(this.#attempts++, problem?.retryAfter ?? 0)",
        "delayOf(this.#attempts++, 0)",
        f"{_FAULTS}::test_server_says_how_long_to_wait",
    ),
    (
        "page: a log that was made anew is read on",
        f"{_ASSETS}/follow.js",
        "    if (problem.status !== 409 && problem.status !== 416) return",
        "    if (problem.status === 409) this.#offset = null;\n"
        '    if (problem.status === 409) return ["reconnecting"];\n'
        "    if (problem.status !== 416) return",
        f"{_FAULTS}::test_log_that_was_made_anew_is_not_mixed_with_the_old_one",
    ),
    (
        "page: who rests keeps the stream",
        f"{_ASSETS}/follow.js",
        "if (this.#isResting) return",
        "if (false) return",
        f"{_FOLLOW}::test_rest_holds_no_connection",
    ),
    (
        "page: a connection is not looked at again",
        f"{_ASSETS}/follow.js",
        "if (performance.now() - this.#heard > FRESH_MS) this.#turn.abort();",
        "",
        f"{_FOLLOW}::test_broken_connection_is_found_when_it_is_looked_for",
    ),
    (
        "page: the end waits for all that was missed",
        f"{_ASSETS}/follow.js",
        "if (!isUpToDate) this.#reader.behind?.();",
        "",
        f"{_FAULTS}::test_much_that_was_missed_does_not_keep_the_end_back",
    ),
    (
        "page: faults next to one another fill the memory",
        f"{_ASSETS}/numbers.js",
        "if (last !== undefined && from >= last.from",
        "if (false && from >= last.from",
        f"{_LINES}::test_order_tells_what_is_missing_or_repeated",
    ),
)

__all__ = ["ROWS"]
