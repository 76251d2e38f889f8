/**
 * Which lines of two logs differ, and which line of one stands for which of the other. Pure.
 *
 * Two runs of the same thing never say quite the same: times, durations, ids and sizes are left out
 * of what is compared (`lineKey`). Lines that occur once in both are where the two logs surely meet
 * (patience diff); what lies between two such lines is compared again by itself. A stretch that has
 * none is compared line by line if it is short; in a long one a line counts as the same if the other
 * log has as many of it there.
 */

/** What no two runs have alike, and what stands for it. @type {[RegExp, string][]} */
const NOISE = [
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?/g, "<time>"],
  [/\b\d\d?:\d\d:\d\d(?:[.,]\d+)?\b/g, "<time>"],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, "<id>"],
  [/\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,64}\b/gi, "<id>"],
  [/\bdep_[0-9a-z]{37}\b/g, "<id>"],
  [/\b\d+(?:[.,]\d+)?\s?(?:[num]?s|min|h|[kMGT]?i?B|%)(?![\w])/g, "<amount>"],
];

const MOST_CELLS = 1_000_000; // of a table of two stretches; a tenth of a second

/** What of a line is compared. @param {string} text */
export function lineKey(text) {
  let key = text.trimEnd();
  for (const [noise, name] of NOISE) key = key.replace(noise, name);
  return key;
}

/**
 * @param {string[]} left keys of its lines @param {string[]} right
 * @returns {{left: Int32Array, right: Int32Array}} for each line the index of the one that it is the
 *   same as, ALIKE if it is the same as some line nearby, or DIFFERS
 */
export function compare(left, right) {
  const [a, b] = interned(left, right);
  const result = { left: new Int32Array(a.length).fill(DIFFERS), right: new Int32Array(b.length).fill(DIFFERS) };
  /** Stretches that have yet to be compared. @type {[number, number, number, number][]} */
  const stretches = [[0, a.length, 0, b.length]];
  for (let stretch = stretches.pop(); stretch !== undefined; stretch = stretches.pop()) {
    let [fromA, toA, fromB, toB] = stretch;
    while (fromA < toA && fromB < toB && a[fromA] === b[fromB]) pair(result, fromA++, fromB++);
    while (fromA < toA && fromB < toB && a[toA - 1] === b[toB - 1]) pair(result, --toA, --toB);
    if (fromA === toA || fromB === toB) continue;
    const meetings = meetingsOf(a, b, fromA, toA, fromB, toB);
    if (meetings.length > 0) {
      meetings.push([toA, toB]);
      for (const [atA, atB] of meetings) {
        stretches.push([fromA, atA, fromB, atB]);
        if (atA < toA) pair(result, atA, atB);
        [fromA, fromB] = [atA + 1, atB + 1];
      }
    } else if ((toA - fromA) * (toB - fromB) <= MOST_CELLS) {
      byTable(a, b, fromA, toA, fromB, toB, result);
    } else {
      byCount(a, b, fromA, toA, fromB, toB, result);
    }
  }
  return result;
}

export const DIFFERS = -1;
export const ALIKE = -2;

/** @typedef {{left: Int32Array, right: Int32Array}} Result */

/** @param {Result} result @param {number} atA @param {number} atB */
function pair(result, atA, atB) {
  result.left[atA] = atB;
  result.right[atB] = atA;
}

/** A number for each different key. @param {...string[]} sides */
function interned(...sides) {
  const numbers = new Map();
  return sides.map((side) => Int32Array.from(side, (key) => {
    let number = numbers.get(key);
    if (number === undefined) numbers.set(key, (number = numbers.size));
    return number;
  }));
}

/**
 * Lines that occur once in both stretches, as many as stand in the same order in both.
 * @param {Int32Array} a @param {Int32Array} b
 * @param {number} fromA @param {number} toA @param {number} fromB @param {number} toB
 * @returns {[number, number][]}
 */
function meetingsOf(a, b, fromA, toA, fromB, toB) {
  const inA = once(a, fromA, toA);
  const inB = once(b, fromB, toB);
  /** @type {[number, number][]} */
  const common = [];
  for (const [key, atA] of inA) {
    const atB = inB.get(key) ?? -1;
    if (atA >= 0 && atB >= 0) common.push([atA, atB]);
  }
  return rising(common.sort(([x], [y]) => x - y));
}

/** Where each key stands, -1 if more than once. @param {Int32Array} keys @param {number} from @param {number} to */
function once(keys, from, to) {
  const places = new Map();
  for (let at = from; at < to; at++) places.set(keys[at], places.has(keys[at]) ? -1 : at);
  return places;
}

/** The longest part of the pairs in which the second numbers rise. @param {[number, number][]} pairs */
function rising(pairs) {
  /** @type {number[]} */
  const ends = []; // ends[k]: the pair that ends a rising part of k + 1 pairs with the lowest number
  const before = new Int32Array(pairs.length).fill(-1);
  pairs.forEach(([, value], at) => {
    let low = 0;
    for (let high = ends.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]][1] < value) low = middle + 1;
      else high = middle;
    }
    if (low > 0) before[at] = ends[low - 1];
    ends[low] = at;
  });
  /** @type {[number, number][]} */
  const part = [];
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at]) part.push(pairs[at]);
  return part.reverse();
}

/**
 * The longest common part of two short stretches.
 * @param {Int32Array} a @param {Int32Array} b
 * @param {number} fromA @param {number} toA @param {number} fromB @param {number} toB
 * @param {Result} result
 */
function byTable(a, b, fromA, toA, fromB, toB, result) {
  const width = toB - fromB + 1;
  const lengths = new Int32Array((toA - fromA + 1) * width); // of the common part of what follows
  for (let i = toA - fromA - 1; i >= 0; i--) {
    for (let j = width - 2; j >= 0; j--) {
      lengths[i * width + j] = a[fromA + i] === b[fromB + j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  for (let i = 0, j = 0; i < toA - fromA && j < width - 1; ) {
    if (a[fromA + i] === b[fromB + j]) pair(result, fromA + i++, fromB + j++);
    else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i++;
    else j++;
  }
}

/**
 * @param {Int32Array} a @param {Int32Array} b
 * @param {number} fromA @param {number} toA @param {number} fromB @param {number} toB
 * @param {Result} result
 */
function byCount(a, b, fromA, toA, fromB, toB, result) {
  const left = new Map();
  for (let at = toA - 1; at >= fromA; at--) {
    const same = left.get(a[at]);
    if (same === undefined) left.set(a[at], [at]);
    else same.push(at);
  }
  for (let at = fromB; at < toB; at++) {
    const partner = left.get(b[at])?.pop();
    if (partner === undefined) continue;
    result.left[partner] = ALIKE;
    result.right[at] = ALIKE;
  }
}
