/**
 * Rows: the window of a log that is in the page, a row for each line.
 *
 * Every record from number `first` to just before number `next` is in a row, and no other. A
 * `partial` record and the next of its stream share a row, which stands where the first of them
 * does; so when a row is dropped, rows that begin within its span go with it. Text reaches the page
 * in text nodes only.
 *
 * Does not know where records come from, nor about scrolling.
 */

import { css, fold, PLAIN, runs } from "./ansi.js";
import { make } from "./dom.js";
import { absolute, counted } from "./format.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./ansi.js").Run} Run */

/**
 * @typedef {object} Row
 * @property {number} n its first record
 * @property {number} last its last record
 * @property {number} records how many are in it; fewer than the span when other rows begin within
 * @property {string} time of its first record, as it is shown
 * @property {string | undefined} stream none for a marker
 * @property {string} text what is left of it after carriage returns
 * @property {import("./ansi.js").Style} style in which `text` begins
 * @property {number} cut characters that are not shown
 * @property {HTMLElement} element
 */

// A row is laid out as one piece: this keeps a minified bundle, printed by mistake, from stalling it.
const LONGEST_LINE = 20_000; // characters
// How many rows up an unfinished line is looked for; keeps a dropped row from taking many with it.
const JOIN_REACH = 200;

export class Rows {
  first = 1;
  next = 1;
  #container;
  /** @type {Row[]} */
  #rows = [];
  /** The unfinished line of each stream. @type {Map<string, Row>} */
  #open = new Map();

  /** @param {HTMLElement | DocumentFragment} container */
  constructor(container) {
    this.#container = container;
  }

  get size() {
    return this.#rows.length;
  }

  /** The first and the last row's element. */
  get edges() {
    return { top: this.#rows[0]?.element, bottom: this.#rows.at(-1)?.element };
  }

  /** Show nothing; the next record is `next`. @param {number} next */
  clear(next) {
    this.#container.replaceChildren();
    this.#rows = [];
    this.#open.clear();
    this.first = this.next = next;
  }

  /** Add what follows the last row. @param {LogRecord[]} records */
  append(records) {
    if (records.length === 0) return;
    if (this.size === 0) this.first = records[0].n;
    const known = this.size;
    /** @type {Set<Row>} */
    const changed = new Set();
    for (const record of records) changed.add(this.#join(record) ?? this.#add(record));
    changed.forEach(paint);
    this.#container.append(...this.#rows.slice(known).map((row) => row.element));
    this.next = records[records.length - 1].n + 1;
  }

  /** Add what precedes the first row. @param {LogRecord[]} records */
  prepend(records) {
    if (records.length === 0) return;
    const page = new Rows(document.createDocumentFragment());
    page.append(records);
    for (const [stream, row] of page.#open) this.#continue(row, stream);
    this.#container.prepend(page.#container);
    this.#rows.unshift(...page.#rows);
    this.first = page.first;
  }

  /** Drop rows from the top until `most` are left. @param {number} most */
  dropFirst(most) {
    let drop = 0;
    while (drop < this.size && (this.size - drop > most || this.#rows[drop].n < this.first)) {
      this.first = Math.max(this.first, this.#rows[drop++].last + 1);
    }
    this.#remove(this.#rows.splice(0, drop));
  }

  /** Drop rows from the bottom until `most` are left. @param {number} most */
  dropLast(most) {
    let keep = Math.min(this.size, most);
    if (keep === this.size) return;
    for (let at = keep - 1; at >= Math.max(0, keep - JOIN_REACH); at--) {
      if (this.#rows[at].last >= this.#rows[keep].n) keep = at;
    }
    const dropped = this.#rows.splice(keep);
    this.next = dropped[0].n;
    this.#remove(dropped);
  }

  /** The element of the row that record `n` is in. @param {number} n */
  elementOf(n) {
    if (n < this.first || n >= this.next) return undefined;
    return this.#rows.findLast((row) => row.n <= n)?.element;
  }

  /**
   * Put the record in the row of the unfinished line it goes on with, if there is one.
   * @param {LogRecord} record
   */
  #join({ n, kind, stream = "", text = "", partial }) {
    const row = this.#open.get(stream);
    if (kind !== undefined || row === undefined) return undefined;
    const near = this.#rows.slice(-JOIN_REACH).includes(row);
    if (!partial || !near) this.#open.delete(stream);
    if (!near) return undefined;
    extend(row, text);
    row.last = n;
    row.records++;
    return row;
  }

  /** @param {LogRecord} record */
  #add(record) {
    const row = rowOf(record);
    this.#rows.push(row);
    if (record.partial) this.#open.set(record.stream ?? "", row);
    return row;
  }

  /**
   * `row`, which a page of older records left unfinished, takes in the row that goes on with it.
   * @param {Row} row @param {string} stream
   */
  #continue(row, stream) {
    const at = this.#rows.slice(0, JOIN_REACH).findIndex((other) => other.stream === stream);
    if (at === -1) return;
    const [rest] = this.#rows.splice(at, 1);
    rest.element.remove();
    extend(row, rest.text);
    row.cut += rest.cut;
    row.last = rest.last;
    row.records += rest.records;
    if (this.#open.get(stream) === rest) this.#open.set(stream, row);
    paint(row);
  }

  /** @param {Row[]} dropped */
  #remove(dropped) {
    for (const row of dropped) {
      row.element.remove();
      if (this.#open.get(row.stream ?? "") === row) this.#open.delete(row.stream ?? "");
    }
  }
}

/**
 * @param {LogRecord} record
 * @returns {Row}
 */
function rowOf({ n, time, kind, stream, level, text = "", status = "", exit_code, lines }) {
  const shown = absolute(time);
  const element = make("div", { className: "row" },
    make("a", { className: "number", id: `L${n}`, href: `#L${n}`, title: shown }, String(n)),
    make("span", { className: "mark" }, stream === "stderr" ? "err" : null),
    make("span", { className: "text" }));
  if (kind !== undefined) element.dataset.kind = kind;
  if (stream !== undefined) element.dataset.stream = stream;
  if (level !== undefined) element.dataset.level = level;
  const row = {
    n, last: n, records: 1, time: shown, stream: kind === undefined ? stream : undefined,
    text: "", style: PLAIN, cut: 0, element,
  };
  const exit = exit_code === null || exit_code === undefined ? "" : ` · exit code ${exit_code}`;
  if (kind === "status") text = `status: ${status}`;
  if (kind === "end") text = `end: ${status}${exit} · ${counted(lines ?? 0, "record")}`;
  extend(row, text || (kind ?? ""));
  return row;
}

/** @param {Row} row @param {string} text */
function extend(row, text) {
  const folded = fold(row.text + text, row.style);
  row.cut = (text.includes("\r") ? 0 : row.cut) + Math.max(0, folded.text.length - LONGEST_LINE);
  row.text = folded.text.slice(0, LONGEST_LINE);
  row.style = folded.style;
}

/** @param {Row} row */
function paint(row) {
  const [number, , text] = row.element.children;
  if (row.records > 1) {
    const all = row.records === row.last - row.n + 1;
    const which = `${all ? "" : `${row.records} of `}records ${row.n}–${row.last}`;
    number.setAttribute("aria-label", which);
    number.setAttribute("title", `${which} · ${row.time}`);
  }
  text.replaceChildren(...runs(row.text, row.style).map(painted));
  if (row.cut === 0) return;
  text.append(make("i", { className: "cut" }, `… ${counted(row.cut, "more character")}, in the raw text`));
}

/** @param {Run} run */
function painted({ text, style }) {
  if (style === PLAIN) return document.createTextNode(text);
  const span = make("span", {}, text);
  const fg = css(style.fg, "fg");
  const bg = css(style.bg, "bg");
  const colour = style.inverse ? (bg ?? "var(--log-bg)") : fg;
  const background = style.inverse ? (fg ?? "var(--log-fg)") : bg;
  if (colour) span.style.color = colour;
  if (background) span.style.backgroundColor = background;
  for (const name of /** @type {const} */ (["bold", "dim", "italic", "underline", "strike"])) {
    if (style[name]) span.classList.add(name);
  }
  return span;
}
