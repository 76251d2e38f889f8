r"""What a line says of itself where its producer gave it no level: that it is an error, a warning.

Tools say it in some thirty ways. A line is looked at as its writer would: what stands before the
message (the time, the container, `#12 3.4`, `[main]`) is left aside; if the message begins with a
level, that one counts, so that an INFO line may speak of errors; otherwise the shapes below count,
the first in the line. Words alone never do: `0 errors`, `error_prone.jar`, `-Werror` are harmless.

`KEYWORDS` is what lets `search` pass over other lines: a line in which none of them stands says
nothing. Pure; only a line's beginning is looked at, so a line costs a bounded time.
"""

from __future__ import annotations

import re

ERROR = "error"
WARNING = "warning"

JUDGED_CHARS = 400
"""Of a line: further on stands what it is about."""

NAMES = {
    ERROR: ("error", "err", "fatal", "critical", "crit", "alert", "emergency", "emerg", "panic",
            "severe"),
    WARNING: ("warning", "warn"),
}  # fmt: skip
"""The levels that are looked for under one name."""

_FAMILY = {name: family for family, names in NAMES.items() for name in names}

KEYWORDS = {
    ERROR: ("erro", "fatal", "crit", "alert", "emerg", "panic", "severe", "fail", "exception",
            "traceback", "caused by", "***", "not found", "undefined reference", "abort",
            "core dumped", "segmentation", "killed", "not ok", "uncaught"),
    WARNING: ("warn", "wrn ", "deprecat"),
}  # fmt: skip
"""One of them, in upper or lower case, stands in every line that tells its level."""

_DIGITS = ("[0-9]",) * 4
KEYED = {
    ERROR: (("e", "r", "r", "[^a-z]"), ("(?-i:[EF])", *_DIGITS, " "), ("(?-i:E)", "[: ]", " "),
            ("[56]", "0", "[,} ]"), ("f", "t", "l", " ")),
    WARNING: (("(?-i:W)", *_DIGITS, " "), ("(?-i:W)", ":", " "), ("4", "0", "[,} ]")),
}  # fmt: skip
"""More of them, an expression for each character: `ERR!`, klog's `E1124 `, pino's `"level":50`."""

_TIME = r"""(?:
    (?:\d{4}[-/]\d\d[-/]\d\d[T ]?+ | [A-Z][a-z]{2}[ ][ \d]\d[ ])?+
    \d\d?:\d\d(?::\d\d)?+(?:[.,]\d{1,9})?+ (?:[ ]?(?:Z|UTC|[AP]M|[+-]\d\d:?\d\d)\b)?+
)"""

_WORDS = (
    "TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRIT|CRITICAL|SEVERE|ALERT|EMERG"
    "|EMERGENCY|PANIC"
)

_BEGINNING = re.compile(
    rf"""(?:
        [\s|│┃╷╵➤>✖✘✗×❌●•-]
      | (?:time|ts)=\S{{1,40}}
      | {_TIME}
      | \[(?!\s*(?i:{_WORDS})\s*\]|[^\]]{{0,60}}?[ ](?:{_WORDS})\b) [^\]\n]{{0,80}} \]
      | \#\d{{1,4}}(?:[ ]\d{{1,6}}\.\d{{1,6}})?+[ ]
      | \d{{1,7}}(?=[ ][A-Z])
      | YN\d{{4}}:
      | [\w.@/-]{{1,60}}+(?=\s*\|\s|[ ]-[ ](?:{_WORDS})\b)
      | [A-Z],[ ]\[[^\]\n]{{0,80}}\]
    ){{0,12}}""",
    re.VERBOSE | re.ASCII,
)
"""What stands before the message: times, containers, steps, threads, loggers, drawn lines."""

_LEVEL = re.compile(
    rf"""
      (?P<upper>{_WORDS})(?![\w=]|-\w|[ ]?[:=][ ]?0\b)
    | \#{{0,2}}[\[(<]\s*(?P<bracketed>(?i:{_WORDS}))\s*[\])>]
    | [\[(][^\])\n]{{0,60}}?[ :](?P<within>{_WORDS})(?=[ /\])])
    | (?:level|lvl|severity)="?(?P<keyed>(?i:{_WORDS}))\b
    | (?P<tty>DEBU|INFO|WARN|ERRO|FATA|PANI)\[\d+\]
    | (?P<short>ERR|WRN|INF|DBG|FTL)[ ]
    | (?P<colon>(?i:trace|debug|dbug|info|notice|warn|warning|error|fatal|fail|crit|critical|panic
        |alert|severe))(?:\[[A-Z]\w{{0,12}}\])?:(?=\s*+[^0\s]|\s*+$)
    | npm[ ](?P<npm>ERR!|WARN|error|warn|info|http|notice)[ ]
    | ::(?P<command>error|warning|notice|debug)[ :]
    | (?P<klog>[EFWI])\d{{4}}[ ]\d\d:
    | (?P<apt>[EWN]):[ ]\S
    """,
    re.VERBOSE | re.ASCII,
)
"""A level at the message's beginning."""

_OF_WORD = {
    **_FAMILY,
    **dict.fromkeys(("erro", "fata", "pani", "ftl", "fail", "err!", "e", "f"), ERROR),
    **dict.fromkeys(("wrn", "w"), WARNING),
}

_SAID_ERROR = re.compile(
    r"""
      (?:^|:[ ]|\)[ ]|-[ ])(?:fatal[ ]|internal[ ]|syntax[ ])?[Ee]rror
        (?:\[\w+\]|[ ][A-Z]{1,4}\d{1,6})?:[ ](?!0\b)
    | ^(?!no[ ])[\w./@-]{1,40}[ ][Ee]rror:[ ](?!0\b)|^dpkg:[ ]error[ ]|^ERR_\w+[ ][ ]
    | ^(?:PHP[ ])?(?:Fatal|Parse|Syntax|Internal|Compile|Compilation)[ ][Ee]rror\b
    | ^(?:Uncaught[ ]|Unhandled[ ])?(?:[\w$]{1,60}[.:]{1,2}){0,12}[A-Z]\w*(?:Error|Exception)
        (?=:|$|[ ]\[)
    | ^Error[ ](?:from[ ]server|response[ ]from|in[ ])|[: ]Error[ ]response[ ]from[ ]daemon
    | ^An?[ ](?:unexpected[ ])?error[ ](?:has[ ])?occurred|^error[ ](?:[A-Z]|during[ ])
    | ^\d+:\d+\s+error\s\s
    | ^(?:Exception[ ]in[ ]thread[ ]|Caused[ ]by:[ ]|Unhandled[ ]exception|Uncaught[ ])
    | ^Traceback[ ]\(most[ ]recent[ ]call[ ]last\)
    | ^panic:[ ]|^thread[ ]'[^']*'[ ](?:\(\d+\)[ ])?panicked[ ]at
    | ^g?make(?:\[\d+\])?:[ ]\*\*\*[ ]
    | (?:^|:[ ]|\)[ ])[Ff]ailed[ ]to[ ](?=\w)
    | ^---[ ]FAIL:[ ]|^FAIL(?:$|[\t ]+[^\s:=0])|^FAILED(?:$|[\t ]+[^\s:=0])|^FAILURE:[ ]
    | ^(?:BUILD|Build|INSTALLATION|UPGRADE)[ ](?:FAILED|FAILURE|failed)\b
    | ^(?:>[ ])?Task[ ]\S+[ ]FAILED$|\.\.\.[ ]?(?:\*\*\*)?(?:FAILED|Failed)\b
    | ^test[ ]result:[ ]FAILED
    | ::\S+[ ](?:FAILED|ERROR)\b|:[ ]FAILED![ ]=>|^Job[ ](?:failed|for[ ]\S+[ ]failed)
    | ^=+[ ](?:.*?[ ])?[1-9]\d*[ ](?:failed|errors?)\b.*[ ]in[ ]
    | ^(?:Tests|Test[ ]Suites):\s+[1-9]\d*[ ]failed\b
    | ^not[ ]ok[ ]\d
    | ^E[ ]{2,}\S
    | :[ ]command[ ]not[ ]found$|^\S*sh:[ ](?:line[ ])?\d+:[ ]\S+:[ ]not[ ]found$
    | undefined[ ]reference[ ]to[ ]
    | ^Segmentation[ ]fault|^Killed$|^Aborted$|\(core[ ]dumped\)
    | Out[ ]of[ ]memory:[ ]Killed|aborted!$
    | (?:^|\s)(?:level|lvl|severity)="?(?i:error|fatal|crit|critical|panic|alert|emerg)\b
    | "(?:level|severity|log\.level|levelname)":\s?(?:[56]0\b
        |"(?i:error|fatal|critical|panic|alert|emergency)")
    """,
    re.VERBOSE | re.ASCII,
)

_SAID_WARNING = re.compile(
    r"""
      (?:^|:[ ]|\)[ ]|-[ ])[Ww]arning(?:\[\w+\]|[ ][A-Z]{1,4}\d{1,6})?:[ ](?!0\b)
    | ^[\w./@-]{1,40}[ ][Ww]arning:[ ](?!0\b)
    | ^(?:PHP[ ])?Warning:?[ ][A-Z]
    | (?:^|:[ ]|\)[ ]|\][ ])[A-Z]\w*Warning:[ ]
    | ^\d+:\d+\s+warning\s\s
    | ^warning[ ](?:[A-Z"]|\S+[ ]>|\S+:)
    | ^npm[ ](?:WARN|warn)[ ]|^DEPRECAT(?:ED|ION)\b
    | (?:^|\s)(?:level|lvl|severity)="?(?i:warn|warning)\b
    | "(?:level|severity|log\.level|levelname)":\s?(?:40\b|"(?i:warn|warning)")
    """,
    re.VERBOSE | re.ASCII,
)


def _keys(family: str) -> str:
    return "|".join([*map(re.escape, KEYWORDS[family]), *map("".join, KEYED[family])])


_ANY_KEYWORD = re.compile(f"{_keys(ERROR)}|{_keys(WARNING)}", re.IGNORECASE | re.ASCII)


def family(level: str) -> str:
    """The name under which a producer's level is looked for."""
    level = level.lower() if level.isascii() else level
    return _FAMILY.get(level, level)


def told(text: str) -> str | None:
    """What a line, as `visible` shows it, says of itself: error, warning, or nothing."""
    text = text[:JUDGED_CHARS]
    if not _ANY_KEYWORD.search(text):
        return None
    beginning = _BEGINNING.match(text)
    message = text[beginning.end() if beginning else 0 :].rstrip()
    level = _LEVEL.match(message)
    if level is not None:
        word = level[level.lastgroup or 0].lower()
        return _OF_WORD.get(word)
    error, warning = _SAID_ERROR.search(message), _SAID_WARNING.search(message)
    if error and (not warning or error.start() <= warning.start()):
        return ERROR
    return WARNING if warning else None


__all__ = ["ERROR", "JUDGED_CHARS", "KEYED", "KEYWORDS", "NAMES", "WARNING", "family", "told"]
