/**
 * Moments of a log as people write them, and the line where one is.
 *
 * A moment is a time of day (15:37, 15:37:02), a date with or without a time, or a span from the
 * log's start (+2m, +1h30m, +90) or back from its end (-5m). Pure, but for the local time zone, in
 * which times without a zone are understood.
 */

/** @typedef {{start: number, end: number}} Span in milliseconds since 1970 */

const DAY_MS = 86_400_000;
// Lines asked for at once: a million lines take 7 rounds, where halving would take 20 in a row.
const PROBES = 7;

/** @type {Record<string, number>} */
const UNITS = { d: DAY_MS, h: 3_600_000, m: 60_000, s: 1000 };

/**
 * The moment that `text` names, in milliseconds since 1970; null if it names none.
 * @param {string} text @param {Span} log
 */
export function moment(text, log) {
  const written = text.trim();
  const span = spanOf(written);
  if (span !== null) return written.startsWith("-") ? log.end - span : log.start + span;
  const clock = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?$/.exec(written);
  if (clock) return onTheDay(clock, log);
  if (!/^\d{4}-\d{2}-\d{2}/.test(written)) return null;
  const dated = /^[\d-]{10}$/.test(written) ? `${written}T00:00` : written.replace(" ", "T");
  const time = Date.parse(dated);
  return Number.isNaN(time) ? null : time;
}

/**
 * How long `+1h30m` is, in milliseconds; null for anything else. A bare number counts seconds.
 * @param {string} written
 */
function spanOf(written) {
  const match = /^[+-]((?:\d+(?:\.\d+)?[dhms]?)+)$/i.exec(written.replace(/\s+/g, ""));
  if (match === null) return null;
  const parts = match[1].matchAll(/(\d+(?:\.\d+)?)([dhms]?)/gi);
  return [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * UNITS[unit.toLowerCase() || "s"], 0);
}

/**
 * The first time after the log's start that a clock showed this; on the first day, if never.
 * @param {RegExpExecArray} clock @param {Span} log
 */
function onTheDay([, hours, minutes, seconds = "0", fraction = "0"], { start, end }) {
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const day = new Date(start);
  day.setHours(Number(hours), Number(minutes), Number(seconds), Number(`0.${fraction}`) * 1000);
  const next = new Date(day);
  next.setDate(next.getDate() + 1);
  return day.getTime() < start && next.getTime() <= end ? next.getTime() : day.getTime();
}

/**
 * The number of the first record at or after `time`; `last + 1` if all are before it. Times never
 * go back by more than a clock's correction, so a search by parts finds it.
 * @param {number} time @param {number} last
 * @param {(n: number) => Promise<number>} timeOf
 */
export function firstSince(time, last, timeOf) {
  return firstWhere(last, async (n) => (await timeOf(n)) >= time);
}

/**
 * The first number up to `last` of which something holds that holds of all after it, too; `last + 1`
 * if it holds of none.
 * @param {number} last @param {(n: number) => Promise<boolean>} holds
 */
export async function firstWhere(last, holds) {
  let low = 1;
  let high = last + 1; // the answer is from low to high
  while (low < high) {
    const probes = probesOf(low, high);
    const after = (await Promise.all(probes.map(holds))).indexOf(true);
    if (after !== -1) high = probes[after];
    if (after !== 0) low = probes[(after === -1 ? probes.length : after) - 1] + 1;
  }
  return low;
}

/** Numbers from `low` to `high - 1`, evenly apart. @param {number} low @param {number} high */
function probesOf(low, high) {
  const many = Math.min(PROBES, high - low);
  return Array.from({ length: many }, (_, at) => low + Math.floor(((high - low) * (at + 1)) / (many + 1)))
    .filter((n, at, all) => n < high && n !== all[at - 1]);
}

/**
 * A time since the log's start, as it stands beside a line: `+0:07.250`, `+1:02:03.000`.
 * @param {number} milliseconds
 */
export function sinceStart(milliseconds) {
  const past = Math.max(0, milliseconds);
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0");
  const seconds = `${two((past / 1000) % 60)}.${String(Math.floor(past % 1000)).padStart(3, "0")}`;
  const minutes = Math.floor(past / 60_000);
  return minutes < 60 ? `+${minutes}:${seconds}` : `+${Math.floor(minutes / 60)}:${two(minutes % 60)}:${seconds}`;
}
