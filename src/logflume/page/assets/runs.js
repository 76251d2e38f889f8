/**
 * Runs: the text of a line in pieces of one style each, in the order in which they show.
 *
 * Neighbours of the same style and link are one run. There are at most MOST_RUNS; what follows the
 * last is in one more, without colours or links, so that a line that changes its colour a million
 * times costs no million elements.
 */

import { PLAIN } from "./sgr.js";

/**
 * What a terminal writes with: a style and the link that is open.
 * @typedef {{style: import("./sgr.js").Style, href: string | undefined}} Pen
 */

/** @typedef {{text: string, style: import("./sgr.js").Style, href?: string}} Run */

/** @type {Pen} */
export const BLANK = { style: PLAIN, href: undefined };

// A picture as wide as the widest terminal has one for each of its columns.
export const MOST_RUNS = 500;

export class Runs {
  /** @type {Run[]} */
  list = [];
  /** Whether there were more than are kept apart. */
  more = false;
  #pen = BLANK;

  /** @param {string} text @param {Pen} pen */
  add(text, pen) {
    if (text === "") return;
    if (this.more) pen = BLANK;
    const last = this.list[this.list.length - 1];
    if (last !== undefined && this.#pen.style === pen.style && this.#pen.href === pen.href) {
      last.text += text;
      return;
    }
    if (this.list.length === MOST_RUNS) {
      this.more = true;
      pen = BLANK;
    }
    this.#pen = pen;
    const { style, href } = pen;
    this.list.push(href === undefined ? { text, style } : { text, style, href });
  }
}
