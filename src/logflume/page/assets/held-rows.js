/**
 * The rows that the page holds: those near the wanted ones, and the last ones. What is in neither
 * place is dropped at once, because the worker no longer tells when it changes.
 */

import { firstOf } from "./numbers.js";
import { isSome, keptOf, nearOf } from "./spans.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./joins.js").Joined} Joined */
/** @typedef {import("./joins.js").Line} Line */
/** @typedef {import("./spans.js").Span} Span */

/**
 * A line as it is shown: one record, or the partial records that make one line.
 * @typedef {object} Row
 * @property {number} n its first record
 * @property {number} last its last record
 * @property {number} records how many are in it; others may stand between
 * @property {string} time RFC 3339, of its first record
 * @property {string | undefined} stream
 * @property {string | undefined} level
 * @property {string | undefined} kind group, status or end
 * @property {string} text all of it, raw, with control sequences and carriage returns
 * @property {number} cut characters left out of it: of its end, or of what a carriage return took back
 * @property {LogRecord} record its first record
 */

/** Whether the record at this number is a part of an earlier row. @param {Row | Joined} row @returns {row is Joined} */
export function isJoined(row) {
  return "joins" in row;
}

export class HeldRows {
  /** @type {Map<number, Row | Joined>} */
  #rows = new Map();
  /** What is no longer kept; of the last one's number is the row for it. @type {Span} */
  #gap = { first: 0, last: 0 };
  /** @type {Span[]} */
  #wanted = [];
  #tail = 0;

  /** @param {number} n @returns {Row | Joined | undefined} */
  at(n) {
    const { first, last } = this.#gap;
    if (n >= first && n < last) return { n, joins: last };
    return this.#rows.get(n);
  }

  /** From now on these are wanted; what of them and near them is not here. @param {Span[]} wanted */
  want(wanted) {
    this.#wanted = wanted;
    this.#drop();
    return nearOf(wanted, this.#tail).map((span) => this.#lacking(span)).filter(isSome);
  }

  /**
   * Take what the worker tells; the rows that are new or have changed.
   * @param {(Line | Joined)[]} lines @param {number} tail
   */
  put(lines, tail) {
    this.#tail = tail;
    const rows = [];
    for (const line of lines) {
      if ("joins" in line) {
        this.#rows.set(line.n, line);
      } else {
        const row = rowOf(line);
        if (isSame(row, this.#rows.get(row.n))) continue;
        this.#rows.set(row.n, row);
        if (firstOf(row.record) < row.n) this.#gap = { first: firstOf(row.record), last: row.n };
        rows.push(row);
      }
    }
    this.#drop();
    return rows;
  }

  /** @param {Span} span */
  #lacking({ first, last }) {
    while (first <= last && this.at(first) !== undefined) first++;
    while (first <= last && this.at(last) !== undefined) last--;
    return { first, last };
  }

  #drop() {
    const kept = keptOf(this.#wanted, this.#tail);
    for (const [n, row] of this.#rows) {
      const end = isJoined(row) ? n : row.last;
      if (!kept.some(({ first, last }) => n <= last && end >= first)) this.#rows.delete(n);
    }
  }
}

/** Whether a row is what was here before: a record never changes. @param {Row} row @param {Row | Joined | undefined} before */
function isSame(row, before) {
  if (before === undefined || isJoined(before)) return false;
  return row.last === before.last && row.records === before.records && row.text === before.text;
}

/** @param {Line} line @returns {Row} */
function rowOf({ record, last, records, text, cut }) {
  const { n, time, stream, level, kind } = record;
  return { n, last, records, time, stream, level, kind, text: text ?? record.text ?? "", cut, record };
}
