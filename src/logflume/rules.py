"""What a log accepts. One pure function decides for every store.

A store calls `apply` inside its transaction with the state it has, and either gets the state and
the records to store together, or an exception, in which case nothing has changed. Appends to one
log are applied one after another, so that numbers are dense and a producer's marks never lag
behind its records.

The order of the checks is Durable Streams': whether the log is there at all; a producer's repeat
and its fencing, which are told even on a closed log; then closed, the type, the producer's order,
the writers' order, and at last compare-and-set.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from logflume.errors import (
    BadInput,
    Conflict,
    Duplicate,
    LogClosed,
    LogExpired,
    LogGone,
    Outdated,
    ProducerFenced,
    ProducerGap,
    TooLarge,
)
from logflume.records import Append, Chunk, Gap, Producer, Rewrite, Seq, State, nothing
from logflume.wire.forms import kind_of, media_type

FORGET_PRODUCER_US = 7 * 24 * 3600 * 1_000_000
"""A producer silent for a week will not retry any more; its mark would only grow the state."""

MAX_PRODUCERS = 256
"""Marks kept for a log. A JetStream header, where a state must fit, ends at 64 KiB."""


def begin(state: State, first: Append | None) -> tuple[State, Chunk]:
    """The state of a new log, and its first records. Raises what `apply` raises."""
    if first is None:
        return state, nothing(Seq(state.tail + 1))
    # A lifetime of no time at all begins after the log has been made.
    made, chunk = apply(replace(state, lifetime=None), first)
    return replace(made, lifetime=state.lifetime), chunk


def apply(state: State, append: Append) -> tuple[State, Chunk]:
    """The state after `append`, and its records, numbered.

    Raises LogGone, LogExpired, Duplicate, LogClosed, ProducerFenced, ProducerGap, BadInput,
    Conflict, Outdated or TooLarge.
    """
    _refuse_absent(state, append)
    producers = state.producers
    if append.producer is not None:
        _refuse_repeat(state, append.producer)
        _refuse_older_epoch(producers.get(append.producer.id), append.producer)
    if state.closed and not append.describes_only:
        raise LogClosed(state)
    _refuse_type(state, append)
    if append.producer is not None:
        _refuse_disorder(producers.get(append.producer.id), append.producer)
        producers = _remember(producers, append.producer, append.at_us)
    _refuse_writer_disorder(state, append)
    if append.revision is not None and append.revision != state.revision:
        raise Outdated(state)
    if append.trim is not None:
        return _trimmed(state, append.trim), nothing(Seq(state.tail + 1))
    chunk = append.encode(Seq(state.tail + 1))
    limit = append.max_log_bytes
    if limit is not None and chunk and state.size_bytes + len(chunk.body) > limit:
        raise TooLarge("the log, with what this appends,", limit)
    return replace(
        state,
        tail=Seq(state.tail + len(chunk)),
        size_bytes=state.size_bytes + len(chunk.body),
        closed=state.closed or append.close,
        revision=state.revision + 1,
        producers=producers,
        document=state.document if append.document is None else append.document,
        labels=state.labels if append.labels is None else append.labels,
        deleted=append.delete,
        writer_seq=state.writer_seq if append.writer_seq is None else append.writer_seq,
        used_us=max(state.used_us, append.at_us),
        grown_us=append.at_us if chunk else state.grown_us,
    ), chunk


def _trimmed(state: State, gap: Gap) -> State:
    """The state once `gap` is no longer kept. Not a use of the log, and no growth of it. What is
    left out amid the records is told by a record of ours, which only a log of JSON can have."""
    old = state.gap
    if not gap.after < gap.until <= state.tail:
        raise BadInput("only records that there are can be trimmed")
    if old is not None and (gap.after != old.after or gap.until <= old.until):
        raise Outdated(state)
    if gap.after and kind_of(state.content_type) != "json":
        raise Conflict(f"a log of {state.content_type} is trimmed at its beginning only")
    return replace(state, gap=gap, revision=state.revision + 1)


def rewrite(state: State, change: Rewrite) -> tuple[State, Chunk]:
    """The state after records were replaced, and the records appended with that. It is done to a
    deleted log too: forks still read its records. Raises Outdated and LogClosed."""
    if change.revision is not None and change.revision != state.revision:
        raise Outdated(state)
    chunk = change.encode(Seq(state.tail + 1))
    if chunk and state.closed:
        raise LogClosed(state)
    return replace(
        state,
        tail=Seq(state.tail + len(chunk)),
        size_bytes=state.size_bytes + change.more_bytes + len(chunk.body),
        revision=state.revision + 1,
        rewrites=state.rewrites + 1,
        document=state.document if change.document is None else change.document,
        grown_us=change.at_us if chunk else state.grown_us,
    ), chunk


def _refuse_absent(state: State, append: Append) -> None:
    if append.epoch is not None and append.epoch != state.epoch:
        raise Outdated(state)
    if state.deleted:
        raise LogGone
    # A fork that expires at once is made all the same, and labelled.
    labels_only = append.describes_only and not append.uses
    if state.expired(append.at_us) and not labels_only:
        raise LogExpired


def _refuse_type(state: State, append: Append) -> None:
    wanted = append.content_type
    if wanted is not None and media_type(wanted) != media_type(state.content_type):
        raise Conflict(f"the log holds {state.content_type}; append the same")


def _refuse_writer_disorder(state: State, append: Append) -> None:
    """Text is compared as its bytes (Durable Streams, section 5.2)."""
    if append.writer_seq is None or state.writer_seq is None:
        return
    if append.writer_seq.encode() <= state.writer_seq.encode():
        raise Conflict(f"Stream-Seq must be greater than {state.writer_seq!r}, the last one")


def _refuse_repeat(state: State, producer: Producer) -> None:
    known = state.producers.get(producer.id)
    if known and producer.epoch == known.epoch and producer.seq <= known.seq:
        raise Duplicate(state, known)


def _refuse_older_epoch(known: Producer | None, producer: Producer) -> None:
    if known and producer.epoch < known.epoch:
        raise ProducerFenced(known.epoch)


def _refuse_disorder(known: Producer | None, producer: Producer) -> None:
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


__all__ = ["apply", "begin", "rewrite"]
