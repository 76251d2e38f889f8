"""Faults in how the page begins, in what it takes for its reader's doing, in what it shows of what
is no longer kept, and in what waits for its lines."""

from __future__ import annotations

_ASSETS = "page/assets"
_OMITTED = "tests/page/test_page_omitted.py"
_REST = "tests/page/test_page_rest.py"

ROWS = (
    (
        "page: the browser's own moving of the scroll bar is taken for the reader's",
        f"{_ASSETS}/scroll-bar.js",
        "if (scrollTop > least - 1 && scrollTop < this.#written + 1) return;",
        "if (Math.abs(scrollTop - this.#written) < 1) return;",
        "tests/page/test_page_sizes.py",
    ),
    (
        "page: a module that is not understood is joined all the same",
        "http/joined.py",
        "if (left := _NOT_KNOWN.search(body)) is not None:",
        "if (left := _NOT_KNOWN.search(body)) is not None and not text:",
        "tests/test_joined.py",
    ),
    (
        "page: a script comes without what it imports",
        "http/pages.py",
        "for name in SCRIPTS}",
        "for name in SCRIPTS[1:]}",
        "tests/test_pages.py",
    ),
    (
        "page: a line in a fold opened since the last frame is taken for one on the screen",
        f"{_ASSETS}/viewport.js",
        "else if (first === 0 || !near || unpainted)",
        "else if (first === 0 || !near)",
        "tests/page/test_page_scroll.py::test_what_folds_elsewhere_moves_nothing",
    ),
    (
        "page: a failed deployment opens with its first error half off the screen",
        f"{_ASSETS}/errors.js",
        'this.#viewer.goTo(n, { align: "center" });',
        "goTo(this.#viewer, n);",
        "tests/page/test_page_search.py::test_first_error_is_seen_whole_at_the_end_too",
    ),
    (
        "page: the last lines wait for the worker",
        f"{_ASSETS}/data.js",
        "first.then((answer) => this.#begin(answer));",
        "",
        "tests/page/test_page_data.py::test_last_lines_do_not_wait_for_the_worker",
    ),
    (
        "page: the worker reads again what the page has read",
        f"{_ASSETS}/log-reader.js",
        "this.#follow.start(FIRST_QUERY, new",
        "this.#follow.start(FIRST_QUERY, null && new",
        "tests/page/test_page_data.py::test_last_lines_come_first_and_then_what_follows",
    ),
    (
        "page: rows that are here already are made anew",
        f"{_ASSETS}/held-rows.js",
        "if (isSame(row, this.#rows.get(row.n))) continue;",
        "",
        "tests/page/test_page_data.py::test_last_lines_come_first_and_then_what_follows",
    ),
    (
        "page: what a reading tells of a long gap is taken for all of it",
        f"{_ASSETS}/log-reader.js",
        "const record = await this.#gap.whole(part);",
        "const record = part;",
        f"{_OMITTED}::test_of_a_long_gap_there_is_one_line_too",
    ),
    (
        "page: what is no longer kept has a row for each line",
        f"{_ASSETS}/viewer.js",
        "if (firstOf(record) < n) this.lines.join(firstOf(record), n - 1);",
        "",
        f"{_OMITTED}::test_of_a_long_gap_there_is_one_line_too",
    ),
    (
        "page: what is known to be no longer kept is asked for again",
        f"{_ASSETS}/windows.js",
        "if (gap !== null) return n === gap.n ? gap : null;",
        "if (n === gap?.n) return gap;",
        f"{_OMITTED}::test_keys_and_search_go_past_a_long_gap",
    ),
    (
        "page: a gap that has grown is the one that was known",
        f"{_ASSETS}/windows.js",
        "(gap === null || firstOf(record) < firstOf(gap) || record.n > gap.n)",
        "gap === null",
        f"{_OMITTED}::test_a_gap_that_grows_takes_what_is_read_of_it_then",
    ),
    (
        "page: who is amid a gap is not told of it",
        f"{_ASSETS}/log-reader.js",
        "return gap !== null && gap.n > last ? [...lines, ...linesOf([gap])] : lines;",
        "return lines;",
        f"{_OMITTED}::test_of_a_long_gap_there_is_one_line_too",
    ),
    (
        "page: a long log is searched while its reader waits for lines",
        f"{_ASSETS}/rest.js",
        "if (viewer.state.tail <= SHORT) return resolve();",
        "return resolve();",
        f"{_REST}::test_a_long_log_is_searched_once_the_lines_are_there",
    ),
    (
        "page: a long log is never searched unasked",
        f"{_ASSETS}/rest.js",
        "if (viewer.waiting) {",
        "if (true) {",
        f"{_REST}::test_a_long_log_is_searched_once_the_lines_are_there",
    ),
    (
        "page: a short log is not searched until its lines are there",
        f"{_ASSETS}/rest.js",
        "if (viewer.state.tail <= SHORT) return resolve();",
        "",
        f"{_REST}::test_a_short_log_is_searched_at_once",
    ),
    (
        "page: more of the list comes though it is another list by now",
        f"{_ASSETS}/list.js",
        "if (reading === readings) take(headers, body.deployments);",
        "take(headers, body.deployments);",
        "tests/page/test_page_list.py",
    ),
    (
        "page: what the feed tells while more of the list is read is lost",
        f"{_ASSETS}/list.js",
        "if (reading === readings && begun) catchUp();",
        "held = null, show();",
        "tests/page/test_page_list.py",
    ),
    (
        "page: a status that there is not is an empty choice",
        f"{_ASSETS}/filters.js",
        'if (status.selectedIndex === -1) status.value = "";',
        "",
        "tests/page/test_page_list.py",
    ),
    (
        "page: a deployment that is compared runs for ever",
        f"{_ASSETS}/compare.js",
        "if (status === undefined || badge === null) return;",
        "return;",
        "tests/page/test_page_compare.py",
    ),
    (
        "page: a long title pushes one of two logs down",
        f"{_ASSETS}/page.css",
        "gap: 0 0.9rem; white-space: nowrap; overflow: hidden;",
        "gap: 0 0.9rem; flex-wrap: wrap;",
        "tests/page/test_page_compare.py",
    ),
    (
        "page: a deployment that was read before it ended runs for ever",
        f"{_ASSETS}/deployment.js",
        "if (isBehind()) behind ||=",
        "if (false) behind ||=",
        "tests/page/test_page_shell.py::test_deployment_is_no_older_than_its_log",
    ),
    (
        "page: what was being read when a secret was taken out is shown with it",
        f"{_ASSETS}/log-reader.js",
        "if (changed.length) this.#reading.anew();",
        "",
        "tests/page/test_page_redaction.py::test_lines_on_their_way_come_as_they_are_now",
    ),
    (
        "page: a tool that has the focus is half out of sight",
        f"{_ASSETS}/frame.js",
        'scrollIntoView({ block: "nearest", inline: "nearest" });',
        "matches('a');",
        "tests/page/test_page_keys.py",
    ),
    (
        "page: the search opens as Tab comes by",
        f"{_ASSETS}/search.js",
        'field.addEventListener("click"',
        'field.addEventListener("focus"',
        "tests/page/test_page_keys.py",
    ),
    (
        "page: a menu takes the focus from the log",
        f"{_ASSETS}/popup.js",
        "const back = this.#before?.isConnected ? this.#before : this.button;",
        "const back = this.button;",
        "tests/page/test_page_keys.py",
    ),
)

__all__ = ["ROWS"]
