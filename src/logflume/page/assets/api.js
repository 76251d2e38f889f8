/**
 * The HTTP API as the page sees it.
 *
 * Owns: one GET with its errors as `Problem`, the next page of a list, the shapes of what comes
 * back, and the server's clock. Paths are always of this server: of an absolute link only the path
 * is taken, because behind a proxy the server may know itself by another name.
 */

/**
 * @typedef {object} Deployment
 * @property {string} id
 * @property {string} project
 * @property {string | null} environment
 * @property {string | null} title
 * @property {string | null} ref
 * @property {string | null} commit
 * @property {string | null} url
 * @property {string} status
 * @property {number | null} exit_code
 * @property {string} created_at
 * @property {string | null} started_at
 * @property {string | null} finished_at
 * @property {number} lines
 */

/**
 * A record of a deployment's log, or of the feed.
 * @typedef {object} LogRecord
 * @property {number} n
 * @property {string} time
 * @property {string} [stream]
 * @property {string} [text]
 * @property {boolean} [partial]
 * @property {string} [level]
 * @property {string} [kind]
 * @property {string} [status]
 * @property {number | null} [exit_code]
 * @property {number} [lines]
 * @property {number} [from] the first number of those that an `omitted` record stands for
 * @property {number} [omitted] of the end: how many of the records before it are not kept
 * @property {string} [digest] of the end: `sha256:` and that of the NDJSON history before it
 * @property {number} [redacted] places at which a secret was taken out; of the end: records with such
 * @property {string} [redacted_at] of the end: when that was last done
 * @property {number[]} [numbers] of a `redacted` record: which records are no longer what they were
 * @property {string} [group] the heading of a section that begins or ends here
 * @property {boolean} [open] whether it begins
 * @property {boolean} [collapsed] whether it asks to be shown folded
 * @property {boolean} [dimmed] whether it asks to be shown less brightly
 * @property {boolean} [expands] whether the section before it asks to be unfolded
 * @property {string[]} [ends] names of sections that end here before this one begins
 * @property {string} [section] the name by which its end is found, if it has one
 * @property {Deployment} [deployment]
 */

/** A refusal or failure that the server explained, or at least gave a status. */
export class Problem extends Error {
  /** Seconds after which the server asks to be asked again. @type {number} */
  retryAfter = 0;

  /** @param {number} status 0: there was no answer @param {string} title @param {string} detail */
  constructor(status, title, detail) {
    super(detail ? `${title}: ${detail}` : title);
    this.status = status;
  }

  /** Whether the same request can never succeed. */
  get final() {
    return this.status >= 400 && this.status < 500 && ![408, 425, 429].includes(this.status);
  }
}

/** What the id of a deployment looks like. */
export const ID = /^dep_[0-9a-hjkmnp-tv-z]{37}$/;

const PATIENCE_MS = 45_000; // until an answer begins: twice as long as a long poll waits

let skew = 0; // milliseconds that the server's clock is ahead of ours

/** Now, by the server's clock: its times are compared with it. In milliseconds since 1970. */
export function now() {
  return Date.now() + skew;
}

/**
 * GET `path` as JSON; of an answer without a body, such as a long poll's 204, it is null. Throws
 * Problem for a refusal and TypeError when there is no answer.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<{headers: Headers, body: any}>}
 */
export async function get(path, signal) {
  const response = await ask(path, "application/json", signal);
  return { headers: response.headers, body: response.status === 204 ? null : await response.json() };
}

/**
 * The answer to a GET of `path`, its body yet to be read. Throws as `get` does.
 * @param {string} path
 * @param {string} accept
 * @param {AbortSignal} [signal]
 */
export async function ask(path, accept, signal) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(new TypeError("no answer in time")), PATIENCE_MS);
  const either = signal ? AbortSignal.any([signal, patience.signal]) : patience.signal;
  const headers = { Accept: accept };
  const response = await fetch(path, { signal: either, cache: "no-store", headers }).finally(() => clearTimeout(timer));
  readClock(response);
  if (!response.ok) throw await problemOf(response);
  return response;
}

/**
 * The address of what lies below `src`, or of `src` itself, with more in its query.
 * @param {string} src a path or an address, with a query or without
 * @param {string} below such as `/search`, or nothing
 * @param {string | Record<string, string | number>} query
 */
export function address(src, below, query) {
  const [path, before = ""] = src.split("?", 2);
  const all = new URLSearchParams(before);
  const more = typeof query === "string" ? new URLSearchParams(query) : Object.entries(query);
  for (const [name, value] of more) all.set(name, String(value));
  return `${path}${below}?${all}`;
}

/** What to say of an error of `get`. @param {unknown} error */
export function problemFrom(error) {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) return new Problem(0, "The server does not answer", "");
  return new Problem(0, "The answer cannot be read", error instanceof Error ? error.message : String(error));
}

/**
 * The path of the next page of a list, or null at its end.
 * @param {Headers} headers
 */
export function nextPage(headers) {
  for (const link of (headers.get("Link") ?? "").split(/,\s*(?=<)/)) {
    const match = /^<([^>]*)>.*;\s*rel="?next"?/.exec(link);
    if (match === null) continue;
    const url = new URL(match[1], location.href);
    return url.pathname + url.search;
  }
  return null;
}

/** @param {string} id */
export function deploymentPath(id) {
  return `/v1/deployments/${encodeURIComponent(id)}`;
}

/** @param {Response} response */
async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const title = body.title ?? `the server answered ${response.status}`;
  const problem = new Problem(response.status, String(title), String(body.detail ?? ""));
  problem.retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10) || 0;
  return problem;
}

/** @param {Response} response */
function readClock(response) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isNaN(date)) return;
  const difference = date - Date.now();
  skew = Math.abs(difference) < 2000 ? 0 : difference; // the header counts whole seconds
}
