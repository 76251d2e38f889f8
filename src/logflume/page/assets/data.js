/**
 * A log of any length, as the page reads it.
 *
 * Everything that fetches, parses or hashes is in a worker (`log-worker.js`); this is its side in the
 * page. Holds the rows near those that are wanted, and the last ones, and no others: of these the
 * worker tells every change, so what `row` gives is true without asking.
 */

import { address, ask, Problem } from "./api.js";
import { HeldRows, isJoined } from "./held-rows.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./held-rows.js").Joined} Joined */
/** @typedef {import("./held-rows.js").Row} Row */
/** @typedef {import("./log-reader.js").Push} Push */
/** @typedef {import("./log-worker.js").Order} Order */
/** @typedef {import("./numbers.js").Fault} Fault */
/** @typedef {import("./spans.js").Span} Span */

/** @typedef {"loading" | "live" | "polling" | "reconnecting" | "finished" | "deleted" | "failed"} Connection */

/**
 * `unchecked`: too long to check unasked, or it could not be read for the check.
 * @typedef {"none" | "checking" | "complete" | "incomplete" | "unchecked"} Check
 */

/**
 * How reading stands.
 * @typedef {object} LogState
 * @property {Connection} connection
 * @property {Problem | undefined} problem
 * @property {number} tail the last record's number, as far as it is known
 * @property {boolean} closed
 * @property {LogRecord | null} end
 * @property {Check} check
 * @property {Fault[]} faults
 */

/**
 * @typedef {object} Listener
 * @property {(state: LogState) => void} state
 * @property {(rows: Row[]) => void} rows what was wanted has come, or has changed
 * @property {(records: LogRecord[]) => void} marks group, status, end and level records that came live
 */

export { isJoined };

/** Workers that read already, by the address of the log. @type {Map<string, Worker>} */
const begun = new Map();

/**
 * Begin to read a log that is about to be shown: a worker takes its time to start, and may take it
 * while the rest of the page is loaded.
 * @param {string} src as it will be given to LogData
 */
export function begin(src) {
  const { href } = new URL(src, document.baseURI);
  if (begun.has(href)) return;
  const worker = makeWorker();
  begun.set(href, worker);
  worker.addEventListener("error", () => begun.get(href) === worker && begun.delete(href));
  worker.postMessage({ open: href });
}

export class LogData {
  #src;
  #listener;
  #worker;
  #rows = new HeldRows();
  #closing = new AbortController();
  /** @type {LogState} */
  #state = {
    connection: "loading", problem: undefined, tail: 0, closed: false, end: null, check: "none", faults: [],
  };

  /** @param {string} src the path or address of the log @param {Listener} listener */
  constructor(src, listener) {
    const { signal } = this.#closing;
    this.#src = new URL(src, document.baseURI).href;
    this.#listener = listener;
    this.#worker = begun.get(this.#src) ?? makeWorker();
    if (!begun.delete(this.#src)) this.#say({ open: this.#src });
    this.#worker.addEventListener("message", ({ data }) => this.#take(data), { signal });
    this.#worker.addEventListener("error", ({ message }) => this.#broken(message), { signal });
    this.#say({ tell: true });
    const look = () => this.#say({ hidden: document.visibilityState === "hidden" });
    document.addEventListener("visibilitychange", look, { signal });
    if (document.visibilityState === "hidden") look();
  }

  /**
   * The records on the screen and around it; the last call counts. Where folded sections lie between
   * them, `spans` says which are meant, in order.
   * @param {number} first @param {number} last @param {Span[]} [spans]
   */
  want(first, last, spans = [{ first: Math.max(1, first), last }]) {
    this.#say({ want: spans, lacking: this.#rows.want(spans) });
  }

  /** What is shown for record `n`, if it is here. @param {number} n @returns {Row | Joined | undefined} */
  row(n) {
    return this.#rows.at(n);
  }

  /**
   * The lines of these records as text. Throws Problem, and TypeError when there is no answer.
   * @param {number} first @param {number} last @param {{ansi?: boolean}} [options]
   * @returns {Promise<string>}
   */
  async text(first, last, { ansi = false } = {}) {
    const query = { format: "text", from: first, limit: last - first + 1, ...(ansi ? {} : { ansi: "strip" }) };
    return (await ask(address(this.#src, "", query), "text/plain", this.#closing.signal)).text();
  }

  /** Check count and digest although the log is long. */
  verify() {
    this.#say({ verify: true });
  }

  /** Let go of the log; nothing is told any more. */
  close() {
    this.#closing.abort();
    this.#worker.terminate();
  }

  /** @param {Order} order */
  #say(order) {
    this.#worker.postMessage(order);
  }

  /** @param {Push | {broken: string}} push */
  #take(push) {
    if ("broken" in push) return this.#broken(push.broken);
    this.#say({ tell: true });
    const { state, lines, marks } = push;
    if (state !== null) {
      const { problem } = state;
      this.#state = { ...state, problem: problem && new Problem(problem.status, problem.message, "") };
    }
    const rows = this.#rows.put(lines, this.#state.tail);
    if (state !== null) this.#listener.state(this.#state);
    if (marks.length) this.#listener.marks(marks);
    if (rows.length) this.#listener.rows(rows);
  }

  /** The worker cannot go on, or never began. @param {string} why */
  #broken(why) {
    const problem = new Problem(0, "The page cannot read the log; reload it", why || "its worker did not start");
    this.#state = { ...this.#state, connection: "failed", problem };
    this.#listener.state(this.#state);
    this.close();
  }
}

/**
 * No page may begin a worker of another origin, but one of its own that imports it: so it is where
 * the page that shows the log is not of the server that has it.
 */
function makeWorker() {
  const url = new URL("./log-worker.js", import.meta.url);
  if (url.origin === location.origin) return new Worker(url, { type: "module" });
  const text = `import ${JSON.stringify(url.href)};`;
  const own = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return new Worker(own, { type: "module" });
}
