/**
 * Follow: read a log from a place, then go on with it as it grows.
 *
 * Owns the offset and the connection, and says truly how that stands. Reading begins with a plain
 * GET and goes on with the browser's EventSource from the offset that the GET ended at. While the
 * EventSource reconnects by itself, it is left to do so. Once it has given up (any answer but 200),
 * the next GET, from the last offset, finds out why: the log is finished, deleted, refused, or the
 * server is away and is asked again after a delay.
 *
 * Records are handed on as they come. Whether their numbers are right is for `numbers.js` to say.
 */

import { get, Problem } from "./api.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */

/** @typedef {"loading" | "live" | "reconnecting" | "finished" | "deleted" | "failed"} State */

/**
 * Consecutive records; `start` is the offset before them, null at the start of the log; `next` the
 * offset after them.
 * @typedef {{records: LogRecord[], start: string | null, next: string}} Batch
 */

/**
 * @typedef {object} Reader
 * @property {(batch: Batch) => void} take
 * @property {(state: State, problem?: Problem) => void} state
 */

const CATCH_UP_RECORDS = 1000; // a page of what was missed; the EventSource brings the rest
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

export class Follow {
  #src;
  #reader;
  #stopping = new AbortController();
  #attempts = 0;
  /** @type {string | null} */
  #offset = null;

  /** @param {string} src the path of the log @param {Reader} reader */
  constructor(src, reader) {
    this.#src = src;
    this.#reader = reader;
  }

  /**
   * Read from `query`, such as `tail=1000`, and follow until the log ends or `stop`.
   * @param {string} query
   */
  async start(query) {
    this.stop();
    this.#stopping = new AbortController();
    this.#offset = null;
    this.#attempts = 0;
    const signal = this.#stopping.signal;
    this.#reader.state("loading");
    while (!signal.aborted) {
      const [state, problem] = await this.#once(query, signal);
      if (signal.aborted) return;
      this.#reader.state(state, problem);
      if (state !== "reconnecting") return;
      if (this.#offset !== null) query = `offset=${this.#offset}&limit=${CATCH_UP_RECORDS}`;
      await delay(this.#attempts++, signal);
    }
  }

  /** Let go of the log; nothing is handed on any more. */
  stop() {
    this.#stopping.abort();
  }

  /**
   * One GET and one EventSource; the state in which they ended.
   * @param {string} query @param {AbortSignal} signal
   * @returns {Promise<[State, Problem?]>}
   */
  async #once(query, signal) {
    try {
      return [(await this.#read(query, signal)) ? "finished" : await this.#listen(signal)];
    } catch (error) {
      if (!(error instanceof Problem && error.final)) return ["reconnecting"];
      return error.status === 404 && this.#offset !== null ? ["deleted"] : ["failed", error];
    }
  }

  /**
   * @param {string} query @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether the log ends here
   */
  async #read(query, signal) {
    const { headers, body } = await get(`${this.#src}?${query}`, signal);
    const next = headers.get("Stream-Next-Offset") ?? "";
    const start = this.#offset ?? headers.get("Stream-Start-Offset");
    if (signal.aborted) return false;
    this.#offset = next;
    this.#reader.take({ records: body, start, next });
    return headers.get("Stream-Closed") === "true";
  }

  /**
   * Resolves when the EventSource is over: closed here, or given up by the browser.
   * @param {AbortSignal} signal
   * @returns {Promise<State>}
   */
  #listen(signal) {
    return new Promise((resolve) => {
      const source = new EventSource(`${this.#src}?live=sse&offset=${this.#offset}`);
      const over = (/** @type {State} */ state) => {
        source.close();
        resolve(state);
      };
      signal.addEventListener("abort", () => over("reconnecting"), { once: true });
      source.addEventListener("open", () => {
        this.#attempts = 0;
        this.#reader.state("live");
      });
      source.addEventListener("data", (message) => this.#take(message));
      source.addEventListener("control", (message) => {
        const control = JSON.parse(message.data);
        this.#offset = control.streamNextOffset;
        if (control.streamClosed) over("finished");
      });
      source.addEventListener("gone", () => over("deleted"));
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED) over("reconnecting");
        else this.#reader.state("reconnecting");
      });
    });
  }

  /** @param {MessageEvent} message */
  #take(message) {
    const start = this.#offset;
    // The id is the offset after the batch: taken here and not from the control event that follows,
    // so that a cut between the two does not bring the batch again.
    this.#offset = message.lastEventId;
    this.#reader.take({ records: JSON.parse(message.data), start, next: this.#offset });
  }
}

/**
 * Wait longer with each attempt, and not all watchers at the same moment.
 * @param {number} attempt from 0 @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function delay(attempt, signal) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, longest * (0.5 + Math.random() / 2));
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
