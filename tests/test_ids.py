"""Deployment ids: their form, their order, and what is not one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logflume.deployments.ids import ALPHABET, RANDOM_BYTES, is_deployment_id, new_deployment_id

times = st.integers(min_value=0, max_value=2**55 - 1)
randoms = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(times, randoms)
def test_a_new_id_is_an_id(now_us: int, random: bytes) -> None:
    """Every id that is made has the form of one: a prefix, 37 characters of the alphabet."""
    text = new_deployment_id(now_us, random)
    assert is_deployment_id(text)
    assert len(text) == 41
    assert set(text[4:]) <= set(ALPHABET)


@given(times, times, randoms, randoms)
def test_ids_sort_by_time(one: int, other: int, first: bytes, second: bytes) -> None:
    """Ids sort as the times at which they were made, whatever their random part."""
    if one < other:
        assert new_deployment_id(one, first) < new_deployment_id(other, second)


@given(randoms, randoms)
def test_130_random_bits_count(first: bytes, second: bytes) -> None:
    """Ids of the same microsecond differ when their first 130 random bits differ."""
    same = int.from_bytes(first) >> 6 == int.from_bytes(second) >> 6
    assert (new_deployment_id(7, first) == new_deployment_id(7, second)) is same


def test_the_form_is_fixed() -> None:
    """Time and random bits stand where the API's description says, most significant first."""
    assert new_deployment_id(33, b"\xff" * 17) == "dep_00000000011" + "z" * 26


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dep_",
        "dep_" + "0" * 36,
        "dep_" + "0" * 38,
        "DEP_" + "0" * 37,
        "dep_" + "O" + "0" * 36,
        "dep_" + "i" + "0" * 36,
        "dep_" + "٣" + "0" * 36,
        "dep_" + "0" * 37 + "\n",
        " dep_" + "0" * 37,
        "dep_../" + "0" * 34,
    ],
)
def test_what_is_not_an_id(text: str) -> None:
    """Other lengths, letters, digits of other scripts, paths and stray space are refused."""
    assert not is_deployment_id(text)


@pytest.mark.parametrize("now_us", [-1, 2**55])
def test_times_that_do_not_fit(now_us: int) -> None:
    """A time outside the 55 bits is an error, never an id of another time."""
    with pytest.raises(ValueError, match="microseconds"):
        new_deployment_id(now_us, b"\0" * RANDOM_BYTES)


@pytest.mark.parametrize("count", [0, 16, 18])
def test_too_few_or_too_many_random_bytes(count: int) -> None:
    """Anything but 17 random bytes is an error: fewer would make a guessable id."""
    with pytest.raises(ValueError, match="17 random bytes"):
        new_deployment_id(0, b"\0" * count)
