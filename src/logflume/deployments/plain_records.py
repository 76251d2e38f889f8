r"""A chunk's records without the escape sequences of their texts: `ansi=strip`.

What goes is what `visible.py` takes out of a text, and nothing else: carriage returns and tabs
stay. It goes from the encoded bytes, for decoding and encoding them again would cost most of the
time. There an ESC is `\u001b`, and no sequence reaches beyond the quote that ends its text. Each
record is taken by itself, so that none is needed to read another.

Pure, and linear in the bytes whatever they hold.
"""

from __future__ import annotations

import re

_ESC = b"\\u001b"

_BACKSLASH, _MARK = b"\\\\", b"\0"
"""A backslash as JSON has it, and what stands for it meanwhile. A raw NUL is in no JSON, so what
begins with a backslash is then certainly an escape of JSON's, and never the rest of another: the
text `\\u001b` is no ESC."""

_SEQUENCE = re.compile(
    rb"""
    \\u001b (?:
        \[ [0-?]*+ (?: [ !#-/] | \\" )*+ [@-\[\]-~\0]              # control sequences
      | [\]PX^_] (?: [^"\\]++ | \\ (?! u00(?:07|18|1a|1b) ) . )*+  # strings, and what ends them
        (?: \\u0007 | \\u001b\0 )
      | (?: (?: [ !#-/] | \\" )*+ [0-\[\]-~\0] )?                  # all others
    )
    """,
    re.VERBOSE,
)
"""As in `visible.py`; `"` and the backslash stand as they do in JSON."""


def without_escapes(body: bytes) -> bytes:
    """The records in `body` without escape sequences. The same object if there are none."""
    if _ESC not in body:
        return body
    if _BACKSLASH not in body:
        return _SEQUENCE.sub(b"", body)
    return _SEQUENCE.sub(b"", body.replace(_BACKSLASH, _MARK)).replace(_MARK, _BACKSLASH)


__all__ = ["without_escapes"]
