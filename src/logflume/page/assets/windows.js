/**
 * The records that are held of a log, however long it is: at most so many bytes of them.
 *
 * They are kept in windows of SIZE records, aligned by number. What has not been looked at for the
 * longest time leaves first; windows within what is pinned stay. Records that the server does not
 * have although their number is below the tail are holes: known to be missing, and not asked for
 * again. So are those that are no longer kept, however many they are, but for the last one's number,
 * under which the record is that stands for them.
 */

import { firstOf, isOmitted } from "./numbers.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./spans.js").Span} Span */

/**
 * One slot for each number: the record, null for a hole, undefined for what is not known.
 * @typedef {{slots: (LogRecord | null | undefined)[], known: number, bytes: number}} Window
 */

// Records; small enough that a screen of the longest lines does not keep a hundred megabytes.
const SIZE = 100;

// A record's object, its time and the slot that it is in, as Chromium lays them out (rounded up).
const RECORD_BYTES = 120;
const WINDOW_BYTES = 600;
const WIDE = /[^\u0000-\u00ff]/; // one such character, and each of the text takes two bytes

export class Windows {
  bytes = 0;
  #limit;
  /** By the number before their first one; those used last are at the end. @type {Map<number, Window>} */
  #windows = new Map();
  /** @type {Span[]} */
  #pinned = [];
  /** The record for those that are no longer kept, as far as they are known. @type {LogRecord | null} */
  #gap = null;

  /** @param {number} limit bytes */
  constructor(limit) {
    this.#limit = limit;
  }

  /** Take records, of any numbers. @param {LogRecord[]} records */
  put(records) {
    for (const record of records) {
      if (this.tellsMore(record)) this.#gap = record;
      else if (!isOmitted(record)) this.#set(record.n, record);
    }
    this.#evict();
  }

  /** Whether more is no longer kept, as this record tells, than was known. @param {LogRecord} record */
  tellsMore(record) {
    const gap = this.#gap;
    return isOmitted(record) && (gap === null || firstOf(record) < firstOf(gap) || record.n > gap.n);
  }

  /**
   * The record for what is no longer kept, if some of that is from `first` to `last`.
   * @param {number} first @param {number} last
   */
  gapWithin(first, last) {
    const gap = this.#gap;
    return gap !== null && firstOf(gap) <= last && gap.n >= first ? gap : null;
  }

  /** What is not held from `first` to `last` is not there to be had. @param {number} first @param {number} last */
  markHoles(first, last) {
    for (let n = first; n <= last; n++) {
      if (this.#slot(n) === undefined) this.#set(n, null);
    }
  }

  /** Record `n`, if it is held. @param {number} n */
  at(n) {
    return this.#slot(n) ?? undefined;
  }

  /**
   * The records held from `first` to `last`, those without a gap between them together.
   * @param {number} first @param {number} last
   */
  runs(first, last) {
    /** @type {LogRecord[][]} */
    const runs = [];
    /** @type {LogRecord[] | null} */
    let run = null;
    for (let n = Math.max(1, first); n <= last; n++) {
      const slot = this.#slot(n);
      if (slot === undefined) run = null;
      if (!slot) continue;
      if (run === null) runs.push((run = []));
      run.push(slot);
    }
    return runs;
  }

  /**
   * The smallest span with all that is not known from `first` to `last`.
   * @param {number} first @param {number} last
   * @returns {Span | null}
   */
  missing(first, last) {
    while (first <= last && this.#slot(first) !== undefined) first = this.#knownAround(first).last + 1;
    while (last >= first && this.#slot(last) !== undefined) last = this.#knownAround(last).first - 1;
    return first <= last ? { first, last } : null;
  }

  /** Keep the windows of these spans, and say that they are looked at. @param {Span[]} spans */
  pin(spans) {
    this.#pinned = spans;
    for (const { first, last } of spans) {
      for (let key = startOf(first) - 1; key < last; key += SIZE) {
        const window = this.#windows.get(key);
        if (window === undefined) continue;
        this.#windows.delete(key);
        this.#windows.set(key, window);
      }
    }
  }

  /** @param {number} n */
  #slot(n) {
    const gap = this.gapWithin(n, n);
    if (gap !== null) return n === gap.n ? gap : null;
    return this.#windows.get(startOf(n) - 1)?.slots[(n - 1) % SIZE];
  }

  /** Numbers around `n`, which is known, that are known without looking at each. @param {number} n */
  #knownAround(n) {
    const gap = this.gapWithin(n, n);
    if (gap !== null) return { first: firstOf(gap), last: gap.n };
    const isFull = this.#windows.get(startOf(n) - 1)?.known === SIZE;
    return isFull ? { first: startOf(n), last: endOf(n) } : { first: n, last: n };
  }

  /** @param {number} n @param {LogRecord | null} record */
  #set(n, record) {
    const key = startOf(n) - 1;
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = { slots: new Array(SIZE), known: 0, bytes: WINDOW_BYTES };
      this.#windows.set(key, window);
      this.bytes += WINDOW_BYTES;
    }
    const at = (n - 1) % SIZE;
    const before = window.slots[at];
    const bytes = bytesOf(record) - bytesOf(before ?? null);
    if (before === undefined) window.known++;
    window.slots[at] = record;
    window.bytes += bytes;
    this.bytes += bytes;
  }

  #evict() {
    for (const [key, window] of this.#windows) {
      if (this.bytes <= this.#limit) return;
      if (this.#pinned.some(({ first, last }) => key < last && key + SIZE >= first)) continue;
      this.#windows.delete(key);
      this.bytes -= window.bytes;
    }
  }
}

/** The first number of the window that `n` is in. @param {number} n */
function startOf(n) {
  return n - ((n - 1) % SIZE);
}

/** The last one. @param {number} n */
function endOf(n) {
  return startOf(n) + SIZE - 1;
}

/** @param {LogRecord | null} record */
function bytesOf(record) {
  if (record === null) return 0;
  const { text = "" } = record;
  return RECORD_BYTES + text.length * (WIDE.test(text) ? 2 : 1);
}
