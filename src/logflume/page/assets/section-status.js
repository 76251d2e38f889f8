/**
 * How a section went and how long it took, in shapes and words.
 */

import { make } from "./dom.js";
import { duration } from "./format.js";

/** @typedef {import("./section-tree.js").Section} Section */
/** @typedef {import("./data.js").LogState} LogState */

/**
 * How a section stands.
 * @typedef {object} Standing
 * @property {"running" | "ok" | "failed" | "errors" | "done"} state for its colour
 * @property {string} sign for its shape
 * @property {string} word
 * @property {string} more what there is to add
 */

const TENTHS_MS = 10_000; // below that, tenths of a second tell short sections apart

/**
 * A section failed if it has errors, or was the one that went on, when the deployment failed. Errors
 * in one that a deployment outlived are told, but are no failure.
 * @param {Section} section @param {LogState} log
 * @param {number | undefined} errors in it; undefined if that is not known
 * @returns {Standing}
 */
export function standing({ last }, { closed, end }, errors) {
  const more = errors ? `, ${errors} ${errors === 1 ? "error" : "errors"}` : "";
  const failed = end?.status === "failed";
  const open = last === null || (end !== null && last === end.n);
  if (open && !closed) return { state: "running", sign: "●", word: "running", more };
  if (failed && (open || errors)) return { state: "failed", sign: "✕", word: "failed", more };
  if (errors) return { state: "errors", sign: "!", word: "done", more };
  const broken = open && end !== null && end.status !== "succeeded";
  if (broken || errors === undefined) return { state: "done", sign: "–", word: broken ? "broken off" : "done", more };
  return { state: "ok", sign: "✓", word: "ok", more };
}

/** As it is shown. @param {Standing} standing */
export function went({ state, sign, word, more }) {
  const shown = make("span", { className: "went" }, make("span", { "aria-hidden": "true" }, `${sign} `), word + more);
  shown.dataset.state = state;
  return shown;
}

/**
 * How long it took, or has taken until now.
 * @param {Section} section @param {LogState} log @param {number} now in milliseconds since 1970
 */
export function length({ opened, closed }, log, now) {
  const end = closed ?? (log.end ? Date.parse(log.end.time) : log.closed ? opened : now);
  const milliseconds = Math.max(0, end - opened);
  if (closed === null && !log.closed) return duration(milliseconds);
  return milliseconds < TENTHS_MS ? `${(milliseconds / 1000).toFixed(1)} s` : duration(milliseconds);
}
