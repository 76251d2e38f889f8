/**
 * Layout: the rows that fill the screen from a place on, each where it belongs.
 *
 * Owns the rows in the document and the heights of their lines. Unwrapped, every line is one row of
 * text high and nothing is measured. Wrapped, the lines around the place are put into the document
 * and measured, and the place is reckoned again until it stands on measured lines only.
 */

import { isJoined } from "./data.js";
import { Layer } from "./layer.js";
import { Place } from "./place.js";
import { selectedLines } from "./selection.js";

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./screen.js").Screen} Screen */
/** @typedef {import("./lines.js").Lines} Lines */
/** @typedef {import("./layer.js").Source} Source */

const AROUND_ROWS = 10; // above and below the screen, so that a small step needs no new row
const MOST_ROUNDS = 20; // of measuring in one frame: each brings about a screen of rows
const MOST_KEPT = 1000; // rows off the screen that stay because they are selected

export class Layout {
  wrap = false;
  layer;
  place;
  atEnd = true;
  /** @type {number[]} */
  numbers = [];
  visible = { first: 0, last: 0 };
  #frame;
  #lines;
  #screen;
  #row;

  /** @param {Frame} frame @param {Lines} lines @param {Screen} screen @param {Source} source */
  constructor(frame, lines, screen, source) {
    this.#frame = frame;
    this.#lines = lines;
    this.#screen = screen;
    this.#row = source.row;
    this.layer = new Layer(frame, source);
    this.place = new Place(lines, { known: (n) => this.known(n), guess: (n) => this.#guess(n) });
  }

  /** How high a line is on average, as far as it is known. */
  get average() {
    return this.wrap ? this.layer.average(this.#screen.row) : this.#screen.row;
  }

  /** How high the whole log is, and how far down the place is in it, in pixels. */
  get position() {
    const { average } = this;
    const { n, offset, atStart } = this.place;
    const index = this.#lines.indexOf(n) + offset / this.height(n);
    return { total: this.#lines.count * average, at: atStart ? 0 : index * average };
  }

  /** The height of a line where it is known. @param {number} n */
  known(n) {
    return this.wrap ? this.layer.height(n) : this.#screen.row;
  }

  /** @param {number} n */
  height(n) {
    return this.known(n) ?? this.#guess(n);
  }

  clear() {
    this.layer.show([]);
    this.numbers = [];
    this.visible = { first: 0, last: 0 };
    this.atEnd = true;
  }

  /** Fill the screen. @param {() => void} aim sets the place, by the heights that are known by then */
  lay(aim) {
    aim();
    let fill = this.#fill();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      if (this.#join(fill.numbers)) {
        aim();
        fill = this.#fill();
        continue;
      }
      this.layer.show(this.#withSelected(fill.numbers));
      if (this.wrap && this.layer.measure()) aim();
      else if (fill.end !== undefined && fill.end < this.#screen.height && !this.place.atStart) {
        this.place.offset -= this.#screen.height - fill.end;
      } else break;
      fill = this.#fill();
    }
    this.numbers = fill.numbers;
    this.atEnd = fill.end !== undefined && fill.end <= this.#screen.height + 1;
    this.#put();
  }

  #fill() {
    if (this.wrap) this.place.settle();
    else this.place.settleEven(this.#screen.row);
    return this.place.fill(this.#screen.height, AROUND_ROWS * this.#screen.row);
  }

  /** Whether some of these turn out to be parts of earlier lines, which are no lines any more. @param {number[]} numbers */
  #join(numbers) {
    let any = false;
    for (const number of numbers) {
      for (let n = number; this.#isPart(n) && !this.#lines.hidden(n); n++) {
        this.#lines.join(n);
        any = true;
      }
    }
    return any;
  }

  /** @param {number} n */
  #isPart(n) {
    const row = this.#row(n);
    return row !== undefined && isJoined(row);
  }

  /** Move the rows to where the place wants them. */
  #put() {
    const { n, offset } = this.place;
    let above = 0;
    let bottom = -offset;
    let last = n;
    for (const number of this.layer.numbers) {
      if (number < n) above += this.height(number);
      else if (bottom < this.#screen.height) {
        last = number;
        bottom += this.height(number);
      }
    }
    this.visible = { first: n, last };
    this.#frame.rows.style.transform = `translateY(${-offset - above}px)`;
  }

  /** The lines, and those before or after them that are selected. @param {number[]} numbers */
  #withSelected(numbers) {
    const selected = selectedLines(this.#frame.root);
    if (selected === null) return numbers;
    return [
      ...this.#between(selected.first, numbers[0] - 1),
      ...numbers,
      ...this.#between(numbers[numbers.length - 1] + 1, selected.last),
    ];
  }

  /** The lines from `first` to `last`, unless they are too many. @param {number} first @param {number} last */
  #between(first, last) {
    const numbers = [];
    if (this.#lines.indexOf(last) - this.#lines.indexOf(first) > MOST_KEPT) return [];
    for (let n = this.#lines.next(first - 1); n !== undefined && n <= last; n = this.#lines.next(n)) numbers.push(n);
    return numbers;
  }

  /** How high a wrapped line may be, by its length. @param {number} n */
  #guess(n) {
    const row = this.#row(n);
    const length = row !== undefined && "text" in row ? row.text.length : 0;
    return this.#screen.row * Math.max(1, Math.ceil(length / this.#screen.columns));
  }
}
