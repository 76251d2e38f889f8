/**
 * Gap: what of a log is no longer kept, as one record.
 *
 * A log has at most one gap; where it begins stays, and its end only moves on. Whoever reads a part of
 * the log is told of that part of the gap alone, so of a long one each reading would bring a record
 * that says less than there is to say. So where it begins is looked for, once, by asking for single
 * records, and the reading from there brings the record for all of it.
 */

import { address, get } from "./api.js";
import { isOmitted } from "./numbers.js";
import { firstWhere } from "./times.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */

export class Gap {
  #src;
  /** The offset before it, once somebody wanted to know. @type {Promise<string> | null} */
  #start = null;

  /** @param {string} src */
  constructor(src) {
    this.#src = src;
  }

  /**
   * The record for all of the gap that this one tells a part of. Throws as `get` does.
   * @param {LogRecord} part
   * @returns {Promise<LogRecord>}
   */
  async whole(part) {
    this.#start ??= this.#find(part.n);
    this.#start.catch(() => (this.#start = null));
    const { body } = await this.#one({ offset: await this.#start });
    return body[0];
  }

  /** @param {number} within the number of a record in the gap */
  async #find(within) {
    const isGone = async (/** @type {number} */ n) => isOmitted((await this.#one({ from: n })).body[0]);
    const { headers } = await this.#one({ from: await firstWhere(within, isGone) });
    return headers.get("Stream-Start-Offset") ?? "";
  }

  /** @param {Record<string, string | number>} place */
  #one(place) {
    return get(address(this.#src, "", { ...place, limit: 1 }));
  }
}
