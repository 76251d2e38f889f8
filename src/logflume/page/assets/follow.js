/**
 * Follow: read a log from a place, then go on with it as it grows.
 *
 * Owns the offset, and says truly how the connection stands. Reading begins with a plain GET and
 * goes on with the browser's EventSource from the offset that the GET ended at. While the
 * EventSource reconnects by itself, it is left to do so. Once it has given up (any answer but 200),
 * the next GET, from the last offset, finds out why: the log is finished, deleted, refused, or the
 * server is away and is asked again after a delay.
 *
 * Where the GET is answered and yet one EventSource after the other fails or stays silent, something
 * between here and the server does not let it through: then long polling takes its place, and once
 * in a while it is tried again. While nobody looks, it may `rest`: no connection is held, of which a
 * browser has six for all its tabs.
 *
 * Records are handed on as they come. Whether their numbers are right is for `numbers.js` to say.
 */

import { address, get, Problem, problemFrom } from "./api.js";
import { listen } from "./stream.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */

/** @typedef {"loading" | "live" | "polling" | "reconnecting" | "finished" | "deleted" | "failed"} State */

/** To a GET. @typedef {{headers: Headers, body: any}} Answer */

/** Consecutive records. @typedef {{records: LogRecord[]}} Batch */

/**
 * @typedef {object} Reader
 * @property {(batch: Batch) => void} take
 * @property {(state: State, problem?: Problem) => void} state
 * @property {() => void} [behind] much was missed: it will take a while until the end has come
 */

/** How a turn ended; `again`: nothing was wrong. @typedef {[State | "again", Problem?]} Outcome */

const CATCH_UP_RECORDS = 1000; // a page of what was missed; the EventSource brings the rest
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
const LONGEST_WISH_MS = 120_000; // of a Retry-After: whoever wants more is asked sooner all the same
const MOST_FAILURES = 3; // EventSources in a row; then long polling has its turn
const POLLING_MS = 60_000; // until the EventSource is tried again; twice as long each time
const LONGEST_POLLING_MS = 600_000;
const REST_MS = 10_000; // between two looks while nobody does
const FRESH_MS = 5_000; // a connection that has spoken within this time is well

export class Follow {
  #src;
  #reader;
  #stopping = new AbortController();
  /** Of the request or the wait that is going on. */
  #turn = new AbortController();
  #attempts = 0;
  #failures = 0; // EventSources in a row that failed although the server answers
  #suspected = 0; // failures of the last EventSource, if the server turns out to answer
  #isResting = false;
  #pollingMs;
  #restMs;
  #heard = 0;
  /** @type {string | null} */
  #offset = null;
  /** @type {string | null} */
  #cursor = null;

  /**
   * @param {string} src the path or address of the log
   * @param {Reader} reader
   * @param {{pollingMs?: number, restMs?: number}} [times]
   */
  constructor(src, reader, { pollingMs = POLLING_MS, restMs = REST_MS } = {}) {
    this.#src = src;
    this.#reader = reader;
    this.#pollingMs = pollingMs;
    this.#restMs = restMs;
  }

  /**
   * Read from `query`, such as `tail=1000`, and follow until the log ends or `stop`.
   * @param {string} query @param {Promise<Answer | Problem> | null} [first] where it has been asked already
   */
  async start(query, first = null) {
    this.stop();
    const { signal } = (this.#stopping = new AbortController());
    this.#offset = this.#cursor = null;
    this.#attempts = this.#failures = this.#suspected = 0;
    globalThis.addEventListener("online", () => this.recheck(), { signal });
    this.#reader.state("loading");
    while (!signal.aborted) {
      const turn = (this.#turn = new AbortController());
      const [state, problem] = await this.#once(query, turn.signal, first);
      first = null;
      if (signal.aborted) return;
      if (this.#offset !== null) query = `offset=${this.#offset}&limit=${CATCH_UP_RECORDS}`;
      if (state === "again" || turn.signal.aborted) continue;
      this.#reader.state(state, problem);
      if (state !== "reconnecting") return;
      await wait(delayOf(this.#attempts++, problem?.retryAfter ?? 0), turn.signal);
    }
  }

  /** Let go of the log; nothing is handed on any more. */
  stop() {
    this.#stopping.abort();
    this.#turn.abort();
  }

  /**
   * See at once whether the connection still stands, such as after the machine has slept: a broken
   * one looks like one on which nothing is said. Does not wait any longer, if it was waiting.
   */
  recheck() {
    if (performance.now() - this.#heard > FRESH_MS) this.#turn.abort();
  }

  /** Look only from time to time, or go on as before. @param {boolean} isResting */
  rest(isResting) {
    if (isResting === this.#isResting) return;
    this.#isResting = isResting;
    this.#turn.abort();
  }

  /**
   * One GET, and what follows it for as long as that lasts.
   * @param {string} query @param {AbortSignal} signal @param {Promise<Answer | Problem> | null} first
   * @returns {Promise<Outcome>}
   */
  async #once(query, signal, first) {
    const answer = await (first ?? this.#get(query, signal));
    if (signal.aborted) return ["again"];
    if (answer instanceof Error) return this.#refused(answer);
    if (this.#hand(answer)) return ["finished"];
    const isUpToDate = answer.headers.has("Stream-Up-To-Date");
    if (!isUpToDate) this.#reader.behind?.();
    this.#failures += this.#suspected;
    this.#suspected = 0;
    if (this.#isResting) return this.#rest(isUpToDate, signal);
    return this.#failures >= MOST_FAILURES ? this.#poll(signal) : this.#listen(signal);
  }

  /**
   * @param {string} query @param {AbortSignal} signal
   * @returns {Promise<Answer | Problem>}
   */
  async #get(query, signal) {
    try {
      return await get(address(this.#src, "", query), signal);
    } catch (error) {
      return problemFrom(error);
    }
  }

  /** @param {Problem} problem @returns {Outcome} */
  #refused(problem) {
    this.#suspected = 0; // the server is away, which is no fault of the EventSource
    if (!problem.final) return ["reconnecting", problem];
    if (this.#offset === null) return ["failed", problem];
    if (problem.status === 404 || problem.status === 410) return ["deleted"];
    if (problem.status !== 409 && problem.status !== 416) return ["failed", problem];
    const advice = "what is here is of the one before it; reload the page to see the new one";
    return ["failed", new Problem(problem.status, "This log was made anew", advice)];
  }

  /**
   * Hand on what a GET brought; whether the log ends here.
   * @param {{headers: Headers, body: LogRecord[] | null}} answer
   */
  #hand({ headers, body }) {
    this.#offset = headers.get("Stream-Next-Offset") ?? this.#offset;
    this.#cursor = headers.get("Stream-Cursor");
    this.#heard = performance.now();
    this.#reader.take({ records: body ?? [] });
    return headers.get("Stream-Closed") === "true";
  }

  /** @param {AbortSignal} signal @returns {Promise<Outcome>} */
  async #listen(signal) {
    let isLive = false;
    const query = { live: "sse", offset: this.#offset ?? "" };
    const ending = await listen(address(this.#src, "", query), {
      data: (message) => this.#take(message),
      control: ({ streamNextOffset }) => (this.#offset = streamNextOffset),
      heard: () => {
        this.#heard = performance.now();
        this.#attempts = 0;
        if (!isLive) this.#reader.state("live");
        isLive = true;
      },
      lost: () => {
        isLive = false;
        this.#reader.state("reconnecting");
      },
      silent: () => this.#missedNothing(signal),
    }, signal);
    this.#suspected = ending.fault === "silent" ? MOST_FAILURES : Number(ending.fault === "suspect");
    if (ending.fault === undefined) this.#failures = 0;
    return [ending.state, ending.problem];
  }

  /** @param {MessageEvent} message */
  #take(message) {
    const records = JSON.parse(message.data);
    // The id is the offset after the batch: taken here and not from the control event that follows,
    // so that a cut between the two does not bring the batch again.
    this.#offset = message.lastEventId;
    this.#reader.take({ records });
  }

  /** @param {AbortSignal} signal */
  async #missedNothing(signal) {
    const offset = this.#offset;
    const answer = await this.#get(`offset=${offset}&limit=1`, signal);
    if (answer instanceof Error) return answer.status !== 0 && !answer.final;
    return offset !== this.#offset || (answer.body.length === 0 && answer.headers.get("Stream-Closed") === null);
  }

  /** @param {boolean} isUpToDate @param {AbortSignal} signal @returns {Promise<Outcome>} */
  async #rest(isUpToDate, signal) {
    this.#attempts = 0;
    this.#reader.state("polling");
    if (isUpToDate) await wait(this.#restMs, signal);
    return ["again"];
  }

  /** @param {AbortSignal} signal @returns {Promise<Outcome>} */
  async #poll(signal) {
    this.#attempts = 0;
    this.#reader.state("polling");
    for (const until = performance.now() + this.#pollingMs; performance.now() < until; ) {
      const cursor = this.#cursor === null ? "" : `&cursor=${this.#cursor}`;
      const answer = await this.#get(`live=long-poll&offset=${this.#offset}${cursor}`, signal);
      if (signal.aborted) return ["again"];
      if (answer instanceof Error) return this.#refused(answer);
      if (this.#hand(answer)) return ["finished"];
    }
    this.#pollingMs = Math.min(LONGEST_POLLING_MS, 2 * this.#pollingMs);
    this.#failures = MOST_FAILURES - 1; // one more, and it is long polling again
    return ["again"];
  }
}

/**
 * How long to wait: longer with each attempt, and not all watchers as long.
 * @param {number} attempt from 0 @param {number} wish in seconds, of the server
 */
function delayOf(attempt, wish) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.min(LONGEST_WISH_MS, wish * 1000) + longest * (0.5 + Math.random() / 2);
}

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function wait(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
