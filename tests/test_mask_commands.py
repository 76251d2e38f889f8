"""`::add-mask::` lines in output as it comes."""

from __future__ import annotations

import pytest

from logflume.masks.masks import Masks
from logflume.masks.stream import StreamMask


def shown(text: bytes, *, piece_bytes: int) -> bytes:
    stream = StreamMask(Masks())
    pieces = [text[start : start + piece_bytes] for start in range(0, len(text), piece_bytes)]
    return b"".join([*map(stream.push, pieces), stream.finish()])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"::add-mask::secret\na secret\n", b"::add-mask::***\na ***\n"),
        (b"::add-mask::secret\r\na secret\r\n", b"::add-mask::***\r\na ***\r\n"),
        (b"x\n \t::Add-Mask::secret\nsecret", b"x\n \t::Add-Mask::***\n***"),
        (b"##[add-mask]secret\nsecret", b"##[add-mask]***\n***"),
        (b"::add-mask a=b::secret\nsecret", b"::add-mask a=b::***\n***"),
        (b"::add-mask::aa%25b%0Aline two\naa%b, line two", b"::add-mask::***\n***, ***"),
        (b"::add-mask::a%250Ab\na%0Ab", b"::add-mask::***\n***"),
        (b"::add-mask::secret", b"::add-mask::***"),
        (b"::add-mask::\n::add-mask:: \nx", b"::add-mask::\n::add-mask::\nx"),
        (b"::add-mask::abc\nabc", b"::add-mask::***\nabc"),
        (b"+ echo ::add-mask::secret\nsecret", b"+ echo ::add-mask::***\nsecret"),
        (b":::add-mask::secret\nsecret", b":::add-mask::***\nsecret"),
        (
            b"::stop-commands::x\n::add-mask::secret\nsecret",
            b"::stop-commands::x\n::add-mask::***\n***",
        ),
        (b"::add-mask\n::add-masks::secret\n::add", b"::add-mask\n::add-masks::secret\n::add"),
    ],
)
def test_commands(text: bytes, wanted: bytes) -> None:
    """In pieces of any length. The value goes at once, and from what follows if it is a command."""
    for piece_bytes in range(1, len(text) + 1):
        assert shown(text, piece_bytes=piece_bytes) == wanted


def test_streams_share_what_is_said() -> None:
    """What stdout asks to be masked is masked in stderr."""
    masks = Masks()
    out, err = StreamMask(masks), StreamMask(masks)
    out.push(b"::add-mask::secret\n")
    assert err.push(b"a secret\n") == b"a ***\n"


def test_a_prompt_is_not_held_back() -> None:
    """Although a command begins with what ends it; only the value is."""
    stream = StreamMask(Masks())
    assert stream.push(b"Password:") == b"Password:"
    assert stream.push(b"\n::add-mask::sec") == b"\n::add-mask::"
    assert stream.push(b"ret\nsecret\n") == b"***\n***\n"
