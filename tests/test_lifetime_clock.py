"""The clock by which logs expire does not follow jumps that are soon put right."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from logflume.cli.lifetime_clock import STEP_US, TRUSTED_AFTER_US, LifetimeClock

BEGIN_US = 1_800_000_000_000_000
HOUR_US = 3600 * 1_000_000
TEN_YEARS_US = 10 * 365 * 24 * HOUR_US


@dataclass
class World:
    """A machine's two clocks."""

    running_us: int = 0
    wrong_us: int = 0

    def clock(self) -> LifetimeClock:
        return LifetimeClock(lambda: BEGIN_US + self.running_us + self.wrong_us, self.monotonic)

    def monotonic(self) -> int:
        return self.running_us


def test_it_goes_as_the_systems_clock_goes() -> None:
    """Also where that is put right by little steps, of which there may be many."""
    world = World()
    clock = world.clock()
    for _ in range(10):
        world.running_us += HOUR_US
        world.wrong_us += STEP_US
        assert clock() == BEGIN_US + world.running_us + world.wrong_us


@pytest.mark.parametrize("jump_us", [HOUR_US, -HOUR_US, TEN_YEARS_US, -TEN_YEARS_US])
def test_a_jump_is_not_followed_until_it_has_stood_for_an_hour(jump_us: int) -> None:
    """Then it is believed: the clock may have been wrong before.

    Caught: a jump that is followed at once, or never."""
    world = World()
    clock = world.clock()
    world.wrong_us = jump_us
    assert clock() == BEGIN_US
    world.running_us += TRUSTED_AFTER_US - 1
    assert clock() == BEGIN_US + world.running_us
    world.running_us += 1
    assert clock() == BEGIN_US + world.running_us + jump_us


def test_a_jump_that_is_put_right_was_none() -> None:
    """And the next one is doubted for as long. Caught: doubts that add up."""
    world = World()
    clock = world.clock()
    for _ in range(5):
        world.wrong_us = TEN_YEARS_US
        assert clock() == BEGIN_US + world.running_us
        world.running_us += HOUR_US // 2
        world.wrong_us = 0
        assert clock() == BEGIN_US + world.running_us


def test_a_clock_that_jumps_again_and_again_is_never_believed() -> None:
    """Each jump begins an hour of its own."""
    world = World()
    clock = world.clock()
    for _ in range(5):
        world.running_us += HOUR_US - 1
        world.wrong_us += TEN_YEARS_US
        assert clock() == BEGIN_US + world.running_us
