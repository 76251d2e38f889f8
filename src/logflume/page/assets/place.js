/**
 * Place: the top line of the screen and how many pixels of it are above the edge.
 *
 * Owns the arithmetic of moving by exact pixels over lines of any height, and which lines fill the
 * screen from there. Heights come from outside: `known` gives a line's measured height or undefined,
 * `guess` what it may be. The place never passes over a line that has not been measured, so a
 * move that is longer than what is known settles in steps, with lines measured between them.
 */

/** @typedef {import("./lines.js").Lines} Lines */
/** @typedef {{known: (n: number) => number | undefined, guess: (n: number) => number}} Heights */

/**
 * Lines that fill the screen, in order. `above` is where the first of them begins, in pixels from the
 * screen's top; `end` where the log ends, if that is among them.
 * @typedef {{numbers: number[], end: number | undefined}} Fill
 */

export class Place {
  n = 1;
  offset = 0;
  #lines;
  #heights;

  /** @param {Lines} lines @param {Heights} heights */
  constructor(lines, heights) {
    this.#lines = lines;
    this.#heights = heights;
  }

  /** @param {number} n @param {number} offset */
  set(n, offset) {
    this.n = n;
    this.offset = offset;
  }

  /** Whether the log's first pixel is on the screen. */
  get atStart() {
    return this.offset <= 0 && this.#lines.previous(this.n) === undefined;
  }

  /** Pass over whole lines, so that the offset lies within the line. */
  settle() {
    const { known } = this.#heights;
    while (this.offset < 0) {
      const previous = this.#lines.previous(this.n);
      if (previous === undefined) {
        this.offset = 0;
        return;
      }
      const height = known(previous);
      if (height === undefined) return;
      this.set(previous, this.offset + height);
    }
    for (;;) {
      const height = known(this.n);
      const next = this.#lines.next(this.n);
      if (height === undefined || next === undefined || this.offset < height) return;
      this.set(next, this.offset - height);
    }
  }

  /** The same where every line is `height` pixels high, at once. @param {number} height */
  settleEven(height) {
    const passed = Math.floor(this.offset / height);
    if (passed === 0) return;
    const index = this.#lines.indexOf(this.n) + passed;
    const last = this.#lines.count - 1;
    if (index < 0) this.set(this.#lines.at(0), 0);
    else if (index > last) this.set(this.#lines.at(last), this.offset - passed * height + (index - last) * height);
    else this.set(this.#lines.at(index), this.offset - passed * height);
  }

  /**
   * The lines from `over` pixels above the screen to as many below it.
   * @param {number} screen its height @param {number} over
   * @returns {Fill}
   */
  fill(screen, over) {
    const numbers = [];
    let top = -this.offset;
    for (let n = this.#lines.previous(this.n); n !== undefined && top > -over; n = this.#lines.previous(n)) {
      numbers.push(n);
      top -= this.#height(n);
    }
    numbers.reverse();
    let bottom = -this.offset;
    /** @type {number | undefined} */
    let n = this.n;
    for (; n !== undefined && bottom < screen + over; n = this.#lines.next(n)) {
      numbers.push(n);
      bottom += this.#height(n);
    }
    return { numbers, end: n === undefined ? bottom : undefined };
  }

  /** @param {number} n */
  #height(n) {
    return this.#heights.known(n) ?? this.#heights.guess(n);
  }
}
