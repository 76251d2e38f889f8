"""What must not be seen in the log of a command: values from the environment and from options.

The environment is that of `run` and `push` themselves, which the command inherits. A variable holds
a secret if its name says so. What is too short to be masked is said once for each place it is from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from logflume.cli.messages import say
from logflume.masks.forms import MIN_CHARS
from logflume.masks.masks import Masks

COMMAND = "::add-mask::"


def masks_of(environ: Mapping[str, str], given: Sequence[str]) -> Masks:
    """The masks for a log; `given` are the values of `--mask`."""
    short = _Short()
    masks = Masks(on_short=short)
    named = [(name, value) for name, value in environ.items() if names_secret(name)]
    for short.place, value in (*named, *(("--mask", value) for value in given)):
        masks.add(os.fsencode(value))
    short.place = COMMAND
    return masks


def names_secret(name: str) -> bool:
    """Whether an environment variable of this name holds a secret."""
    return _SECRET.search(name) is not None and _ELSEWHERE.search(name) is None


class _Short:
    """Says that a value is too short to be masked."""

    def __init__(self) -> None:
        self.place = ""
        """Where the values are from that are being added."""
        self._said: set[str] = set()

    def __call__(self) -> None:
        if self.place not in self._said:
            self._said.add(self.place)
            say(f"{self.place}: a value of fewer than {MIN_CHARS} characters is not masked")


_SECRET = re.compile(
    r"""(?:TOKEN|SECRETS?|CREDENTIALS?|PASSWORD|PASSWD|PASSPHRASE|JWT)(?![A-Z])
    |(?:ACCESS|ACCOUNT|API|AUTH|DEPLOY|ENCRYPTION|MASTER|PRIVATE|SECRET|SIGNING)_?KEY(?![A-Z]|_?ID)
    |(?:SSH|_)PASS$|_PWD$|_PAT$|_AUTH$|_AUTH_CONFIG$""",
    re.IGNORECASE | re.VERBOSE,
)
_ELSEWHERE = re.compile(r"_(?:FILE|PATH|DIR)$", re.IGNORECASE)
"""What tells where a secret lies is none."""

__all__ = ["masks_of", "names_secret"]
