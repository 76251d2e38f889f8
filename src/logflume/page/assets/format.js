/**
 * How the page writes numbers, times, durations and faults.
 */

/** @typedef {import("./api.js").Deployment} Deployment */

/** A shape for each state, so that none is told by colour alone. @type {Record<string, string>} */
const MARKS = { queued: "○", running: "●", succeeded: "✓", failed: "✕", cancelled: "⊘", deleted: "–" };

const THOUSANDS = /\B(?=(?:\d{3})+$)/g;
const FAULTS_SAID = 3; // the first ones say where to look; more would fill the screen
const SHORT_COMMIT = 8; // characters: enough to tell commits apart

/** When it was, in the reader's language. */
export const absolute = dateFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const day = dateFormat("en", { day: "numeric", month: "short", year: "numeric" });

/**
 * A way to write times. It is made when it is first used: a browser's first of all takes as long as
 * the rest of the page's start.
 * @param {string | undefined} language @param {Intl.DateTimeFormatOptions} options
 * @returns {(time: string) => string}
 */
export function dateFormat(language, options) {
  /** @type {Intl.DateTimeFormat | undefined} */
  let format;
  return (time) => (format ??= new Intl.DateTimeFormat(language, options)).format(new Date(time));
}

/** @param {string} status */
export function mark(status) {
  return MARKS[status] ?? "·";
}

/** @param {number} number */
export function count(number) {
  return String(number).replace(THOUSANDS, ",");
}

/** @param {number} number @param {string} noun */
export function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * How long ago, in words, and after a week the date.
 * @param {string} time @param {number} now in milliseconds since 1970
 */
export function ago(time, now) {
  const seconds = (now - Date.parse(time)) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return `${Math.round(seconds / 86_400)} d ago`;
  return day(time);
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
}

/**
 * How long a deployment ran or has been running; null before it starts.
 * @param {Deployment} deployment @param {number} now
 */
export function ran({ started_at, finished_at }, now) {
  if (started_at === null) return null;
  return duration((finished_at ? Date.parse(finished_at) : now) - Date.parse(started_at));
}

/** Whether nothing follows. @param {Deployment} deployment */
export function finished({ status }) {
  return !["queued", "running"].includes(status);
}

/** @param {string} commit */
export function shortCommit(commit) {
  return /^[0-9a-f]{12,}$/i.test(commit) ? commit.slice(0, SHORT_COMMIT) : commit;
}

/** @param {import("./numbers.js").Fault[]} faults */
export function faultsSaid(faults) {
  const said = faults.slice(0, FAULTS_SAID).map(({ what, from, to }) => {
    const lines = from === to ? `Line ${count(from)}` : `Lines ${count(from)} to ${count(to)}`;
    return `${lines} ${what === "missing" ? "did not arrive" : "arrived again or out of order"}.`;
  });
  if (faults.length > FAULTS_SAID) said.push(`And ${counted(faults.length - FAULTS_SAID, "more fault")}.`);
  return ["Lines were lost or repeated on the way here.", ...said].join(" ");
}
