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
 * @property {Deployment} [deployment]
 */

/** A refusal or failure that the server explained, or at least gave a status. */
export class Problem extends Error {
  /** @param {number} status @param {string} title @param {string} detail */
  constructor(status, title, detail) {
    super(detail ? `${title}: ${detail}` : title);
    this.status = status;
  }

  /** Whether the same request can never succeed. */
  get final() {
    return this.status >= 400 && this.status < 500 && ![408, 425, 429].includes(this.status);
  }
}

let skew = 0; // milliseconds that the server's clock is ahead of ours

/** Now, by the server's clock: its times are compared with it. In milliseconds since 1970. */
export function now() {
  return Date.now() + skew;
}

/**
 * GET `path` as JSON. Throws Problem for a refusal and TypeError when there is no answer.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<{headers: Headers, body: any}>}
 */
export async function get(path, signal) {
  const response = await fetch(path, { signal, cache: "no-store", headers: { Accept: "application/json" } });
  readClock(response);
  if (!response.ok) throw await problemOf(response);
  return { headers: response.headers, body: await response.json() };
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
  return new Problem(response.status, String(title), String(body.detail ?? ""));
}

/** @param {Response} response */
function readClock(response) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (Number.isNaN(date)) return;
  const difference = date - Date.now();
  skew = Math.abs(difference) < 2000 ? 0 : difference; // the header counts whole seconds
}
