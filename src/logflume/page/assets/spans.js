/**
 * Spans of record numbers, and which of a log the page holds. The page and its worker both reckon
 * with `keptOf`, so that the worker tells every change of what the page keeps, and the page keeps
 * nothing else.
 */

/** From the first number to the last one. @typedef {{first: number, last: number}} Span */

const NEAR = 500; // records kept before and after the wanted ones: some turns of a wheel
const LEAST_NEAR = 20; // where many parts are wanted, as between folded sections
const END = 300; // of the last records, wherever the reader is: a few screens

/** The same numbers in order, what meets or overlaps joined. @param {Span[]} spans */
export function merged(spans) {
  /** @type {Span[]} */
  const result = [];
  for (const span of [...spans].sort((one, other) => one.first - other.first)) {
    const before = result[result.length - 1];
    if (span.first > span.last) continue;
    if (before !== undefined && span.first <= before.last + 1) before.last = Math.max(before.last, span.last);
    else result.push({ ...span });
  }
  return result;
}

/** The numbers that are in both. @param {Span[]} spans @param {Span[]} others */
export function common(spans, others) {
  return spans.flatMap((span) => others.map((other) => clip(span, other.first, other.last))).filter(isSome);
}

/** @param {Span} span @param {number} first @param {number} last @returns {Span} */
export function clip(span, first, last) {
  return { first: Math.max(span.first, first), last: Math.min(span.last, last) };
}

/** @param {Span} span */
export function isSome({ first, last }) {
  return first <= last;
}

/** What is near the wanted records. @param {Span[]} wanted @param {number} tail */
export function nearOf(wanted, tail) {
  const near = Math.max(LEAST_NEAR, Math.floor(NEAR / wanted.length));
  return merged(wanted.map(({ first, last }) => clip({ first: first - near, last: last + near }, 1, tail)));
}

/** The last records. @param {number} tail @returns {Span} */
export function endOf(tail) {
  return { first: Math.max(1, tail - END + 1), last: tail };
}

/** What the page keeps. @param {Span[]} wanted @param {number} tail */
export function keptOf(wanted, tail) {
  return merged([...nearOf(wanted, tail), endOf(tail)]);
}
