/**
 * The first reading of a log: its last records.
 *
 * The page asks for them itself, shows them, and hands the answer on to the worker, which goes on from
 * there. A worker takes its time to start, and nobody has to wait for that to see the end of a log.
 */

import { address, get, Problem, problemFrom } from "./api.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */

/**
 * As it goes to the worker, because no message carries headers or the class of an error.
 * @typedef {{headers: [string, string][], body: LogRecord[]} | {status: number, message: string, retryAfter: number}} First
 */

export const FIRST_READ = 500; // records
export const FIRST_QUERY = `tail=${FIRST_READ}`;

/** @param {string} src @returns {Promise<First>} */
export async function readFirst(src) {
  try {
    const { headers, body } = await get(address(src, "", FIRST_QUERY));
    return { headers: [...headers], body: body ?? [] };
  } catch (error) {
    const { status, message, retryAfter } = problemFrom(error);
    return { status, message, retryAfter };
  }
}

/** What it was before it was handed on. @param {First} first */
export function answerOf(first) {
  if ("body" in first) return { headers: new Headers(first.headers), body: first.body };
  return Object.assign(new Problem(first.status, first.message, ""), { retryAfter: first.retryAfter });
}
