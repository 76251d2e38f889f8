/**
 * Dress: what is shown about lines beyond what the log says of them.
 *
 * Owns the search pattern, the reader's marks and what the tools put into rows. What is only a class
 * of a row (`wear`) is changed on rows that are there already; a pattern, times or decorations need
 * the rows made again.
 */

/** @typedef {import("./data.js").Row} Row */

/**
 * What a tool adds to a row: nodes before and after its text.
 * @typedef {{className?: string, before?: Node[], after?: Node[]}} Decoration
 */

/** @typedef {(row: Row) => Decoration | undefined | null} Decorator */

export class Dress {
  /** @type {RegExp | null} */
  #pattern = null;
  /** The line of the search hit that the reader is at. @type {number | null} */
  current = null;
  /** @type {{from: number, to: number} | null} */
  marked = null;
  /** @type {Set<number> | null} */
  differing = null;
  times = false;
  /** @type {Set<Decorator>} */
  decorators = new Set();

  /** What is searched for; always global, so that every match of a line is found. */
  get pattern() {
    return this.#pattern;
  }

  set pattern(pattern) {
    this.#pattern = pattern === null || pattern.global ? pattern : new RegExp(pattern, `${pattern.flags}g`);
  }

  /**
   * Set the classes of a row that is there.
   * @param {HTMLElement} element @param {number} n @param {number} last its records
   * @param {number} [first] of those that it stands for, where they are no longer kept
   */
  wear(element, n, last, first = n) {
    const { current, marked, differing } = this;
    const isMarked = marked !== null && marked.from <= last && marked.to >= first;
    element.classList.toggle("current", current === n);
    element.classList.toggle("marked", isMarked);
    element.classList.toggle("differs", differing?.has(n) ?? false);
    if (current === n || isMarked) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
  }

  /** What the tools put into this row. @param {Row} row @returns {Decoration[]} */
  decorations(row) {
    return [...this.decorators].map((decorate) => decorate(row)).filter((decoration) => decoration != null);
  }
}
