/**
 * Reads two logs and compares them, off the page's own thread.
 *
 * Takes {left, right}: the paths of two logs. Answers {left, right, differing}: for each side the
 * numbers of the lines that differ, the partner of each line (`pairs`: numbers, two by two), and
 * whether there was more than is compared; or {problem}. Asked again, it reads only what is new.
 */

import { ALIKE, compare, DIFFERS, lineKey } from "./differences.js";

const MAX_LINES = 200_000; // of each log: their keys take 50 MB or so

/** @typedef {{n: number[], keys: string[], next: number, more: boolean}} Side */

/** By path of the log. @type {Map<string, Side>} */
const sides = new Map();

addEventListener("message", async (/** @type {MessageEvent<{left: string, right: string}>} */ { data }) => {
  try {
    const [left, right] = await Promise.all([read(data.left), read(data.right)]);
    const result = compare(left.keys, right.keys);
    postMessage({
      left: side(left, result.left),
      right: side(right, result.right),
      pairs: pairs(left, right, result.left),
      more: left.more || right.more,
    });
  } catch (error) {
    postMessage({ problem: error instanceof Error ? error.message : String(error) });
  }
});

/** @param {Side} read @param {Int32Array} result */
function side({ n }, result) {
  return n.filter((_, at) => result[at] === DIFFERS);
}

/** @param {Side} left @param {Side} right @param {Int32Array} result */
function pairs(left, right, result) {
  const found = [];
  for (let at = 0; at < result.length; at++) {
    if (result[at] !== DIFFERS && result[at] !== ALIKE) found.push(left.n[at], right.n[result[at]]);
  }
  return found;
}

/**
 * The lines of a log that have not been read yet, added to those that have.
 * @param {string} path
 */
async function read(path) {
  const known = sides.get(path) ?? { n: [], keys: [], next: 1, more: false };
  sides.set(path, known);
  const room = MAX_LINES - known.n.length;
  if (room <= 0) return known;
  const response = await fetch(`${path}?from=${known.next}&limit=${room}&format=ndjson&ansi=strip`);
  if (!response.ok || response.body === null) throw new Error(`a log could not be read: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + piece.value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(known, JSON.parse(line));
  }
  known.more = known.n.length >= MAX_LINES;
  return known;
}

/** @param {Side} side @param {import("./api.js").LogRecord} record */
function take(side, { n, kind, text }) {
  side.next = n + 1;
  if (text === undefined || (kind !== undefined && kind !== "group")) return;
  side.n.push(n);
  side.keys.push(lineKey(text));
}
