"""Lines that wait to be sent: bounded batches, each the same until it is stored."""

from __future__ import annotations

from logflume.client.outbox import BATCH_BYTES, Outbox, encode_lines


def test_batches_are_kept_until_they_are_stored() -> None:
    """What is taken to be sent is given again as it was, until it is said to be stored."""
    outbox = Outbox()
    rows = encode_lines("x" * 1000) * 1000
    outbox.add(rows)
    first = outbox.take()
    assert first is not None
    assert BATCH_BYTES <= len(first.body) < BATCH_BYTES + len(rows[0])
    outbox.add(encode_lines("later"))
    assert outbox.take() is first
    assert outbox.unsent == 1001
    outbox.stored()
    found = first.body
    while parcel := outbox.take():
        assert parcel.lines <= 1000
        found += parcel.body
        outbox.stored()
    assert found == b"".join(rows) + encode_lines("later")[0]
    assert outbox.unsent == 0


def test_short_lines_go_in_portions() -> None:
    """An append is bounded in lines, too."""
    outbox = Outbox()
    outbox.add(encode_lines("\n" * 25_000))
    found = []
    while parcel := outbox.take():
        found.append(parcel.lines)
        outbox.stored()
    assert max(found) <= 10_000
    assert sum(found) == 25_000
