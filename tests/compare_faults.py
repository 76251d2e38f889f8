"""Faults that the tests of `logflume compare` must catch, as rows of `Fault`; `tests/faults.py`
plants them."""

from __future__ import annotations

FAULTS = "tests/test_compare_faults.py::"
USAGE = "tests/test_compare_usage.py::"
RUN = "tests/test_compare.py::"

ROWS = (
    (
        "a comparison finds nothing lost",
        "compare/cuts.py",
        "lost=log.lines * len(everyone.watchers) - distinct",
        "lost=0",
        f"{FAULTS}test_a_lost_line_is_told",
    ),
    (
        "a comparison finds nothing repeated",
        "compare/cuts.py",
        "repeated=everyone.taken() - distinct",
        "repeated=0",
        f"{FAULTS}test_a_repeated_line_is_told",
    ),
    (
        "a watcher comes back to where it began",
        "compare/streaming.py",
        "self.offset = message.control.stream_next_offset",
        "pass",
        f"{FAULTS}test_a_cut_costs_no_line",
    ),
    (
        "no connection is cut",
        "compare/relay.py",
        "self._doomed = set(self._open)",
        "self._doomed = set()",
        f"{FAULTS}test_a_cut_costs_no_line[sse]",
    ),
    (
        "the buffering relay does not buffer",
        "compare/relay.py",
        "if self._is_whole or self._is_tunnel or",
        "if True or",
        f"{FAULTS}test_a_proxy_that_loses_lines_is_told_from_one_that_is_late",
    ),
    (
        "the buffering relay holds more than it can",
        "compare/relay.py",
        "HELD_BYTES = 64 * 1024",
        "HELD_BYTES = 64 * 1024 * 1024",
        f"{FAULTS}test_a_buffer_that_is_full_lets_go",
    ),
    (
        "a request counts twice",
        "compare/watcher.py",
        "self.requests += 1",
        "self.requests += 2",
        f"{RUN}test_requests",
    ),
    (
        "the report loads something",
        "compare/report.py",
        "<!doctype html>",
        "<!doctype html><img src=http://127.0.0.1:9/x>",
        f"{RUN}test_the_report_is_one_page {RUN}test_the_report_names_no_other_place",
    ),
    (
        "a server that died is no failure",
        "cli/compare.py",
        "            say(row)\n        return FAILED",
        "            say(row)\n        return 0",
        f"{USAGE}test_a_server_that_dies",
    ),
    (
        "the comparison's folder stays",
        "cli/compare.py",
        'tempfile.TemporaryDirectory(prefix="logflume-compare-") as folder',
        '__import__("contextlib").nullcontext(tempfile.mkdtemp()) as folder',
        f"{USAGE}test_stopped {USAGE}test_a_server_that_dies",
    ),
    (
        "more watchers than there are files",
        "compare/limits.py",
        "watchers = min(plan.watchers, most)",
        "watchers = plan.watchers",
        f"{USAGE}test_too_few_files",
    ),
    (
        "a long line is two records",
        "compare/plan.py",
        "row[:MAX_LINE_BYTES] for",
        "row for",
        f"{USAGE}test_a_log_of_ones_own",
    ),
    (
        "the bar stays on the terminal",
        "cli/compare.py",
        'self._write("")',
        "pass",
        f"{USAGE}test_a_terminal_is_shown_how_far_it_is",
    ),
)
