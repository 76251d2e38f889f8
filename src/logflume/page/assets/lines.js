/**
 * Lines: which records are lines of their own on the screen, counted without gaps.
 *
 * A record has a number, for ever; a line has an index among the lines that are shown now. Hidden
 * are records inside folds, each fold under a key, and records that are in another's line: that go on
 * with it, or that are no longer kept. The union of both is kept as disjoint ranges in order, each with
 * what is hidden before it, so that both ways between number and index are one binary search. The union
 * is made again when it is next asked for after a change: folds change by hand, and joined records come
 * by the window.
 *
 * Knows nothing of rows, data or the screen. Numbers begin with 1, indexes with 0.
 */

/** @typedef {{first: number, last: number}} Range */

export class Lines {
  #tail = 0;
  /** @type {Map<unknown, Range>} */
  #folds = new Map();
  /** Records that are in another's line; disjoint, in order, none touching. @type {Range[]} */
  #joined = [];
  /** All that is hidden; `before` counts what is hidden before the range. @type {(Range & {before: number})[]} */
  #hidden = [];
  #stale = false;

  /** The last record's number. */
  get tail() {
    return this.#tail;
  }

  set tail(tail) {
    this.#tail = tail;
  }

  /** How many lines there are. */
  get count() {
    return this.indexOf(this.#tail + 1);
  }

  /**
   * Hide the records `first` to `last` (Infinity: and all that follow) until `show` of the same key.
   * @param {number} first @param {number} last @param {unknown} key
   */
  hide(first, last, key) {
    this.#folds.set(key, { first, last });
    this.#stale = true;
  }

  /** @param {unknown} key */
  show(key) {
    this.#stale = this.#folds.delete(key) || this.#stale;
  }

  /** Whether something is hidden under `key`. @param {unknown} key */
  has(key) {
    return this.#folds.has(key);
  }

  /** The keys under which record `n` is hidden. @param {number} n */
  keysOver(n) {
    return [...this.#folds].filter(([, { first, last }]) => first <= n && n <= last).map(([key]) => key);
  }

  /**
   * The records from `first` to `last` are in another's line.
   * @param {number} first @param {number} [last]
   */
  join(first, last = first) {
    const joined = this.#joined;
    const from = lastAt(joined, (range) => range.last < first - 1) + 1; // those that touch or overlap it
    const to = lastAt(joined, (range) => range.first <= last + 1) + 1;
    const before = joined[from];
    if (before !== undefined && before.first <= first && last <= before.last) return;
    const touched = to > from ? [before.first, joined[to - 1].last] : [first, last];
    joined.splice(from, to - from, { first: Math.min(first, touched[0]), last: Math.max(last, touched[1]) });
    this.#stale = true;
  }

  /** Whether record `n` is no line of its own now. @param {number} n */
  hidden(n) {
    const range = this.#rangeAt(n);
    return range !== undefined && n <= range.last;
  }

  /** How many lines there are before record `n`, which is the index of its line if it has one. @param {number} n */
  indexOf(n) {
    const range = this.#rangeAt(n);
    if (range === undefined) return n - 1;
    return n - 1 - range.before - (Math.min(n - 1, range.last) - range.first + 1);
  }

  /** The record whose line has this index. @param {number} index */
  at(index) {
    const ranges = this.#ranges();
    const range = ranges[lastAt(ranges, ({ first, before }) => first - 1 - before <= index)];
    return range === undefined ? index + 1 : index + 1 + range.before + (range.last - range.first + 1);
  }

  /** The line after record `n`. @param {number} n @returns {number | undefined} */
  next(n) {
    const range = this.#rangeAt(n + 1);
    const next = range !== undefined && n + 1 <= range.last ? range.last + 1 : n + 1;
    return next <= this.#tail ? next : undefined;
  }

  /** The line before record `n`. @param {number} n @returns {number | undefined} */
  previous(n) {
    const range = this.#rangeAt(n - 1);
    const previous = range !== undefined && n - 1 <= range.last ? range.first - 1 : n - 1;
    return previous >= 1 ? previous : undefined;
  }

  /** The line that record `n` is in or under, or the nearest. @param {number} n @returns {number | undefined} */
  nearest(n) {
    return this.previous(Math.min(n, this.#tail) + 1) ?? this.next(n);
  }

  /** The last line. @returns {number | undefined} */
  get last() {
    return this.previous(this.#tail + 1);
  }

  /** The last hidden range that begins at or before record `n`. @param {number} n */
  #rangeAt(n) {
    const ranges = this.#ranges();
    return ranges[lastAt(ranges, ({ first }) => first <= n)];
  }

  #ranges() {
    if (!this.#stale) return this.#hidden;
    this.#stale = false;
    const folds = [...this.#folds.values()].sort((one, other) => one.first - other.first);
    this.#hidden = [];
    let fold = 0;
    let joined = 0;
    while (fold < folds.length || joined < this.#joined.length) {
      const first = folds[fold]?.first ?? Infinity;
      this.#add(first <= (this.#joined[joined]?.first ?? Infinity) ? folds[fold++] : this.#joined[joined++]);
    }
    return this.#hidden;
  }

  /** @param {Range} range that begins no earlier than any added before */
  #add({ first, last }) {
    const end = this.#hidden.at(-1);
    if (end !== undefined && first <= end.last + 1) {
      end.last = Math.max(end.last, last);
      return;
    }
    const before = end === undefined ? 0 : end.before + (end.last - end.first + 1);
    this.#hidden.push({ first, last, before });
  }
}

/**
 * The index of the last range that `holds` is true of, as it is of all before; -1 when of none.
 * @template T
 * @param {T[]} ranges @param {(range: T) => boolean} holds
 */
function lastAt(ranges, holds) {
  let low = -1;
  let high = ranges.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(ranges[middle])) low = middle;
    else high = middle;
  }
  return low;
}
