/**
 * Layer: the rows that are in the document, an element for each line.
 *
 * Owns elements and their heights. A row is made when its line is first shown and made again only
 * when its data have changed, so that a selection and the focus survive what happens around them. In
 * a row that is made again the focus stays where it was; with a row that leaves it goes to the log.
 */

import { isJoined } from "./data.js";
import { firstOf } from "./numbers.js";
import { placeholder, rowElement } from "./row.js";

/** @typedef {import("./data.js").Row} Row */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {{element: HTMLElement, row: Row | undefined, missing: boolean, height: number | undefined}} Held */

/**
 * @typedef {object} Source
 * @property {import("./dress.js").Dress} dress
 * @property {(n: number) => ReturnType<import("./data.js").LogData["row"]>} row
 * @property {(n: number) => boolean} missing whether the line is known not to have come
 * @property {(row: Row) => string} address of the line's raw text
 */

export class Layer {
  #frame;
  #source;
  /** @type {Map<number, Held>} */
  #held = new Map();
  /** The lines in the document, in order. @type {number[]} */
  numbers = [];
  /** All that was measured, for an average. */
  #measured = { height: 0, lines: 0 };
  /** Rows that have to be made again. @type {Set<number>} */
  #stale = new Set();

  /** @param {Frame} frame @param {Source} source */
  constructor(frame, source) {
    this.#frame = frame;
    this.#source = source;
  }

  /** Whether there are rows on the screen whose lines have yet to come. */
  get coming() {
    return [...this.#held.values()].some(({ row, missing }) => row === undefined && !missing);
  }

  /** The measured height of a row; undefined if it has not been measured as it is. @param {number} n */
  height(n) {
    return this.#held.get(n)?.height;
  }

  /** The mean of the heights measured so far; `otherwise` before the first. @param {number} otherwise */
  average(otherwise) {
    const { height, lines } = this.#measured;
    return lines === 0 ? otherwise : height / lines;
  }

  /** The row has changed. @param {number} n */
  changed(n) {
    if (this.#held.has(n)) this.#stale.add(n);
  }

  /** Make every row again. */
  refresh() {
    for (const n of this.#held.keys()) this.#stale.add(n);
  }

  /** Heights are to be measured again. */
  forgetHeights() {
    for (const held of this.#held.values()) held.height = undefined;
    this.#measured = { height: 0, lines: 0 };
  }

  /** Have exactly these lines in the document, in this order. @param {number[]} numbers */
  show(numbers) {
    this.numbers = numbers;
    const wanted = new Set(numbers);
    for (const [n, { element }] of this.#held) {
      if (!wanted.has(n)) this.#drop(n, element);
    }
    const elements = numbers.map((n) => this.#element(n));
    let place = this.#frame.rows.firstChild;
    for (const element of elements) {
      if (element === place) place = place.nextSibling;
      else this.#frame.rows.insertBefore(element, place);
    }
    const { dress } = this.#source;
    for (const [n, { element, row }] of this.#held) dress.wear(element, n, row?.last ?? n, row && firstOf(row.record));
  }

  /** Measure what has not been measured; whether there was anything. */
  measure() {
    let any = false;
    for (const held of this.#held.values()) {
      if (held.height !== undefined) continue;
      held.height = held.element.getBoundingClientRect().height;
      this.#measured.height += held.height;
      this.#measured.lines++;
      any = true;
    }
    return any;
  }

  /** @param {number} n */
  #element(n) {
    const held = this.#held.get(n);
    const found = this.#source.row(n);
    const row = found === undefined || isJoined(found) ? undefined : found;
    const missing = row === undefined && this.#source.missing(n);
    const same = held !== undefined && held.row === row && held.missing === missing && !this.#stale.delete(n);
    if (same) return held.element;
    const { dress, address } = this.#source;
    const element = row === undefined ? placeholder(n, missing) : rowElement(row, dress, address);
    if (held !== undefined) this.#replace(held.element, element);
    this.#held.set(n, { element, row, missing, height: undefined });
    return element;
  }

  /** @param {HTMLElement} old @param {HTMLElement} element */
  #replace(old, element) {
    const active = this.#frame.root.activeElement;
    const stops = "a, button";
    const at = old.contains(active) ? [...old.querySelectorAll(stops)].findIndex((stop) => stop === active) : -1;
    old.replaceWith(element);
    if (at === -1) return;
    const stop = element.querySelectorAll(stops)[at] ?? this.#frame.screen;
    /** @type {HTMLElement} */ (stop).focus({ preventScroll: true });
  }

  /** @param {number} n @param {HTMLElement} element */
  #drop(n, element) {
    const focused = element.contains(this.#frame.root.activeElement);
    element.remove();
    this.#held.delete(n);
    this.#stale.delete(n);
    if (focused) this.#frame.screen.focus({ preventScroll: true });
  }
}
