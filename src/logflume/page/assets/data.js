/**
 * A log of any length, as the page reads it.
 *
 * Everything that fetches, parses or hashes is in a worker (`log-worker.js`); this is its side in the
 * page. Holds the rows near those that are wanted, and the last ones, and no others: of these the
 * worker tells every change, so what `row` gives is true without asking.
 */

import { address, ask, Problem } from "./api.js";
import { HeldRows, isJoined } from "./held-rows.js";
import { linesOf } from "./joins.js";
import { reader } from "./readers.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./first-read.js").First} First */
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

/** Before anything is known. @type {LogState} */
export const UNKNOWN = {
  connection: "loading", problem: undefined, tail: 0, closed: false, end: null, check: "none", faults: [],
};

export class LogData {
  #src;
  #listener;
  #worker;
  #rows = new HeldRows();
  #closing = new AbortController();
  /** @type {LogState} */
  #state = UNKNOWN;

  /** @param {string} src the path or address of the log @param {Listener} listener */
  constructor(src, listener) {
    const { signal } = this.#closing;
    this.#src = new URL(src, document.baseURI).href;
    this.#listener = listener;
    const { worker, first } = reader(this.#src);
    this.#worker = worker;
    first.then((answer) => this.#begin(answer));
    this.#worker.addEventListener("message", ({ data }) => this.#told(data), { signal });
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

  /** Show the last records while the worker that has them too has yet to start. @param {First} first */
  #begin(first) {
    if (this.#closing.signal.aborted || this.#state !== UNKNOWN || !("body" in first)) return;
    const { body } = first;
    if (body.length === 0) return;
    this.#take({ state: { ...UNKNOWN, tail: body[body.length - 1].n }, lines: linesOf(body), marks: [] });
  }

  /** @param {Push | {broken: string}} push */
  #told(push) {
    if ("broken" in push) return this.#broken(push.broken);
    this.#say({ tell: true });
    this.#take(push);
  }

  /** @param {Push} push */
  #take(push) {
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
