/**
 * Speech: what is told to those who do not see the screen.
 *
 * A log may bring a hundred lines a second; read aloud as they come they would bury everything. So
 * lines are counted, not read, and no count is said sooner than QUIET_MS after what was said last, no
 * sentence sooner than SOON_MS. Of what waits, the newest sentence and the sum of the counts are said.
 */

import { counted } from "./format.js";

const QUIET_MS = 5000; // about the time it takes to listen to a sentence and to act on it
const SOON_MS = 1000; // an answer to what the reader did must not seem lost

export class Speech {
  #status;
  #sentence = "";
  #lines = 0;
  #errors = 0;
  #timer = 0;
  #last = -QUIET_MS;

  /** @param {Element} status a live region */
  constructor(status) {
    this.#status = status;
  }

  /** @param {string} sentence */
  say(sentence) {
    this.#sentence = sentence;
    this.#schedule(SOON_MS);
  }

  /** Lines have come, and errors among them. @param {number} lines @param {number} errors */
  count(lines, errors) {
    this.#lines += lines;
    this.#errors += errors;
    if ((this.#lines || this.#errors) && this.#timer === 0) this.#schedule(QUIET_MS);
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** @param {number} quiet milliseconds after what was said last */
  #schedule(quiet) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#speak(), Math.max(0, this.#last + quiet - performance.now()));
  }

  #speak() {
    const parts = [
      this.#sentence,
      this.#lines ? counted(this.#lines, "new line") : "",
      this.#errors ? counted(this.#errors, "error") : "",
    ];
    this.#status.textContent = parts.filter((part) => part !== "").join(", ");
    this.#sentence = "";
    this.#lines = this.#errors = this.#timer = 0;
    this.#last = performance.now();
  }
}
