/**
 * Hits: the numbers of the records that match a question, from the whole log.
 *
 * The server searches a bounded part at a time; `goOn` asks for part after part until the tail is
 * reached or it is stopped, and once more when the log has grown. So every number up to `searched`
 * that matches is in `numbers`, in order, and no other. Fires `change` after each part.
 */

import { get } from "./api.js";

/** @typedef {Record<string, string>} Question the parameters that say what to look for */

const TRIES = 3; // of one part, before a failure of the network is told
const RETRY_MS = 1000;

/**
 * The address of something beside the log, with parameters; what `src` has of its own stays.
 * @param {string} src @param {string} under @param {Record<string, string | number>} [parameters]
 */
export function address(src, under, parameters = {}) {
  const url = new URL(src, document.baseURI);
  url.pathname += under;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
  return url.origin === location.origin ? url.pathname + url.search : url.href;
}

export class Hits extends EventTarget {
  /** In order. @type {number[]} */
  numbers = [];
  /** @type {import("./api.js").LogRecord[]} */
  records = [];
  searched = 0; // the last record looked at
  done = false; // whether that was the tail
  /** Why it stopped. @type {Error | null} */
  problem = null;
  #src;
  #question;
  #limit;
  /** @type {string | null} */
  #next = null;
  /** @type {Promise<void> | null} */
  #run = null;
  #stopping = new AbortController();

  /**
   * @param {string} src @param {Question} question
   * @param {number} [limit] records that an answer shall bring; 0 for numbers alone
   */
  constructor(src, question, limit = 0) {
    super();
    this.#src = src;
    this.#question = question;
    this.#limit = limit;
  }

  /** Records that have come since the last call, in order. */
  taken() {
    return this.records.splice(0);
  }

  get running() {
    return this.#run !== null;
  }

  /**
   * Search on from where it is, until the tail, or as long as `wanted` says so; a search that runs
   * already is waited for instead.
   * @param {() => boolean} [wanted] asked after each part
   */
  goOn(wanted = () => true) {
    this.#run ??= this.#parts(wanted);
    return this.#run;
  }

  /** @param {() => boolean} wanted */
  async #parts(wanted) {
    this.problem = null;
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    try {
      do await this.#part(signal);
      while (!this.done && !signal.aborted && wanted());
    } catch (error) {
      if (!signal.aborted) this.problem = error instanceof Error ? error : new Error(String(error));
    }
    this.#run = null;
    this.dispatchEvent(new Event("change"));
  }

  stop() {
    this.#stopping.abort();
  }

  /** The first hit after record `n`. @param {number} n */
  after(n) {
    return this.numbers[below(this.numbers, n + 1)];
  }

  /** The last hit before record `n`. @param {number} n */
  before(n) {
    return this.numbers[below(this.numbers, n) - 1];
  }

  /** Which hit record `n` is, from 0; -1 if it is none. @param {number} n */
  indexOf(n) {
    const at = below(this.numbers, n);
    return this.numbers[at] === n ? at : -1;
  }

  /** @param {AbortSignal} signal */
  async #part(signal) {
    /** @type {Record<string, string | number>} */
    const where = this.#next === null ? { from: this.searched + 1 } : { offset: this.#next };
    const parameters = { ...this.#question, limit: this.#limit, ...where };
    const { body } = await this.#ask(address(this.#src, "/search", parameters), signal);
    if (signal.aborted) return;
    // Fewer records than numbers, where records are wanted: what follows the last one is asked again.
    const all = this.#limit === 0 || body.records.length === body.numbers.length;
    const last = all ? body.searched.last : body.records.at(-1).n;
    for (const n of body.numbers) if (n > this.searched && n <= last) this.numbers.push(n);
    this.records.push(...body.records);
    this.searched = Math.max(this.searched, last);
    this.#next = all ? body.next : null;
    this.done = all && body.next === null;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} path @param {AbortSignal} signal */
  async #ask(path, signal) {
    for (let tries = 1; ; tries++) {
      try {
        return await get(path, signal);
      } catch (error) {
        const final = signal.aborted || tries === TRIES || /** @type {{final?: boolean}} */ (error).final;
        if (final) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * tries));
      }
    }
  }
}

/**
 * How many of `numbers`, which are in order, are below `n`; the first `low` are known to be, 0 if not said.
 * @param {number[]} numbers @param {number} n @param {number} low
 */
export function below(numbers, n, low = 0) {
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Where reading is: the line that was last gone to, while it is on the screen, else the first one there.
 * @param {import("./viewer.js").Viewer} viewer
 */
export function reading({ current, visible }) {
  const on = current !== null && current >= visible.first && current <= visible.last;
  return { n: on ? current : visible.first, on };
}

/**
 * Go to a line and make it the current one; what is on the screen stays where it is.
 * @param {import("./viewer.js").Viewer} viewer @param {number} n
 */
export function goTo(viewer, n) {
  const { first, last } = viewer.visible;
  const seen = n > first && n < last && !viewer.lines.hidden(n); // not in a fold between them
  viewer.goTo(n, { align: seen ? "nearest" : "center", reveal: true });
  viewer.current = n;
}
