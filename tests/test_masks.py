"""Masking output as it comes, against a model that has all of it at once."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from logflume.masks.forms import forms_of, values_of
from logflume.masks.masks import Masks
from logflume.masks.stream import StreamMask

LETTERS = b"ab\n"
"""Few, so that values overlap, lie in one another, and nearly match all the time."""

texts = st.lists(st.sampled_from(LETTERS), max_size=60).map(bytes)
short_texts = st.lists(st.sampled_from(LETTERS), max_size=20).map(bytes)
secrets = st.lists(st.lists(st.sampled_from(LETTERS), max_size=9).map(bytes), max_size=4)
cuts = st.lists(st.integers(0, 60), max_size=9)


def modelled(text: bytes, values: list[bytes]) -> bytes:
    """Each byte of each form of each value is marked; each run of marked bytes in a line is a
    mask."""
    marked = bytearray(len(text))
    for form in (form for value in values for one in values_of(value) for form in forms_of(one)):
        place = text.find(form)
        while place >= 0:
            marked[place : place + len(form)] = b"x" * len(form)
            place = text.find(form, place + 1)
    shown = bytes(
        byte if not mark or byte in b"\r\n" else 0 for byte, mark in zip(text, marked, strict=True)
    )
    return re.sub(rb"\0+", b"***", shown)


def pieces_of(text: bytes, places: list[int]) -> list[bytes]:
    ends = [0, *sorted(place for place in places if place < len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def streamed(text: bytes, places: list[int], masks: Masks) -> bytes:
    stream = StreamMask(masks)
    return b"".join([*map(stream.push, pieces_of(text, places)), stream.finish()])


@settings(deadline=None)
@given(texts, secrets, cuts)
@example(b"aaaabaaaab\nab", [b"aaaa", b"abaaa"], [4, 5, 7])
@example(b"aaaa\nb\nbbbb", [b"aaaa\nb\nbbbb"], [5, 6])
def test_pieces_make_no_difference(text: bytes, values: list[bytes], places: list[int]) -> None:
    """Wherever output is cut, what comes of it is what comes of the whole."""
    wanted = modelled(text, values)
    assert streamed(text, places, Masks(values)) == wanted
    assert Masks(values).masked(text.decode()).encode() == wanted


@settings(deadline=None)
@given(secrets, cuts)
def test_every_byte_is_a_place_to_cut(values: list[bytes], places: list[int]) -> None:
    """Also when all values come one after the other, and each byte alone."""
    text = b"b".join(values)
    every_byte = list(range(len(text)))
    assert streamed(text, every_byte, Masks(values)) == modelled(text, values)


@settings(deadline=None)
@given(short_texts, secrets)
def test_little_is_held_back(text: bytes, values: list[bytes]) -> None:
    """After each byte at most what the longest form lacks, and only what begins one: if nothing
    can come of it any more, it is shown."""
    stream = StreamMask(Masks(values))
    forms = [form for value in values for one in values_of(value) for form in forms_of(one)]
    shown = b""
    for end in range(1, len(text) + 1):
        shown += stream.push(text[end - 1 : end])
        begun = [
            length
            for form in forms
            for length in range(1, len(form))
            if text[:end].endswith(form[:length])
        ]
        sure = end - max(begun, default=0)
        # What may come after cannot change what stands before the last value that may have begun.
        assert len(shown) >= len(modelled(text[:sure], values)) - len(b"***")
        assert begun or shown == modelled(text[:end], values)


def test_each_form_may_be_cut_anywhere() -> None:
    """In the middle of other output, up to its last byte."""
    value = b"hunter2/+ '\"x"
    masks = Masks([value])
    for form in forms_of(value):
        text = b"." * 99 + form + b"."
        for place in range(99, len(text)):
            assert streamed(text, [place], masks) == modelled(text, [value])


def test_what_is_masked_is_not_held_back() -> None:
    """The lines of a long secret are shown, as masks, when they come and not with its last one."""
    stream = StreamMask(Masks([b"first line\nsecond\nend"]))
    assert stream.push(b"key: first line\r\n") == b"key: ***\r\n"
    assert stream.push(b"second\r\n") == b"***\r\n"
    assert stream.push(b"e") == b""
    assert stream.push(b"nd\r\n") == b"***\r\n"


def test_a_line_that_is_too_short_alone() -> None:
    """It is masked with the whole secret, and left alone elsewhere."""
    masks = Masks(["first line\nend"])
    assert masks.masked("end\nfirst line\nend\n") == "end\n***\n***\n"


def test_more_values_while_output_comes() -> None:
    """They count for what comes then, and for what is held back."""
    masks = Masks(["secret one"])
    stream = StreamMask(masks)
    assert stream.push(b"a second two, sec") == b"a second two, "
    masks.add("second two")
    assert stream.push(b"ond two") == b"***"
    assert stream.finish() == b""


def test_short_values_are_told_of_and_stay() -> None:
    """Fewer than four characters, however many bytes; an empty one is nothing to tell of."""
    told: list[None] = []
    masks = Masks(["abc", " a \n", "äöü", "", " \n"], on_short=lambda: told.append(None))
    assert len(told) == 3
    assert not masks
    assert masks.masked("abc a äöü") == "abc a äöü"


def test_words_of_switches_stay() -> None:
    """Whatever the variable is called that has them."""
    assert not Masks(["true", "False", "none", "NULL"])


def test_lone_surrogates_are_kept() -> None:
    """As file names have them whose encoding is another."""
    assert Masks(["secret"]).masked("\udcff secret \udcff") == "\udcff *** \udcff"
