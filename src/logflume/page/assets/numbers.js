/**
 * The numbers of a log's records: whether each came once and in order, and which offset is where.
 *
 * Records are numbered 1, 2, 3 … without gaps, so a lost or repeated one cannot hide: `Order` sees
 * every record that is handed to the page, before anything is painted or left out, and a fault once
 * found stays. Offsets are opaque tokens; `Places` remembers those that the server gave.
 */

/** @typedef {import("./api.js").LogRecord} LogRecord */

/**
 * What is wrong with the numbers `from` to `to`.
 * @typedef {{what: "missing" | "repeated", from: number, to: number}} Fault
 */

export class Order {
  /** @type {Fault[]} */
  faults = [];
  /** The number that must come next; null before the first. @type {number | null} */
  next = null;
  /** The record that ended the log, once it has come. @type {LogRecord | null} */
  end = null;

  /**
   * Begin a reading: its first number is `next`, or whatever comes first.
   * @param {number | null} next
   */
  begin(next) {
    this.next = next;
    this.end = null;
  }

  /**
   * Take records as they came; those that are new are given back.
   * @param {LogRecord[]} records
   */
  take(records) {
    return records.filter((record) => {
      const expected = this.next ?? record.n;
      if (record.n < expected) return this.#fault("repeated", record.n, record.n);
      if (record.n > expected) this.#fault("missing", expected, record.n - 1);
      this.next = record.n + 1;
      if (record.kind === "end") this.end = record;
      return true;
    });
  }

  /**
   * Check a page of older records, which must go from number `first` to just before `before`.
   * @param {LogRecord[]} records @param {number} first @param {number} before
   */
  check(records, first, before) {
    let expected = first;
    for (const { n } of records) {
      if (n < expected) this.#fault("repeated", n, n);
      if (n > expected) this.#fault("missing", expected, n - 1);
      expected = n + 1;
    }
    if (expected < before) this.#fault("missing", expected, before - 1);
  }

  /** Whether every number from the first one read to the end record came exactly once. */
  get complete() {
    const { end, next, faults } = this;
    return end !== null && faults.length === 0 && next === end.n + 1 && end.lines === end.n - 1;
  }

  /** @param {Fault["what"]} what @param {number} from @param {number} to */
  #fault(what, from, to) {
    this.faults.push({ what, from, to });
    return false;
  }
}

/** The offsets known, each by the number of the record before it, in order. */
export class Places {
  /** @type {{n: number, offset: string}[]} */
  #known = [];

  clear() {
    this.#known = [];
  }

  /** @param {number} n @param {string} offset */
  add(n, offset) {
    const at = this.#known.findLastIndex((place) => place.n <= n);
    if (this.#known[at]?.n !== n) this.#known.splice(at + 1, 0, { n, offset });
  }

  /** The nearest place after record `n` or later. @param {number} n */
  atOrAfter(n) {
    return this.#known.find((place) => place.n >= n);
  }

  /** The nearest place after record `n` or earlier. @param {number} n */
  atOrBefore(n) {
    return this.#known.findLast((place) => place.n <= n);
  }

  /**
   * Keep what is needed to read on from record `first` and from record `last`.
   * @param {number} first @param {number} last
   */
  keep(first, last) {
    const from = this.#known.findLastIndex((place) => place.n < first);
    const to = this.#known.findIndex((place) => place.n >= last);
    this.#known = this.#known.slice(Math.max(from, 0), to === -1 ? undefined : to + 1);
  }
}
