"""JSON whose text is not Unicode, made into JSON: what a log says is never refused for its bytes.

U+FFFD takes the place of what is not UTF-8 and of a surrogate without its other half.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


def mended(json: bytes) -> str:
    """The same JSON in Unicode, without a byte order mark."""
    text = json.decode("utf-8", "replace").removeprefix("\ufeff")
    return _ESCAPE.sub(lambda escape: "\\ufffd" if escape["lone"] else escape[0], text)


__all__ = ["mended"]
