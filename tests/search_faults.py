"""Faults in searching a log, as rows of `Fault`."""

from __future__ import annotations

PROPERTIES = "tests/test_search_properties.py"
SAME = f"{PROPERTIES}::test_it_finds_what_going_through_every_record_finds"
ANYWHERE = f"{PROPERTIES}::test_it_does_not_depend_on_where_it_begins"
ANSWERS = "tests/test_search.py"
PARTS = "tests/test_search_parts.py"
LEVELS = "tests/test_levels.py"
CLIENT = "tests/test_client_search.py"
COMMAND = "tests/test_cli_search.py"
IN_SEARCH = "deployments/search.py"
IN_PATTERNS = "deployments/patterns.py"
IN_VISIBLE = "deployments/visible.py"
IN_LEVELS = "deployments/levels.py"
ENDPOINT = "http/search.py"
FINDINGS = "http/findings.py"

ROWS = (
    (
        "a coloured word is not among the candidates",
        "deployments/candidates.py",
        'spelled = b"|".join(_ESCAPES.join(word[:MAX_WORD_CHARS]) for word in words)',
        'spelled = b"|".join(b"".join(word[:MAX_WORD_CHARS]) for word in words)',
        f"{SAME} {ANSWERS}::test_what_is_found_by_text",
    ),
    (
        "a quote is looked for as it is not stored",
        "deployments/candidates.py",
        "return [re.escape(msgspec.json.encode(character)[1:-1]) for character in text]",
        "return [re.escape(character.encode()) for character in text]",
        f"{SAME} {ANSWERS}::test_what_is_found_by_text",
    ),
    (
        "a candidate is taken for a match",
        IN_SEARCH,
        "if self._is_whole(record))",
        "if True)",
        SAME,
    ),
    (
        "lines that go on are searched as whole ones",
        IN_SEARCH,
        "        if self._open or _PARTIAL in chunk.body:\n            matching",
        "        if False:\n            matching",
        f"{SAME} {ANSWERS}::test_a_match_across_records_of_one_line_counts_where_it_ends",
    ),
    (
        "a line that goes on is forgotten where the next chunk begins",
        IN_SEARCH,
        "        if self._open or _PARTIAL in chunk.body:\n            matching",
        "        if _PARTIAL in chunk.body:\n            matching",
        f"{PROPERTIES}::test_it_does_not_depend_on_how_the_log_is_cut",
    ),
    (
        "a match counts again in every record of its line",
        IN_PATTERNS,
        "            if found[1] > len(head):",
        "            if True:",
        SAME,
    ),
    (
        "a text counts again in every record of its line",
        IN_PATTERNS,
        "        start = max(0, len(head) - len(self._text) + 1)",
        "        start = 0",
        SAME,
    ),
    (
        "a level counts again in every record of its line",
        IN_SEARCH,
        "        return wanted.pattern is not None or level != before",
        "        return True",
        f"{SAME} {ANSWERS}::test_the_level_of_a_line_of_several_records",
    ),
    (
        "a level that the producer gave does not count",
        IN_SEARCH,
        "        level = record.level\n        if level is None and self._wanted.levels:",
        "        level = None\n        if level is None and self._wanted.levels:",
        f"{SAME} {ANSWERS}::test_what_is_found_by_filters",
    ),
    (
        "a newline within a text is taken for the end of a line",
        IN_SEARCH,
        "if pattern is None or _NEWLINE in chunk.body or not chunk.ends:",
        "if pattern is None or not chunk.ends:",
        SAME,
    ),
    (
        "only the first line of many is looked at",
        IN_PATTERNS,
        "            if not _ONLY_ALONE.search(pattern):",
        "            if True:",
        f"{ANSWERS}::test_what_is_found_by_text",
    ),
    (
        "letters beyond ASCII have upper and lower case",
        IN_PATTERNS,
        "    return lambda text: text.casefold().encode()",
        "    return str.encode",
        f"{SAME} {ANSWERS}::test_what_is_found_by_text",
    ),
    (
        "case is minded though nobody asked",
        IN_PATTERNS,
        "        return lambda text: text.encode().lower()",
        "        return str.encode",
        f"{SAME} {ANSWERS}::test_what_is_found_by_text",
    ),
    (
        "a string that never ends hides the rest of the line",
        IN_VISIBLE,
        "(?:\\x07|\\x1b\\\\)  # strings",
        "(?:\\x07|\\x1b\\\\|$)  # strings",
        f"{PROPERTIES}::test_what_is_seen_is_what_the_page_shows {SAME}",
    ),
    (
        "a string in one line hides the next",
        IN_VISIBLE,
        'return _IN_ONE_LINE.sub("", lines)',
        'return _SEQUENCE.sub("", lines)',
        f"{PROPERTIES}::test_what_is_seen_of_lines_is_seen_of_each",
    ),
    (
        "words alone tell an error",
        IN_LEVELS,
        "    if error and (not warning or",
        "    if 'error' in message or error and (not warning or",
        LEVELS,
    ),
    (
        "an INFO line that speaks of errors is one",
        IN_LEVELS,
        "    if level is not None:",
        "    if level is not None and _OF_WORD.get(level[level.lastgroup or 0].lower()):",
        LEVELS,
    ),
    (
        "a line is judged to its end",
        IN_LEVELS,
        "    text = text[:JUDGED_CHARS]\n",
        "",
        LEVELS,
    ),
    (
        "a search that goes on does not know the lines that go on",
        ENDPOINT,
        "    await _recall(search, cursor)\n",
        "",
        f"{PARTS} {ANSWERS}::test_a_match_across_records_of_one_line_counts_where_it_ends",
    ),
    (
        "a log that was closed meanwhile is said to have ended where the search did",
        ENDPOINT,
        "        headers = _headers(state, findings.last)",
        "        headers = {**_headers(state, findings.last), 'Stream-Closed': 'true'}"
        " if cursor.state.closed else _headers(state, findings.last)",
        PARTS,
    ),
    (
        "an answer goes on until the tail",
        FINDINGS,
        "            self.full = self.full or self._worked_seconds >= work_seconds",
        "            pass",
        PARTS,
    ),
    (
        "what follows the last number of a full answer is skipped",
        FINDINGS,
        "                self.last, self.full = number, True",
        "                self.full = True",
        PARTS,
    ),
    (
        "records are given however many bytes they have",
        FINDINGS,
        " or self._records_bytes > MAX_RECORDS_BYTES:",
        ":",
        f"{PARTS} {ANSWERS}::test_long_records_come_in_parts",
    ),
    (
        "all that ask search at once",
        ENDPOINT,
        "        async with self._turns:\n            findings",
        "        if True:\n            findings",
        PARTS,
    ),
    (
        "a search goes on for a client that has left",
        ENDPOINT,
        "        await while_let_in(self._context.watchers, caller_of(scope), receive, answering)",
        "        await answering",
        PARTS,
    ),
    (
        "a costly pattern is tried on as much as any other",
        IN_PATTERNS,
        "        self.stride_bytes = min(STRIDE_BYTES, MAX_EFFORT // self._regex.steps)",
        "        self.stride_bytes = STRIDE_BYTES",
        PARTS,
    ),
    (
        "the client stops when an answer brought fewer records than numbers",
        "client/search.py",
        "        if len(self.records) < len(self.numbers):",
        "        if False:",
        CLIENT,
    ),
    (
        "a search that found nothing exits as one that did",
        "cli/search.py",
        "    return 0 if found else 1",
        "    return 0",
        COMMAND,
    ),
    (
        "a terminal is given whatever is found",
        "cli/search.py",
        "    if shown.raw or not sys.stdout.isatty():",
        "    if True:",
        COMMAND,
    ),
)
