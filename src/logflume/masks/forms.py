r"""What a secret looks like in output: itself, and what programs make of it.

Rules of this file:

- Bytes in, bytes out: output has no encoding before it is split into lines.
- A form is only what tells the secret: base64 of it in the middle of something longer begins and
  ends with characters that also depend on its neighbours, and those are left out.
- Nothing is shorter than `MIN_CHARS`: it would be found everywhere.
"""

from __future__ import annotations

import json
import re
import shlex
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

MIN_CHARS = 4
"""A shorter value is not masked: it is part of too many words, and its masks would tell it."""

WRAPPED_CHARS = (64, 76)
"""Where base64 is broken into lines, by OpenSSL and by `base64` and MIME."""

_NO_SECRETS = frozenset({b"true", b"false", b"null", b"none"})
"""Values of switches, whatever the switch is called."""

_BEGINS = (0, 2, 3)
"""The first character of base64 that is all the secret's, where so many bytes stand before it."""

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_LEFT_IN_URLS = ("", "/", "!'()*", "/:@!$&'()*+,;=?#")
"""What is not escaped: by most, in paths, by `encodeURIComponent`, by `encodeURI`."""


def values_of(secret: bytes) -> list[bytes]:
    """What is to be masked of a secret: the whole, without the white space around it, and each of
    its lines. Empty if it is too short."""
    whole = secret.strip().replace(b"\r\n", b"\n")
    lines = [line.strip() for line in whole.split(b"\n")]
    return [value for value in dict.fromkeys((whole, *lines)) if _is_secret(value)]


def forms_of(value: bytes) -> set[bytes]:
    """A value as it may be written. A terminal's newlines have a carriage return before them."""
    forms = set()
    for written in {value, value.replace(b"\n", b"\r\n")}:
        forms |= {written, *_base64(written)}
        try:
            text = written.decode()
        except UnicodeDecodeError:
            continue  # what is no text is escaped by nobody in a way that could be foreseen
        forms |= {form.encode() for form in (*_in_urls(text), *_in_json(text), *_in_shells(text))}
    return {form for form in forms if len(form) >= MIN_CHARS}


def _is_secret(value: bytes) -> bool:
    return len(value.decode("utf-8", "replace")) >= MIN_CHARS and value.lower() not in _NO_SECRETS


def _base64(value: bytes) -> Iterator[bytes]:
    for before, begins in enumerate(_BEGINS):
        ended = b64encode(b"\0" * before + value).rstrip(b"=")[begins:]
        inside = ended[: (before + len(value)) * 8 // 6 - begins]
        for form in (inside, ended):
            yield form
            yield form.translate(_URL_SAFE)
        if before == 0:
            yield from _wrapped(inside)
            yield from _wrapped(ended)


def _wrapped(form: bytes) -> Iterator[bytes]:
    for width in WRAPPED_CHARS:
        yield from (form[start : start + width] for start in range(0, len(form), width))


def _in_urls(text: str) -> Iterator[str]:
    for escaped in (quote_plus(text), *(quote(text, safe=left) for left in _LEFT_IN_URLS)):
        yield escaped
        yield _HEX.sub(lambda found: found[0].lower(), escaped)
    # As commands such as `::group::` carry it.
    yield text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _in_json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield escaped
        yield escaped.replace("/", "\\/")  # PHP
        yield _IN_HTML.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)  # Go


def _in_shells(text: str) -> Iterator[str]:
    yield shlex.quote(text).removeprefix("'").removesuffix("'")
    yield text.replace("'", "'\\''")  # what `set -x` prints
    yield _IN_QUOTES.sub(r"\\\g<0>", text)
    yield _UNSAFE.sub(r"\\\g<0>", text)  # printf %q
    yield _NEWLINES.sub(lambda found: _NAMED[found[0]], _IN_DOLLAR_QUOTES.sub(r"\\\g<0>", text))


_HEX = re.compile("%[0-9A-F]{2}")
_IN_HTML = re.compile("[<>&]")
_IN_QUOTES = re.compile(r'["$`\\]')
_UNSAFE = re.compile(r"""[ \t'"\\|&;()<>!{}*\[\]?^$`,]""")
"""In bash."""
_IN_DOLLAR_QUOTES = re.compile(r"['\\]")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_NEWLINES = re.compile("[\n\r\t]")

__all__ = ["MIN_CHARS", "forms_of", "values_of"]
