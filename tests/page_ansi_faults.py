"""Faults of how the page shows a line: columns, escape sequences, colours, links.

Rows for `faults.py`: name, file, what stands there, what instead, tests that must fail.
"""

from __future__ import annotations

_ASSETS = "page/assets"
_CELLS = f"{_ASSETS}/cells.js"
_ANSI = f"{_ASSETS}/ansi.js"
_SGR = f"{_ASSETS}/sgr.js"
_LINKS = f"{_ASSETS}/links.js"
_LINES = "tests/page/test_page_ansi.py"
_PEERS = "tests/page/test_page_ansi_peers.py"
_TERMINAL = f"{_PEERS}::test_a_line_shows_what_a_terminal_shows"
_OVERWRITTEN = f"{_LINES}::test_what_is_overwritten_or_erased_is_gone"
_COLUMNS = f"{_LINES}::test_columns"
_STYLES = f"{_LINES}::test_colours_and_attributes"
_HIDDEN = f"{_LINES}::test_what_does_not_show_by_itself"
_HOSTILE = "tests/page/test_page_ansi_hostile.py"
_COLOURS = "tests/page/test_page_colours.py"
_ADDRESSES = "tests/page/test_page_links.py"

ROWS = (
    (
        "page: the right edge moves with what is written at it",
        _CELLS,
        "this.#end > EDGE ? this.#end : EDGE - 1",
        "Math.max(this.#end, EDGE)",
        _OVERWRITTEN,
    ),
    (
        "page: a combining mark takes a column",
        _CELLS,
        "if (columns === 0 && this.#column > 0) return this.#mark(character);",
        "",
        f"{_COLUMNS} {_TERMINAL}",
    ),
    (
        "page: half of a wide character stays whole",
        _CELLS,
        "if (this.#codes[rest] !== REST || this.#times[rest] !== this.#times[column]) return 0;",
        "",
        f"{_COLUMNS} {_TERMINAL}",
    ),
    (
        "page: a mark stays when what it stands on is overwritten",
        _CELLS,
        "return marks?.time === this.#times[column] ?",
        "return marks ?",
        _COLUMNS,
    ),
    (
        "page: a tab overwrites what it passes",
        _CELLS,
        'character !== "\\t" || this.#column >= this.#end',
        "true",
        f"{_COLUMNS} {_TERMINAL}",
    ),
    (
        "page: erasing up to the cursor erases all",
        _CELLS,
        "while (left >= 0 && this.#erasedLeft[left].at < column) left--;",
        "",
        f"{_OVERWRITTEN} {_TERMINAL}",
    ),
    (
        "page: erasing all erases nothing",
        _CELLS,
        "if (which === 2) this.#erasedAll = erased.time;",
        "",
        f"{_OVERWRITTEN} {_TERMINAL}",
    ),
    (
        "page: every erasure is kept",
        _CELLS,
        "(earlier) => earlier.at >= erased.at",
        "() => false",
        _HOSTILE,
    ),
    (
        "page: a wide character takes one column",
        f"{_ASSETS}/widths.js",
        "return WIDE.test(character) ? 2 : 1;",
        "return 1;",
        f"{_COLUMNS} {_TERMINAL}",
    ),
    (
        "page: a line has as many runs as it likes",
        f"{_ASSETS}/runs.js",
        "this.list.length === MOST_RUNS",
        "false",
        f"{_LINES}::test_runs_are_bounded {_HOSTILE}",
    ),
    (
        "page: a string that never ends hides the rest of its line",
        _ANSI,
        r"\\u001b]*)(?:\\u0007|\\u001b\\\\)",
        r"\\u001b]*)(?:\\u0007|\\u001b\\\\|$)",
        f"{_LINES}::test_sequences_leave_no_trace {_HOSTILE}",
    ),
    (
        "page: halves of surrogate pairs are let through",
        _ANSI,
        "if (ANY_SURROGATE.test(text)) text = text",
        "if (ANY_SURROGATE.test(text)) void text",
        _HIDDEN,
    ),
    (
        "page: a private sequence moves the cursor",
        _ANSI,
        'intermediate === "" && /^[0-9;]*$/.test(parameters) ?',
        "true ?",
        f"{_LINES}::test_what_leaves_the_line_hides_nothing",
    ),
    (
        "page: a link may lead anywhere",
        _ANSI,
        "href: webAddress(link[1])",
        "href: link[1] || undefined",
        f"{_LINES}::test_links_to_anything_but_the_web_are_text",
    ),
    (
        "page: a bell is shown",
        _ANSI,
        'if (SILENT.includes(control)) return "";',
        "",
        f"{_HIDDEN} {_TERMINAL}",
    ),
    (
        "page: what follows a colour's numbers is read as codes",
        _SGR,
        "i += used;",
        "",
        f"{_STYLES} {_PEERS}",
    ),
    (
        "page: bright colours are the plain ones",
        _SGR,
        "next.fg = code - 82",
        "next.fg = code - 90",
        f"{_STYLES} {_PEERS}",
    ),
    (
        "page: hidden text is not told from other text",
        _SGR,
        "8: { hidden: true },",
        "",
        f"{_STYLES} {_PEERS}::test_colours_are_those_that_anser_reads",
    ),
    (
        "page: a colour space is taken for red",
        _SGR,
        "values.length > 3",
        "false",
        _STYLES,
    ),
    (
        "page: a script's address is one of the web",
        _LINKS,
        "!/^https?:\\/\\//i.test(address)",
        "false",
        f"{_LINES}::test_links_to_anything_but_the_web_are_text",
    ),
    (
        "page: the end of a sentence is part of an address",
        _LINKS,
        "while (SENTENCE_END.includes(text[end - 1])) end--;",
        "",
        f"{_ADDRESSES}::test_an_address_ends_where_its_sentence_does",
    ),
    (
        "page: a bracket without a partner is part of an address",
        _LINKS,
        "end = open.length > 0 ? open[0].at : end;",
        "",
        f"{_ADDRESSES}::test_brackets_quotes_and_scripts",
    ),
    (
        "page: brackets are walked through again and again",
        _LINKS,
        "while (open.length < DEEPEST_BRACKETS) {",
        "for (;;) {",
        f"{_HOSTILE}::test_links_are_found_in_linear_time",
    ),
    (
        "page: a host in other letters is not spelled out",
        _LINKS,
        'hostname.includes("xn--") ||',
        "",
        f"{_ADDRESSES}::test_a_title_tells_what_the_text_does_not",
    ),
    (
        "page: colours are left as they are",
        f"{_ASSETS}/palette.js",
        "if (contrast(ink, ground) >= least) return ink;",
        "return ink;",
        f"{_COLOURS}::test_every_colour_can_be_read_on_every_other",
    ),
    (
        "page: a picture's colours are moved",
        f"{_ASSETS}/colours.js",
        "if (picture || (!dim",
        "if ((!dim",
        f"{_COLOURS}::test_looks {_COLOURS}::test_the_palette_is_that_of_terminals",
    ),
)
"""Each: name, file, what stands there, what instead, the tests that must fail."""
