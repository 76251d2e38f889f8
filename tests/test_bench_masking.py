"""The benchmark's measure of masking, small: real commands, one round."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from bench import masking
from bench.rounds import Bench, Cores

pytestmark = pytest.mark.live


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """One round of each, of a text that is written twice."""
    monkeypatch.setattr(masking, "COPIES", 2)
    return Bench(Cores(0, 0), tmp_path, 1)


def test_every_text_is_timed(bench: Bench) -> None:
    """With and without masks, and where lines nearly match."""
    figures = list(masking.measure(bench, text_bytes=1024 * 1024))
    assert [figure.want for figure in figures] == ["", "≥ 50", "≥ 50"]
    assert [len(figure.rounds) for figure in figures] == [1, 1, 1]


def test_a_secret_that_is_left_is_noticed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of a command that masks nothing are worth nothing."""
    monkeypatch.setattr(masking, "VALUES", 1)
    seconds = count(1)
    monkeypatch.setattr(masking, "_seconds", lambda *_: next(seconds))
    with pytest.raises(AssertionError, match=r"0 of .* are masked"):
        list(masking.measure(bench, text_bytes=256 * 1024))
