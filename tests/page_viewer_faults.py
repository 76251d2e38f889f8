"""Faults in how the page begins and in what it takes for its reader's doing."""

from __future__ import annotations

_ASSETS = "page/assets"

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
)

__all__ = ["ROWS"]
