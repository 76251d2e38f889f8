"""The masks that a program gives its logs."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from logflume.masks.forms import MIN_CHARS
from logflume.masks.masks import Masks


def masks_of(values: Iterable[str]) -> Masks:
    """The masks for these values; warns of those that are too short. Raises TypeError for a text
    in the place of a list: it would be taken for its letters."""
    if isinstance(values, str):
        raise TypeError("masks is a list of values, not one value")
    return Masks(values, on_short=_warn)


def _warn() -> None:
    # The level is that of whoever calls `writer` or `LoggingHandler`.
    warnings.warn(f"a mask of fewer than {MIN_CHARS} characters is not used", stacklevel=6)


__all__ = ["masks_of"]
