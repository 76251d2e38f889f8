/**
 * Lines out of records: a `partial` record and the next of its stream are one line.
 *
 * A line stands where its first record does. What belongs together is told by the records around
 * it alone, so that every reading of any part of the log finds the same lines: a record goes on
 * with the one before it in its stream if that is partial and at most REACH records back; and a
 * line that has gone on for longer than REACH records is cut where a block of REACH begins. A record
 * without a text, such as the end, is a line by itself.
 */

/** @typedef {import("./api.js").LogRecord} LogRecord */

/**
 * A line: its first record, its last one's number, how many records it has, its text if that is not
 * its only record's, and how many characters of it were left out.
 * @typedef {{record: LogRecord, last: number, records: number, text: string | undefined, cut: number}} Line
 */

/** Record `n` is a part of the line that begins with record `joins`. @typedef {{n: number, joins: number}} Joined */

/**
 * @typedef {object} Open the last record of a stream
 * @property {number} n
 * @property {boolean} partial
 * @property {number} start of the unbroken chain of partial records that it is in
 * @property {Line} line
 */

const REACH = 200; // records

/** So many records before the first one asked for have to be known to tell its line for certain. */
export const LOOK_BACK = 3 * REACH;

/** How many records after its first one a line may have its last. */
export const LOOK_AHEAD = 2 * REACH;

/** Characters of a line that are kept: more is no line, and would stall who lays it out. */
const LONGEST_LINE = 100_000;

/**
 * The lines of consecutive records, each record in one of them, in the order of their numbers.
 * @param {Iterable<LogRecord>} records
 * @returns {(Line | Joined)[]}
 */
export function linesOf(records) {
  /** @type {(Line | Joined)[]} */
  const lines = [];
  /** @type {Map<string, Open>} */
  const open = new Map();
  /** @type {Set<Line>} */
  const grown = new Set();
  for (const record of records) {
    const { n, text, stream = "", partial = false } = record;
    const before = text === undefined ? undefined : open.get(stream);
    const goesOn = before !== undefined && before.partial && n - before.n <= REACH;
    const line = goesOn && !isCut(before, n) ? before.line : begin(record);
    if (line.record === record) {
      lines.push(line);
    } else {
      line.text = (line.text ?? line.record.text ?? "") + text;
      line.last = n;
      line.records++;
      grown.add(line);
      lines.push({ n, joins: line.record.n });
    }
    if (text !== undefined) open.set(stream, { n, partial, line, start: goesOn ? before.start : n });
  }
  grown.forEach(shorten);
  return lines;
}

/** Whether a new line begins with record `n` although the chain goes on. @param {Open} before @param {number} n */
function isCut(before, n) {
  const block = n - ((n - 1) % REACH);
  return before.n < block && before.start < block - REACH;
}

/** @param {LogRecord} record @returns {Line} */
function begin(record) {
  return { record, last: record.n, records: 1, text: undefined, cut: 0 };
}

/**
 * Leave out what a line has too much of: its end, or, if it has carriage returns, what the last of
 * them took back.
 * @param {Line} line
 */
function shorten(line) {
  const { text = "" } = line;
  if (text.length <= LONGEST_LINE) return;
  const over = text.length - LONGEST_LINE;
  const back = text.indexOf("\r", over - 1);
  const isTakenBack = back !== -1 && back < text.length - 1;
  line.text = isTakenBack ? text.slice(back + 1) : text.slice(0, LONGEST_LINE);
  line.cut = text.length - line.text.length;
}
