"""Faults in what keeps secrets out of logs, as rows of `Fault`."""

from __future__ import annotations

STREAM = "masks/stream.py"
AUTOMATON = "masks/automaton.py"
FORMS = "masks/forms.py"
COMMANDS = "masks/commands.py"
MASKING = "deployments/masking.py"
CORE = "tests/test_masks.py"
ENCODED = "tests/test_mask_forms.py"
SAID = "tests/test_mask_commands.py"
COMMAND_LINE = "tests/test_cli_masks.py"
SERVER = "tests/test_masking.py"
CLIENT = "tests/test_client_masks.py"

ROWS = (
    (
        "a secret that is cut is not waited for",
        STREAM,
        "keep = len(text) if at_end else automaton.unfinished(text)",
        "keep = len(text)",
        f"{CORE} {COMMAND_LINE}",
    ),
    (
        "one byte too few is held back",
        AUTOMATON,
        "tail = data[len(data) - self._longest + 1 :] if",
        "tail = data[len(data) - self._longest + 2 :] if",
        CORE,
    ),
    (
        "the last bytes of a stream are never shown",
        STREAM,
        "return self._mask(self._commands.finish(), at_end=True)",
        "return self._mask(self._commands.finish(), at_end=False)",
        CORE,
    ),
    (
        "what is masked waits like the rest",
        STREAM,
        "        reached = _reach(spans, place)\n        if not",
        "        reached = 0\n        if not",
        CORE,
    ),
    (
        "a mask that goes on is two",
        STREAM,
        "        if self._is_open and _reach(spans, self._shown):",
        "        if False:",
        CORE,
    ),
    (
        "of values that overlap only one is masked",
        AUTOMATON,
        "self._all.find_matches_as_indexes(data, overlapping=True)",
        "self._all.find_matches_as_indexes(data, overlapping=False)",
        CORE,
    ),
    (
        "a value that begins with others is left out",
        AUTOMATON,
        "        if not inside or not _cover(inside, text):",
        "        if not inside:",
        CORE,
    ),
    (
        "values in one another are all looked for",
        AUTOMATON,
        "self._texts = _needed(sorted(set(texts)))",
        "self._texts = sorted(set(texts))",
        ENCODED,
    ),
    (
        "base64 in the middle of something is not known",
        FORMS,
        "for before, begins in enumerate(_BEGINS):",
        "for before, begins in enumerate(_BEGINS[:1]):",
        ENCODED,
    ),
    (
        "short values are masked",
        FORMS,
        'return len(value.decode("utf-8", "replace")) >= MIN_CHARS and',
        "return len(value) >= 1 and",
        f"{CORE} {COMMAND_LINE}",
    ),
    (
        "a terminal's line ends hide a long secret",
        FORMS,
        'for written in {value, value.replace(b"\\n", b"\\r\\n")}:',
        "for written in {value}:",
        ENCODED,
    ),
    (
        "a command anywhere in a line counts",
        COMMANDS,
        "        if self._counts:\n",
        "        if True:\n",
        SAID,
    ),
    (
        "a command's name must come whole",
        COMMANDS,
        '            self._begun = text[start:]\n            return piece, b""',
        '            self._begun = b""\n            return piece, b""',
        SAID,
    ),
    (
        "the value of a command stays in its line",
        COMMANDS,
        "        return MASK\n",
        "        return bytes(value)\n",
        SAID,
    ),
    (
        "masks of a command are its stream's",
        "cli/attend.py",
        "Recorder(delivery.log, out.stream, masks)",
        "Recorder(delivery.log, out.stream, masks_of(os.environ, about.masks))",
        COMMAND_LINE,
    ),
    (
        "a title is not masked",
        "cli/delivery.py",
        '"title": masks.masked(about.title),',
        '"title": about.title,',
        COMMAND_LINE,
    ),
    (
        "a writer forgets its masks",
        "client/blocking/writer.py",
        "encode_lines(self._masks.masked(text), stream, level, sent)",
        "encode_lines(text, stream, level, sent)",
        CLIENT,
    ),
    (
        "rules of one project are everybody's",
        "deployments/deployments.py",
        'return (await self._store.state(log)).labels.get("project", "")',
        'return (await self._store.state(log)).labels.get("environment", "test")',
        SERVER,
    ),
    (
        "what a line asks for counts in that line only",
        MASKING,
        "            self._maskings.add(self._log, unescaped(data[start:]))",
        "            pass",
        SERVER,
    ),
    (
        "values are kept when the log has ended",
        "deployments/deployments.py",
        "            if new.finished:\n                self._maskings.forget(log)\n",
        "",
        SERVER,
    ),
    (
        "a streamed text is not masked",
        "http/text_stream.py",
        "        lines = self._masking.lines(lines, asked.stream, came)\n",
        "",
        SERVER,
    ),
)
