"""The checker finds every kind of wrong history that is planted, and says what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.checker import Found, Witness

History = list[Found]


def text_of(record: bytes) -> str | None:
    text = record.decode().partition(":")[2]
    return None if text == "end" else text


def record(n: int, text: str) -> Found:
    return n, f"{n}:{text}".encode()


def told() -> tuple[Witness, History]:
    """Two producers, one append of each not answered; a reader who saw the first records."""
    witness = Witness()
    for producer in "ab":
        witness.sends(producer, [f"{producer}1", f"{producer}2"])
        witness.hears(producer)
        witness.sends(producer, [f"{producer}3"])
    texts = ["a1", "a2", "b1", "b2", "a3", "end"]
    history = [record(n, text) for n, text in enumerate(texts, 1)]
    witness.sees(history[:3])
    return witness, history


def test_a_true_history_is_not_complained_of() -> None:
    """What was not acknowledged may be there, or not."""
    witness, history = told()
    assert witness.judge(history, text_of) == []
    assert witness.judge(history[:4], text_of) == []


PLANTED: dict[str, tuple[Callable[[History], History], str]] = {
    "an acknowledged line is lost at the end": (
        lambda h: h[:3],
        "1 lines of b were acknowledged and are lost, first 'b2'",
    ),
    "an acknowledged line is replaced": (
        lambda h: [*h[:3], record(4, "b3"), *h[4:]],
        "1 lines of b were acknowledged and are lost, first 'b2'",
    ),
    "a line is stored twice": (
        lambda h: [*h[:5], record(6, "a3")],
        "1 lines of a are there twice, first 'a3'",
    ),
    "lines change places": (
        lambda h: [*h[:2], record(3, "b2"), record(4, "b1"), *h[4:]],
        "lines of b are not in the order in which it sent them",
    ),
    "a number is left out": (
        lambda h: [*h[:4], record(6, "a3")],
        "record 6 stands where 5 is due",
    ),
    "a number is there twice": (
        lambda h: [*h[:5], h[4]],
        "record 5 stands where 6 is due",
    ),
    "what was seen is gone": (lambda h: h[:2], "record 3, which was seen, is gone"),
    "what was seen is another now": (
        lambda h: [*h[:2], (3, b"3:b1 "), *h[3:]],
        "record 3 was seen as b'3:b1' and is b'3:b1 ' now",
    ),
    "nobody sent it": (lambda h: [*h[:5], record(6, "c1")], "nobody sent 'c1'"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_wrong_history_is_named(name: str) -> None:
    """Each by what is wrong with it."""
    plant, complaint = PLANTED[name]
    witness, history = told()
    assert complaint in witness.judge(plant(history), text_of)


def test_two_readers_who_saw_different_records_are_named() -> None:
    """Even if what is there in the end is what one of them saw."""
    witness, history = told()
    witness.sees([(2, b"2:a9")])
    assert witness.judge(history, text_of) == ["record 2 was seen as two different ones"]


def test_a_line_that_was_skipped_is_named() -> None:
    """A producer's later line without the one before it, though neither was acknowledged."""
    witness = Witness()
    witness.sends("a", ["a1"])
    witness.sends("a", ["a2"])
    complaint = "lines of a are not in the order in which it sent them"
    assert witness.judge([record(1, "a2")], text_of) == [complaint]
