/**
 * Reading what is wanted of a log, by number.
 *
 * Reads WINDOW records at a time, aligned by number: those on the screen first, then those that lines
 * at its edges may go on in, then those that come next the way it moves. What is no longer wanted is
 * given up. Where records are so long that a window is more than MOST_BYTES, only the first of it are
 * taken, and from then on no more is asked for at once than is wanted.
 */

import { address, ask, Problem, problemFrom } from "./api.js";
import { LOOK_AHEAD, LOOK_BACK } from "./joins.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./spans.js").Span} Span */
/** @typedef {import("./windows.js").Windows} Windows */

/**
 * @typedef {object} Reader
 * @property {(records: LogRecord[], span: Span) => Promise<void>} got all there are in `span`, to be put into the windows
 * @property {(problem: Problem | undefined) => void} problem what keeps something from being read now
 */

const WINDOW = 1000; // records a read
const MOST_BYTES = 4 * 1024 * 1024; // of a read: a window of ordinary lines has 150 KB
const MOST_READS = 3; // at once: a browser has 6 connections, and one follows
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

export class Reading {
  #src;
  #windows;
  #reader;
  /** @type {Span[]} */
  #wanted = [];
  #tail = 0;
  #goesUp = false;
  #areLong = false;
  /** By the first number of the window. @type {Map<number, AbortController>} */
  #reads = new Map();
  #attempts = 0;
  /** What could not be read, by window, and the timer that tries it again. @type {Map<number, {problem: Problem, timer: number}>} */
  #failed = new Map();

  /** @param {string} src @param {Windows} windows @param {Reader} reader */
  constructor(src, windows, reader) {
    this.#src = src;
    this.#windows = windows;
    this.#reader = reader;
  }

  /** Read what is missing of this; the last call counts. @param {Span[]} wanted @param {number} tail */
  want(wanted, tail) {
    const [before, now] = [this.#wanted[0]?.first ?? 0, wanted[0]?.first ?? 0];
    if (now !== before) this.#goesUp = now < before;
    this.#wanted = wanted;
    this.#tail = tail;
    this.#go();
  }

  /** Ask again for what is being read: it may come as it was before it was changed. */
  anew() {
    for (const read of this.#reads.values()) read.abort();
    this.#reads.clear();
    this.#go();
  }

  /** Try again at once what could not be read. */
  retry() {
    for (const key of this.#failed.keys()) this.#forget(key);
    this.#go();
  }

  stop() {
    this.want([], 0);
  }

  #go() {
    const spans = this.#missing();
    for (const [key, read] of this.#reads) {
      if (spans.has(key)) continue;
      read.abort();
      this.#reads.delete(key);
    }
    for (const key of this.#failed.keys()) if (!spans.has(key)) this.#forget(key);
    for (const [key, span] of spans) {
      if (this.#reads.size >= MOST_READS) return;
      if (!this.#reads.has(key) && !this.#failed.has(key)) this.#read(key, span);
    }
  }

  /** What to read, by the first number of the window that it is of, the most wanted first. */
  #missing() {
    /** @type {Map<number, Span>} */
    const spans = new Map();
    for (const { first, last } of this.#around()) {
      const end = Math.min(last, this.#tail);
      for (let key = keyOf(Math.max(1, first)); key <= end; key += WINDOW) {
        const until = Math.min(key + WINDOW - 1, this.#tail);
        const wanted = this.#windows.missing(Math.max(key, first), Math.min(until, end));
        if (wanted === null || spans.has(key)) continue;
        spans.set(key, (!this.#areLong && this.#windows.missing(key, until)) || wanted);
      }
    }
    return spans;
  }

  /** The wanted records, those before and after that their lines may have, those that come next. */
  #around() {
    const edges = this.#wanted.flatMap(({ first, last }) => [
      { first: first - LOOK_BACK, last: first - 1 },
      { first: last + 1, last: last + LOOK_AHEAD },
    ]);
    const top = this.#wanted[0]?.first ?? Infinity;
    const bottom = this.#wanted[this.#wanted.length - 1]?.last ?? Infinity;
    const next = this.#goesUp ? { first: top - WINDOW, last: top - 1 } : { first: bottom + 1, last: bottom + WINDOW };
    return [...this.#wanted, ...edges, ...(this.#areLong || this.#wanted.length === 0 ? [] : [next])];
  }

  /** @param {number} key @param {Span} span */
  async #read(key, span) {
    const read = new AbortController();
    this.#reads.set(key, read);
    try {
      const limit = span.last - span.first + 1;
      const query = address(this.#src, "", { format: "ndjson", from: span.first, limit });
      const answer = await ask(query, "application/x-ndjson", read.signal);
      const { records, isWhole } = await recordsOf(answer);
      if (read.signal.aborted) return;
      if (!isWhole) this.#areLong = true;
      await this.#reader.got(records, isWhole ? span : { ...span, last: records[records.length - 1]?.n ?? span.last });
      this.#attempts = 0;
      if (this.#failed.size === 0) this.#reader.problem(undefined);
    } catch (error) {
      if (!read.signal.aborted) this.#fail(key, problemFrom(error));
    } finally {
      if (this.#reads.get(key) === read) this.#reads.delete(key);
      if (!read.signal.aborted) this.#go();
    }
  }

  /** @param {number} key @param {Problem} problem */
  #fail(key, problem) {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#attempts++);
    const delay = problem.retryAfter * 1000 + longest * (0.5 + Math.random() / 2);
    const again = () => {
      this.#failed.delete(key);
      this.#go();
    };
    this.#failed.set(key, { problem, timer: setTimeout(again, delay) });
    this.#reader.problem(problem);
  }

  /** @param {number} key */
  #forget(key) {
    clearTimeout(this.#failed.get(key)?.timer);
    this.#failed.delete(key);
    if (this.#failed.size === 0) this.#reader.problem(undefined);
  }
}

/** The first number of the window that `n` is in. @param {number} n */
function keyOf(n) {
  return n - ((n - 1) % WINDOW);
}

/**
 * The records of an answer, or as many of the first as are less than MOST_BYTES, and at least one.
 * @param {Response} answer
 * @returns {Promise<{records: LogRecord[], isWhole: boolean}>}
 */
async function recordsOf(answer) {
  if (answer.body === null) return { records: [], isWhole: true };
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let isWhole = false;
  while (!isWhole && (text.length < MOST_BYTES || !text.includes("\n"))) {
    const { value, done } = await reader.read();
    isWhole = done;
    text += decoder.decode(value, { stream: !done });
  }
  if (!isWhole) await reader.cancel();
  const lines = text.split("\n");
  lines.pop(); // nothing, or a line of which the rest was not taken
  return { records: lines.map((line) => JSON.parse(line)), isWhole };
}
