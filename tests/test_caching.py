"""What a cache may keep, and how soon it is worth asking again. The clock is an argument."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from logflume.http.caching import MAX_RETRY_SECONDS, cache_control, etag_of, is_known, retry_after
from logflume.records import Ancestor, Gap, LogId, Seq, State

SECOND = 1_000_000
NOON_US = 1_795_435_200 * SECOND
GROWN = State(1, "text/plain", grown_us=NOON_US)


@pytest.mark.parametrize(
    ("silent_seconds", "seconds"),
    [(0, 1), (9, 1), (10, 1), (19, 1), (20, 2), (60, 6), (299, 29), (300, 30), (10**7, 30)],
)
def test_a_log_that_is_silent_longer_is_asked_more_rarely(
    silent_seconds: int, seconds: int
) -> None:
    """A tenth of its silence, within bounds. Caught: zero, upon which a client asks in a loop."""
    assert retry_after(GROWN, NOON_US + silent_seconds * SECOND) == str(seconds)


def test_the_pause_only_grows() -> None:
    """Second by second, up to its bound; a clock that was set back is no silence."""
    pauses = [int(retry_after(GROWN, NOON_US + n * SECOND)) for n in range(1000)]
    assert all(one <= other <= one + 1 for one, other in pairwise(pauses))
    assert (pauses[0], pauses[-1]) == (1, MAX_RETRY_SECONDS)
    assert retry_after(GROWN, NOON_US - 3600 * SECOND) == "1"


def test_a_tag_tells_form_place_rewrites_and_end() -> None:
    """And is a strong one, quoted. Of the end only what ends there tells."""
    grown = replace(GROWN, tail=Seq(2), ancestors=(Ancestor(LogId("a"), 1, Seq(1)),))
    tags = [
        etag_of(form, replace(grown, closed=closed, rewrites=rewrites), Seq(after), Seq(until))
        for form in ("json", "text")
        for after in range(2)
        for until in range(after, 3)
        for closed in (False, True)
        for rewrites in range(3)
        if until == 2 or not closed
    ]
    assert len(set(tags)) == len(tags)
    assert all(tag.startswith('"') and tag.endswith('"') and tag.count('"') == 2 for tag in tags)


def test_a_tag_of_what_was_trimmed_is_another_each_time() -> None:
    """Caught: a 304 for records that are no longer those that the client has."""
    state = replace(GROWN, tail=Seq(9))
    longer = [replace(state, gap=Gap(Seq(2), Seq(until), 1)) for until in (4, 5)]
    spans = [(Seq(0), Seq(9)), (Seq(2), Seq(3)), (Seq(3), Seq(9))]
    for after, until in spans:
        tags = {etag_of("json", one, after, until) for one in (state, *longer)}
        assert len(tags) == 3, (after, until)
    for after, until in [(Seq(0), Seq(2)), (Seq(5), Seq(9))]:
        assert len({etag_of("json", one, after, until) for one in (state, *longer)}) == 1


def test_nobody_who_names_no_tag_has_the_answer() -> None:
    """An empty header names none."""
    assert not is_known({}, '"x"')
    assert not is_known({"if-none-match": ""}, '"x"')
    assert is_known({"if-none-match": '"y", "x"'}, '"x"')


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("lasting", [True, False])
def test_who_may_keep_it_and_for_how_long_are_said_together(private: bool, lasting: bool) -> None:
    """A growing log must be asked about again, by everybody."""
    control = cache_control(private=private, lasting=lasting)
    assert control.startswith("private" if private else "public")
    assert ("no-cache" in control) != lasting
    assert ("max-age" in control) == lasting
