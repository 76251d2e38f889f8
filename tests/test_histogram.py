"""A histogram counts each value once, in the first bucket that is not below it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from logflume.histogram import Histogram

BOUNDS = (1.0, 2.0, 5.0)


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, 4.9, 5.0, 5.1, 100.0])))
def test_buckets_are_what_counting_gives(values: list[float]) -> None:
    """Each bucket has all values up to its bound. Caught: a value at a bound in the next one."""
    histogram = Histogram(BOUNDS)
    for value in values:
        histogram.note(value)
    expected = [(str(bound), sum(value <= bound for value in values)) for bound in BOUNDS]
    assert histogram.buckets() == [*expected, ("+Inf", len(values))]
    assert histogram.total == sum(values)
