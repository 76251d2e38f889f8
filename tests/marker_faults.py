"""Faults in what markers are and what they make of records, as rows of `Fault`."""

from __future__ import annotations

MARKERS = "deployments/markers.py"
RECORDS = "deployments/line_records.py"
TABLES = "tests/test_markers.py"
ALL_WAYS = "tests/test_marker_records.py"
SUITE = "tests/test_protocol.py::TestMarkers"
PRINTER = "tests/test_cli_printer.py"
RECORDER = "tests/test_cli_recorder.py"
COMMANDS = "tests/test_cli_markers.py"
SECTIONS = "tests/test_sections.py"

ROWS = (
    (
        "a section's marker is taken for nothing",
        MARKERS,
        """ and b"#" not in text and b"section_" not in text:""",
        """ and b"#" not in text:""",
        TABLES,
    ),
    (
        "what GitHub's runner prints is taken for nothing",
        MARKERS,
        """ and b"#" not in text and b"section_" not in text:""",
        """ and b"section_" not in text:""",
        TABLES,
    ),
    (
        "Buildkite's headers of a whole body are taken for nothing",
        "http/append_request.py",
        "is_marked = said or self.buildkite",
        "is_marked = said",
        ALL_WAYS,
    ),
    (
        "a command may stand anywhere in a line",
        MARKERS,
        "    found = _COMMAND.match(text)",
        "    found = _COMMAND.search(text)",
        TABLES,
    ),
    (
        "a command is taken in one case only",
        MARKERS,
        "    re.IGNORECASE | re.DOTALL | re.VERBOSE,",
        "    re.DOTALL | re.VERBOSE,",
        TABLES,
    ),
    (
        "a title is as long as its line",
        MARKERS,
        ".split())[:LONGEST_TITLE].rstrip()",
        ".split())",
        f"{TABLES} {SUITE}",
    ),
    (
        "a title keeps its escapes",
        MARKERS,
        'title = _ESCAPED.sub(lambda code: _MEANT[code[0].upper()], found["title"])',
        'title = found["title"]',
        TABLES,
    ),
    (
        "a section's marker may stand anywhere without its ending",
        MARKERS,
        'if found["ending"] != _ENDING and found.start() != expected:',
        "if False:",
        TABLES,
    ),
    (
        "a section's marker stands only where the line begins",
        MARKERS,
        'if found["ending"] != _ENDING and found.start() != expected:',
        "if found.start() != expected:",
        TABLES,
    ),
    (
        "half a name counts",
        MARKERS,
        'if partial and not found["ending"] and found.end() == len(text):',
        "if False:",
        TABLES,
    ),
    (
        "of a line's sections the first counts",
        MARKERS,
        "    *before, last = markers",
        "    last, *before = markers",
        f"{TABLES} {SUITE} {SECTIONS}",
    ),
    (
        "Buildkite's headers always count",
        MARKERS,
        "        or (buildkite and _header(text))",
        "        or _header(text)",
        f"{TABLES} {ALL_WAYS}",
    ),
    (
        "the look at a body knows one case only",
        MARKERS,
        '" % _SIGNS, re.IGNORECASE)\n_PRINTED_SIGN',
        '" % _SIGNS)\n_PRINTED_SIGN',
        TABLES,
    ),
    (
        "JSON is looked at as if it were text",
        MARKERS,
        "return may_hold(json) or _NUMBERED.search(json) is not None",
        "return may_hold(json)",
        f"{TABLES} {SUITE}",
    ),
    (
        "a line that began before is not looked at",
        MARKERS,
        "looked_at = lines if buildkite or may_hold(came) else lines[:1]",
        "looked_at = lines if buildkite or may_hold(came) else []",
        f"{TABLES} {ALL_WAYS}",
    ),
    (
        "a continuation of text is looked at",
        MARKERS,
        "        goes_on = partial\n",
        "",
        f"{TABLES} {SUITE}",
    ),
    (
        "a stream forgets that a line goes on",
        "http/text_stream.py",
        "        self._goes_on = lines[-1][1]\n",
        "",
        SUITE,
    ),
    (
        "a stream's pieces are looked at each by itself",
        "http/text_stream.py",
        "marks = marks_of(lines, came,",
        "marks = marks_of(lines if came.count(b'\\n') == len(lines) else [], came,",
        ALL_WAYS,
    ),
    (
        "Buildkite's headers do not count in a stream",
        "http/text_stream.py",
        "goes_on=self._goes_on, buildkite=asked.buildkite)",
        "goes_on=self._goes_on)",
        f"{SUITE} {ALL_WAYS}",
    ),
    (
        "a continuation of JSON is looked at",
        RECORDS,
        "        if not (line.continues or goes_on.get(of)):",
        "        if True:",
        f"{SUITE} {ALL_WAYS}",
    ),
    (
        "streams of JSON are taken for one",
        RECORDS,
        "        of = line.stream or stream\n",
        "        of = stream\n",
        SUITE,
    ),
    (
        "a marker's level counts more than the producer's",
        RECORDS,
        "level=line.level or marker.level",
        "level=marker.level or line.level",
        SUITE,
    ),
    (
        "a marker's record has no text",
        RECORDS,
        "        text=line.text,\n        partial=line.partial,\n    )\n    return _encode(record)",
        '        text="",\n        partial=line.partial,\n    )\n    return _encode(record)',
        f"{SUITE} {ALL_WAYS}",
    ),
    (
        "a marker's record keeps the number of its first encoding",
        RECORDS,
        "% (first + place, rest)",
        "% (1 + place, rest)",
        ALL_WAYS,
    ),
    (
        "an unknown kind of markers is no fault",
        "http/append_request.py",
        'choice(query, "markers", OPTIONAL) is not None',
        'query.get("markers") == ["buildkite"]',
        SUITE,
    ),
    (
        "an end closes what is innermost",
        "deployments/sections.py",
        "        if name in self._open:\n            while self._open.pop() != name:",
        "        if self._open:\n            while self._open.pop() is None:",
        SECTIONS,
    ),
    (
        "sections that a line ends are not ended",
        "deployments/sections.py",
        "            self._end(name)\n        if said.open",
        "            pass\n        if said.open",
        SECTIONS,
    ),
    (
        "sections that never end are all remembered",
        "deployments/sections.py",
        "if said.section is not None and len(self._open) < MOST_NESTED:",
        "if said.section is not None:",
        SECTIONS,
    ),
    (
        "groups are not printed",
        "cli/printer.py",
        'LINES = ("line", "group", "omitted")',
        'LINES = ("line", "omitted")',
        f"{PRINTER} {COMMANDS}",
    ),
    (
        "a terminal shows GitLab's marks",
        "cli/printer.py",
        '_GITLAB_MARK.sub("", record.text)',
        "record.text",
        PRINTER,
    ),
    (
        "what goes on with a prompt does not say so",
        "cli/recorder.py",
        "            self._continues = lines[-1][1]",
        "            pass",
        RECORDER,
    ),
    (
        "a spool does not know whose markers count",
        "cli/delivery.py",
        "producer, body, about.markers)",
        "producer, body)",
        COMMANDS,
    ),
    (
        "the environment does not say whose markers count",
        "cli/options.py",
        'os.environ.get("BUILDKITE") == "true"',
        "False",
        COMMANDS,
    ),
)

__all__ = ["ROWS"]
