/**
 * One line of a terminal whose cursor moves: what was written last at each column is what shows.
 *
 * Owns columns, the cursor and erasing. Every step takes constant time, whatever the line holds: a
 * write and an erasure only note when they happened, and what is left is worked out once, at the
 * end. So a line that erases itself a million times costs what its characters cost.
 *
 * Does not know escape sequences, nor what a style is.
 */

import { BLANK } from "./runs.js";
import { width } from "./widths.js";

/** @typedef {import("./runs.js").Pen} Pen */
/** @typedef {import("./runs.js").Runs} Runs */
/** @typedef {{at: number, time: number}} Erasure */

// Columns of the terminal, for movements; text may go farther, and then they may, too. No terminal is
// wider. Programs that ask for column 999 want its right edge, and 10 digits must not fill the memory.
const EDGE = 500;
// Columns that are kept apart: 12 bytes each. What is written farther right follows as it comes.
const MOST_COLUMNS = 1_000_000;

const NOTHING = 0;
const TAB = 9;
const TAB_STOP = 8;
const REST = 0x110000; // what follows the first column of a tab or a wide character; no code point

export class Cells {
  #column = 0;
  /** Columns from here on were never written. */
  #end = 0;
  #clock = 0;
  #codes = new Uint32Array(256);
  /** When each was written. */
  #times = new Uint32Array(256);
  /** With which of `#pens`. */
  #written = new Uint32Array(256);
  /** @type {Pen[]} */
  #pens = [];
  /** Combining marks, by column. @type {Map<number, {time: number, text: string}>} */
  #marks = new Map();
  #erasedAll = 0;
  /** Columns up to `at` were erased; the later, the smaller. @type {Erasure[]} */
  #erasedLeft = [];
  /** Columns from `at` were erased; the later, the greater. @type {Erasure[]} */
  #erasedRight = [];
  /** What was written beyond MOST_COLUMNS. @type {{text: string, pen: Pen}[]} */
  #beyond = [];

  /** @param {string} text without controls other than tabs @param {Pen} pen */
  write(text, pen) {
    if (this.#pens.at(-1) !== pen) this.#pens.push(pen);
    let at = 0;
    while (at < text.length && this.#column < MOST_COLUMNS) {
      const character = String.fromCodePoint(/** @type {number} */ (text.codePointAt(at)));
      this.#put(character);
      at += character.length;
    }
    if (at < text.length) this.#beyond.push({ text: text.slice(at), pen });
  }

  /** To a column, 0 being the first. @param {number} column */
  moveTo(column) {
    this.#column = Math.max(0, Math.min(column, this.#end > EDGE ? this.#end : EDGE - 1));
  }

  /** @param {number} columns to the right; to the left if negative */
  move(columns) {
    this.moveTo(this.#column + columns);
  }

  /** As erase-line does: 0 from the cursor on, 1 up to it and with it, 2 all. @param {number} which */
  erase(which) {
    const erased = { at: this.#column, time: ++this.#clock };
    if (which === 0) push(this.#erasedRight, erased, (earlier) => earlier.at >= erased.at);
    if (which === 1) push(this.#erasedLeft, erased, (earlier) => earlier.at <= erased.at);
    if (which === 2) this.#erasedAll = erased.time;
  }

  /** What shows. @param {Runs} into */
  addTo(into) {
    this.#bury();
    let end = this.#end;
    while (end > 0 && this.#beyond.length === 0 && this.#codes[end - 1] === NOTHING) end--;
    for (let column = 0; column < end; ) {
      const columns = this.#whole(column);
      if (columns === 0) into.add(" ", BLANK);
      else into.add(this.#shown(column), this.#pens[this.#written[column]]);
      column += columns || 1;
    }
    for (const { text, pen } of this.#beyond) into.add(text, pen);
  }

  /** Put a character at the cursor. @param {string} character */
  #put(character) {
    const columns = character === "\t" ? TAB_STOP - (this.#column % TAB_STOP) : width(character);
    if (columns === 0 && this.#column > 0) return this.#mark(character);
    const next = this.#column + (columns || 1);
    // A tab writes nothing at a terminal. Where nothing was written yet, it stands for what it skips.
    if (character !== "\t" || this.#column >= this.#end) {
      this.#reserve(next);
      this.#codes.fill(REST, this.#column, next);
      this.#codes[this.#column] = /** @type {number} */ (character.codePointAt(0));
      this.#times.fill(++this.#clock, this.#column, next);
      this.#written[this.#column] = this.#pens.length - 1;
      this.#end = Math.max(this.#end, next);
    }
    this.#column = next;
  }

  /** Put a combining mark on what stands before the cursor. @param {string} character */
  #mark(character) {
    let column = this.#column - 1;
    while (column > 0 && this.#codes[column] === REST) column--;
    const time = this.#times[column];
    const marks = this.#marks.get(column);
    if (marks?.time === time) marks.text += character;
    else this.#marks.set(column, { time, text: character });
  }

  /** @param {number} columns */
  #reserve(columns) {
    if (columns <= this.#codes.length) return;
    const length = Math.max(columns, 2 * this.#codes.length);
    this.#codes = longer(this.#codes, length);
    this.#times = longer(this.#times, length);
    this.#written = longer(this.#written, length);
  }

  /** Forget what was erased after it was written. */
  #bury() {
    let left = this.#erasedLeft.length - 1;
    let right = -1;
    for (let column = 0; column < this.#end; column++) {
      while (left >= 0 && this.#erasedLeft[left].at < column) left--;
      while (this.#erasedRight[right + 1]?.at <= column) right++;
      const erased = Math.max(
        this.#erasedAll,
        this.#erasedLeft[left]?.time ?? 0,
        this.#erasedRight[right]?.time ?? 0,
      );
      if (this.#times[column] <= erased) this.#codes[column] = NOTHING;
    }
  }

  /**
   * How many columns the character at `column` takes; 0 if there is none, or only a part of one: what
   * overwrites a part of a wide character or a tab leaves blanks of the rest.
   * @param {number} column
   */
  #whole(column) {
    const code = this.#codes[column];
    if (code === NOTHING || code === REST) return 0;
    const columns = code === TAB ? TAB_STOP - (column % TAB_STOP) : width(String.fromCodePoint(code)) || 1;
    for (let rest = column + 1; rest < column + columns; rest++) {
      if (this.#codes[rest] !== REST || this.#times[rest] !== this.#times[column]) return 0;
    }
    return columns;
  }

  /** The character at `column` with its marks. @param {number} column */
  #shown(column) {
    const marks = this.#marks.get(column);
    const character = String.fromCodePoint(this.#codes[column]);
    return marks?.time === this.#times[column] ? character + marks.text : character;
  }
}

/** @param {Uint32Array} array @param {number} length */
function longer(array, length) {
  const copy = new Uint32Array(length);
  copy.set(array);
  return copy;
}

/**
 * Add an erasure; those before it whose reach is within its own no longer matter.
 * @param {Erasure[]} erasures @param {Erasure} erased @param {(earlier: Erasure) => boolean} within
 */
function push(erasures, erased, within) {
  while (erasures.length > 0 && within(erasures[erasures.length - 1])) erasures.pop();
  erasures.push(erased);
}
