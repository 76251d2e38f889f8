/**
 * Whether a finished log is complete: its `end` record says how many records stand before it, and the
 * SHA-256 of every byte of the NDJSON history before it. That history is read, hashed as it comes,
 * and not kept.
 */

import { address, ask, problemFrom } from "./api.js";
import { Sha256 } from "./sha256.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./api.js").Problem} Problem */

/**
 * `unchecked`: it is longer than it may be, or could not be read, of which the problem tells.
 * @typedef {{outcome: "complete" | "incomplete" | "unchecked", problem?: Problem}} Finding
 */

const NEWLINE = 10;
const MOST_TRIES = 4;
const FIRST_DELAY_MS = 500; // twice as long after each try

/**
 * Check the log that ended with `end`, unless it has more than `most` bytes.
 * @param {string} src @param {LogRecord} end @param {number} most
 * @returns {Promise<Finding>}
 */
export async function check(src, end, most) {
  for (let tries = 1; ; tries++) {
    try {
      return await checkOnce(src, end, most);
    } catch (error) {
      const problem = problemFrom(error);
      if (problem.final || tries === MOST_TRIES) return { outcome: "unchecked", problem };
      const delay = Math.max(problem.retryAfter * 1000, FIRST_DELAY_MS * 2 ** tries);
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}

/**
 * @param {string} src @param {LogRecord} end @param {number} most
 * @returns {Promise<Finding>}
 */
async function checkOnce(src, end, most) {
  const answer = await ask(address(src, "", { format: "ndjson" }), "application/x-ndjson");
  const length = Number(answer.headers.get("Content-Length") ?? 0);
  const reader = answer.body?.getReader();
  const history = new History();
  while (length <= most && history.bytes <= most) {
    const { value, done } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return { outcome: history.endsWith(end) ? "complete" : "incomplete" };
    history.take(value);
  }
  await reader?.cancel();
  return { outcome: "unchecked" };
}

/** What has come of a history; its last line is held back, because it may be the end record. */
export class History {
  bytes = 0;
  #hash = new Sha256();
  #lines = 0; // hashed
  #held = new Uint8Array();

  /** @param {Uint8Array} piece */
  take(piece) {
    this.bytes += piece.length;
    const border = piece.subarray(0, -1).lastIndexOf(NEWLINE);
    // A newline that ends what is held was not known to be a border until something followed it.
    const isBorder = piece.length > 0 && this.#held[this.#held.length - 1] === NEWLINE;
    if (isBorder || border !== -1) {
      this.#add(this.#held);
      this.#held = new Uint8Array();
    }
    this.#add(piece.subarray(0, border + 1));
    this.#held = joined(this.#held, piece.subarray(border + 1));
  }

  /**
   * Whether the last line is this end, and all before it is what it says. An end that says of a
   * redaction that this one does not know of takes its place: the log was changed since, and says so.
   * @param {LogRecord} end
   */
  endsWith(end) {
    const last = JSON.parse(new TextDecoder().decode(this.#held) || "null");
    if (last?.kind !== "end" || last.n !== end.n || last.lines !== end.lines) return false;
    if (last.digest !== end.digest && last.redacted_at === end.redacted_at) return false;
    // One record stands for those that are no longer kept.
    const lines = last.omitted ? end.n - last.omitted : end.n - 1;
    return this.#lines === lines && end.lines === end.n - 1 && `sha256:${this.#hash.hex()}` === last.digest;
  }

  /** @param {Uint8Array} bytes whole lines, or the beginning of one whose rest follows */
  #add(bytes) {
    this.#hash.update(bytes);
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) this.#lines++;
  }
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function joined(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
