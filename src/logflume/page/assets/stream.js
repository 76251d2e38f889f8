/**
 * One EventSource on a log, from its opening to its end.
 *
 * Says that it is heard only once it has said something: every stream begins with an event at once,
 * so one that is open and silent is held back on its way. Later on silence is what a quiet log sounds
 * like, and a broken connection too; `silent` is called to find out which.
 */

import { Problem } from "./api.js";

/**
 * @typedef {object} Hearer
 * @property {(message: MessageEvent) => void} data
 * @property {(control: {streamNextOffset: string, streamClosed?: boolean}) => void} control
 * @property {() => void} heard something has come: it is live
 * @property {() => void} lost the browser connects anew by itself
 * @property {() => Promise<boolean>} silent whether nothing was missed in the silence
 */

/**
 * How it ended. `suspect`: so soon that the way may not let streams through; `silent`: it let none.
 * @typedef {object} Ending
 * @property {"finished" | "deleted" | "reconnecting" | "again"} state
 * @property {Problem} [problem]
 * @property {"suspect" | "silent"} [fault]
 */

const FIRST_WORD_MS = 5_000; // after the opening, which is answered with an event at once
const RECONNECTING_MS = 10_000; // for the browser to come back by itself, after the delay it is told
const QUIET_MS = 60_000; // without a word, until it is asked for
const QUICK_MS = 10_000; // a stream that failed sooner was hardly one
const MOST_ERRORS = 3; // in a row without a word between them, before the browser is relieved

/**
 * Resolves when the EventSource is over: ended, given up by the browser or by us.
 * @param {string} address @param {Hearer} hearer @param {AbortSignal} signal
 * @returns {Promise<Ending>}
 */
export function listen(address, hearer, signal) {
  return new Promise((resolve) => new Stream(address, hearer, signal, resolve));
}

class Stream {
  #source;
  #hearer;
  #resolve;
  #errors = 0;
  #since = performance.now();
  #timer = 0;

  /** @param {string} address @param {Hearer} hearer @param {AbortSignal} signal @param {(ending: Ending) => void} resolve */
  constructor(address, hearer, signal, resolve) {
    this.#source = new EventSource(address);
    this.#hearer = hearer;
    this.#resolve = resolve;
    signal.addEventListener("abort", () => this.#end({ state: "again" }), { once: true });
    this.#on("data", (message) => hearer.data(message));
    this.#on("control", (message) => {
      const control = JSON.parse(message.data);
      hearer.control(control);
      if (control.streamClosed) this.#end({ state: "finished" });
    });
    this.#on("problem", (message) => {
      const { status = 503, title = "The stream ended early", detail = "" } = JSON.parse(message.data);
      this.#end({ state: "reconnecting", problem: new Problem(status, title, detail) });
    });
    this.#on("gone", () => this.#end({ state: "deleted" }));
    this.#source.addEventListener("open", () => {
      this.#since = performance.now();
      this.#await(FIRST_WORD_MS, () => this.#end({ state: "reconnecting", fault: "silent" }));
    });
    this.#source.addEventListener("error", () => this.#failed());
    this.#await(FIRST_WORD_MS, () => this.#end({ state: "reconnecting", fault: "silent" }));
  }

  /** @param {string} name @param {(message: MessageEvent) => void} hear */
  #on(name, hear) {
    this.#source.addEventListener(name, (message) => {
      this.#errors = 0;
      this.#quiet();
      this.#hearer.heard();
      try {
        hear(message);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        this.#end({ state: "reconnecting", fault: "suspect", problem: new Problem(0, "The stream cannot be read", "") });
      }
    });
  }

  #quiet() {
    this.#await(QUIET_MS, async () => {
      if (await this.#hearer.silent()) this.#quiet();
      else this.#end({ state: "again" });
    });
  }

  #failed() {
    const fault = performance.now() - this.#since < QUICK_MS ? "suspect" : undefined;
    const isOver = this.#source.readyState === EventSource.CLOSED || ++this.#errors >= MOST_ERRORS;
    if (isOver) return this.#end({ state: "reconnecting", fault });
    this.#hearer.lost();
    this.#await(RECONNECTING_MS, () => this.#end({ state: "reconnecting" }));
  }

  /** Instead of what was awaited before. @param {number} milliseconds @param {() => void} act */
  #await(milliseconds, act) {
    clearTimeout(this.#timer);
    if (this.#source.readyState !== EventSource.CLOSED) this.#timer = setTimeout(act, milliseconds);
  }

  /** @param {Ending} ending */
  #end(ending) {
    this.#source.close();
    clearTimeout(this.#timer);
    this.#resolve(ending);
  }
}
