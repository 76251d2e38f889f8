/**
 * The numbers of a log's errors, as far as they are known.
 *
 * Which lines are errors is the server's to say (`level=error`): it sees what their producer says and
 * what their texts say. What comes live and carries its level is added as it comes; the rest is asked
 * for when somebody wants to know, or some seconds after a section or the log has ended, spread so
 * that a crowd that watches does not ask at once.
 */

import { below, Hits } from "./hits.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {{enough: () => boolean, resolve: () => void, tail: number, tried: boolean}} Demand */

const SOON_MS = 1000; // after something ended …
const SPREAD_MS = 7000; // … and up to so much later: of 10,000 watchers that is 1,400 requests a second
const LEVELS = ["error", "fatal", "critical", "alert", "emergency"]; // producers' names for one

/** @type {WeakMap<Viewer, Errors>} */
const known = new WeakMap();

/** The errors of a viewer's log. @param {Viewer} viewer */
export function errors(viewer) {
  const there = known.get(viewer) ?? new Errors(viewer);
  known.set(viewer, there);
  return there;
}

/** Fires `change` when one was found. */
export class Errors extends EventTarget {
  #viewer;
  #hits;
  #soon = 0;
  #stopped = false;
  /** Who waits for the search, and for what. @type {Set<Demand>} */
  #demands = new Set();
  /** The numbers known, in order: those found, then those that came live since. @type {number[]} */
  numbers = [];

  /** @param {Viewer} viewer */
  constructor(viewer) {
    super();
    this.#viewer = viewer;
    this.#hits = new Hits(viewer.src, { level: "error" });
    this.#hits.addEventListener("change", () => this.#found());
    viewer.addEventListener("marks", (event) => this.#came(/** @type {CustomEvent} */ (event).detail));
  }

  /** Whether there is none that is not known, but for what came since. */
  get all() {
    return this.#hits.done;
  }

  get problem() {
    return this.#hits.problem;
  }

  /** The last record that was searched. */
  get searched() {
    return this.#hits.searched;
  }

  /**
   * Search what was not searched, until it is enough or the end is reached; resolves then, or when
   * the server cannot be asked.
   * @param {() => boolean} [enough]
   * @returns {Promise<void>}
   */
  ask(enough = () => false) {
    return new Promise((resolve) => {
      if (this.#stopped) return resolve();
      this.#demands.add({ enough, resolve, tail: this.#viewer.state.tail, tried: false });
      this.#work();
    });
  }

  /** Those who have what they want go; for the others the search goes on. */
  #work() {
    const { done, searched, running, problem } = this.#hits;
    for (const demand of this.#demands) {
      const over = !running && demand.tried && (problem !== null || done);
      if (!over && !demand.enough() && !(done && searched >= demand.tail)) continue;
      this.#demands.delete(demand);
      demand.resolve();
    }
    if (running || this.#demands.size === 0) return;
    for (const demand of this.#demands) demand.tried = true;
    this.#hits.goOn(() => this.#demands.size > 0);
  }

  /** Search what has come, some seconds from now, if everything before it was searched. */
  askSoon() {
    if (!this.all || this.#soon) return;
    this.#soon = setTimeout(() => {
      this.#soon = 0;
      if (!document.hidden) this.ask();
    }, SOON_MS + Math.random() * SPREAD_MS);
  }

  /**
   * How many there are from record `first` to record `last`; undefined if there may be some.
   * @param {number} first @param {number} last
   */
  within(first, last) {
    const { searched } = this.#hits;
    const all = below(this.numbers, last + 1) - below(this.numbers, first);
    return all === 0 && searched < Math.min(last, this.#viewer.state.tail) ? undefined : all;
  }

  /** For good. */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#soon);
    for (const { resolve } of this.#demands) resolve();
    this.#demands.clear();
    this.#hits.stop();
  }

  #found() {
    const { numbers, searched } = this.#hits;
    const since = this.numbers.slice(below(this.numbers, searched + 1));
    this.numbers = since.length ? numbers.concat(since) : numbers.slice();
    this.#work();
    this.dispatchEvent(new Event("change"));
  }

  /** @param {LogRecord[]} records */
  #came(records) {
    const before = this.numbers.length;
    for (const { n, level = "" } of records) {
      const fresh = n > this.#hits.searched && n > (this.numbers.at(-1) ?? 0);
      if (fresh && LEVELS.includes(level.toLowerCase())) this.numbers.push(n);
    }
    if (this.numbers.length > before) this.dispatchEvent(new Event("change"));
  }
}
