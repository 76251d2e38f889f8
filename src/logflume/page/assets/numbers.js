/**
 * The numbers of a log's records: whether each came once and in order.
 *
 * Records are numbered 1, 2, 3 … without gaps, so a lost or repeated one cannot hide: `Order` sees
 * every record that is handed to the page, before anything is painted or left out, and a fault once
 * found stays. Records that are no longer kept are no fault: one stands for them, and says from
 * which number on.
 */

/** @typedef {import("./api.js").LogRecord} LogRecord */

/**
 * What is wrong with the numbers `from` to `to`.
 * @typedef {{what: "missing" | "repeated", from: number, to: number}} Fault
 */

const MOST_FAULTS = 100; // kept: a log that comes twice has as many as it has records

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
      const first = firstOf(record);
      if (first > expected) this.#fault("missing", expected, first - 1);
      this.next = record.n + 1;
      if (record.kind === "end") this.end = record;
      return true;
    });
  }

  /**
   * Check records that were asked for by number: from `first` to just before `before`.
   * @param {LogRecord[]} records @param {number} first @param {number} before
   */
  check(records, first, before) {
    let expected = first;
    for (const record of records) {
      const { n } = record;
      if (n < expected) this.#fault("repeated", n, n);
      if (firstOf(record) > expected) this.#fault("missing", expected, firstOf(record) - 1);
      expected = n + 1;
    }
    if (expected < before) this.#fault("missing", expected, before - 1);
  }

  /** @param {Fault["what"]} what @param {number} from @param {number} to */
  #fault(what, from, to) {
    const last = this.faults.findLast((fault) => fault.what === what);
    if (last !== undefined && from >= last.from && from <= last.to + 1) last.to = Math.max(last.to, to);
    else if (this.faults.length < MOST_FAULTS) this.faults.push({ what, from, to });
    return false;
  }
}

/** The first number that a record stands for: its own, but where others are no longer kept. @param {LogRecord} record */
export function firstOf(record) {
  return isOmitted(record) ? (record.from ?? record.n) : record.n;
}

/** Whether it stands for records that are no longer kept. @param {LogRecord} record */
export function isOmitted({ kind }) {
  return kind === "omitted";
}
