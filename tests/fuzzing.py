"""How hard the parsers are tried: a little in every run, for long with `make fuzz`.

`LOGFLUME_FUZZ=100` tries a hundred times as much. Hypothesis prints what it takes to try a failure
again.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FACTOR = int(os.environ.get("LOGFLUME_FUZZ", "1"))


def tried(examples: int) -> settings:
    """So many examples, or as many times more as are asked for."""
    return settings(
        max_examples=examples * FACTOR,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


__all__ = ["tried"]
