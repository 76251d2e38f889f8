"""What a log accepts. One pure function decides for every store.

A store calls `apply` inside its transaction with the state it has, and either gets the state and
the records to store together, or an exception, in which case nothing has changed. Appends to one
log are applied one after another, so that numbers are dense and a producer's marks never lag
behind its records.

The order of the checks is Durable Streams': a repeat is recognised before anything else, even on
a closed log; then closed, then the producer's order, then compare-and-set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from logflume.errors import (
    BadInput,
    Conflict,
    Duplicate,
    LogClosed,
    Outdated,
    ProducerFenced,
    ProducerGap,
)
from logflume.records import Append, Chunk, Producer, Seq, State

FORGET_PRODUCER_US = 7 * 24 * 3600 * 1_000_000
"""A producer silent for a week will not retry any more; its mark would only grow the state."""

MAX_PRODUCERS = 256
"""Marks kept for a log. A JetStream header, where a state must fit, ends at 64 KiB."""


def apply(state: State, append: Append) -> tuple[State, Chunk]:
    """The state after `append`, and its records, numbered.

    Raises Duplicate, LogClosed, ProducerFenced, ProducerGap, BadInput, Conflict or Outdated.
    """
    producers = state.producers
    if append.producer is not None:
        _refuse_repeat(state, append.producer)
    if state.closed and not append.describes_only:
        raise LogClosed(state)
    if append.producer is not None:
        _refuse_disorder(producers.get(append.producer.id), append.producer)
        producers = _remember(producers, append.producer, append.at_us)
    if append.revision is not None and append.revision != state.revision:
        raise Outdated(state)
    chunk = append.encode(Seq(state.tail + 1))
    return replace(
        state,
        tail=Seq(state.tail + len(chunk)),
        size_bytes=state.size_bytes + len(chunk.body),
        closed=state.closed or append.close,
        revision=state.revision + 1,
        producers=producers,
        document=state.document if append.document is None else append.document,
        labels=state.labels if append.labels is None else append.labels,
    ), chunk


def _refuse_repeat(state: State, producer: Producer) -> None:
    known = state.producers.get(producer.id)
    if known and producer.epoch == known.epoch and producer.seq <= known.seq:
        raise Duplicate(state, known)


def _refuse_disorder(known: Producer | None, producer: Producer) -> None:
    if known and producer.epoch < known.epoch:
        raise ProducerFenced(known.epoch)
    if known and producer.epoch > known.epoch and producer.seq != 0:
        raise BadInput("a new Producer-Epoch begins with Producer-Seq 0")
    expected = known.seq + 1 if known and producer.epoch == known.epoch else 0
    if producer.seq != expected:
        raise ProducerGap(expected, producer.seq)


def _remember(
    producers: Mapping[str, Producer], producer: Producer, at_us: int
) -> Mapping[str, Producer]:
    mark = replace(producer, seen_us=at_us)
    if producer.id in producers:
        return {**producers, producer.id: mark}
    recent = {
        name: known
        for name, known in producers.items()
        if at_us - known.seen_us < FORGET_PRODUCER_US
    }
    if len(recent) >= MAX_PRODUCERS:
        raise Conflict(f"{MAX_PRODUCERS} producers append to this log; go on with one of their ids")
    return {**recent, producer.id: mark}


__all__ = ["apply"]
