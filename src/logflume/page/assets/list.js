/**
 * The list of deployments at `/`, newest first, live, narrowed to what its filters admit.
 *
 * Owns the table. It takes the feed's tail first, then reads the list, then applies what the feed
 * brings: each record carries the whole deployment, so applying one that the list already had does
 * no harm, and none is missed between the two.
 */

import { get, nextPage, now, Problem } from "./api.js";
import { byId, make, say } from "./dom.js";
import { Filters } from "./filters.js";
import { Follow } from "./follow.js";
import { absolute, ago, count, finished, ran, shortCommit } from "./format.js";
import { showSession, signInAgain } from "./session.js";

/** @typedef {import("./api.js").Deployment} Deployment */
/** @typedef {import("./api.js").LogRecord} LogRecord */

const PAGE = 50; // deployments a reading
const TICK_MS = 1000;
const RETRY_MS = 3000;
const POLLING_MS = 5000; // between two readings for who may not follow the feed, which tells of all projects
/** What the connection's states mean for a list, which never ends. @type {Record<string, string>} */
const CONNECTION = { loading: "loading…", live: "live", polling: "live, by polling", reconnecting: "reconnecting…" };

/** @type {Map<string, Deployment>} */
const deployments = new Map();
/** @type {Map<string, {row: HTMLTableRowElement, tick: () => void}>} */
const rows = new Map();
/** The next page of the list, null at its end. @type {string | null} */
let next = null;
/** Changes that came while the list is being read; null while it is not. @type {LogRecord[] | null} */
let held = [];
let begun = false; // whether the list has been asked for since the feed was
let readings = 0; // of the list; only the answer to the last one counts
const filters = new Filters(/** @type {HTMLFormElement} */ (byId("filters")), () => begun && readList());

const feed = new Follow("/v1/deployments/feed", {
  take: ({ records }) => {
    if (!begun) readList();
    if (held !== null) {
      held.push(...records);
      return;
    }
    records.forEach(apply);
    show();
  },
  state: (state, problem) => {
    if (problem?.status === 403) return poll();
    showConnection(state);
    if (problem?.status === 401) return signInAgain();
    // The feed began anew, or refuses where we were: begin again from now.
    if (state === "failed" || state === "deleted" || state === "finished") setTimeout(begin, RETRY_MS);
  },
});

function begin() {
  held = [];
  begun = false;
  feed.start("offset=now");
}

/** @param {string} state */
function showConnection(state) {
  const connection = byId("connection");
  connection.dataset.state = state;
  say(connection, CONNECTION[state] ?? "not live");
}

/** The feed is not for this reader: read the list again and again. */
async function poll() {
  showConnection("polling");
  if (!document.hidden || !begun) await readList();
  setTimeout(poll, POLLING_MS);
}

/** Read the first page anew; what the feed brings meanwhile is applied after it. */
async function readList() {
  const reading = ++readings;
  begun = true;
  held ??= [];
  try {
    const query = filters.query;
    query.set("limit", String(PAGE));
    const { headers, body } = await get(`/v1/deployments?${query}`);
    if (reading !== readings) return;
    deployments.clear();
    take(headers, body.deployments);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return signInAgain();
    if (reading !== readings) return;
    say(byId("notice"), error instanceof Problem ? error.message : "The server does not answer.");
    setTimeout(() => reading === readings && readList(), RETRY_MS);
    return;
  }
  say(byId("notice"), "");
  catchUp();
}

/** Apply what the feed has brought meanwhile. */
function catchUp() {
  const changes = held ?? [];
  held = null;
  changes.forEach(apply);
  show();
}

/** Read the next page, unless the list is read anew, which makes it another one's. */
async function readMore() {
  const button = /** @type {HTMLButtonElement} */ (byId("more"));
  if (next === null || held !== null) return;
  const reading = readings;
  held = [];
  button.disabled = true;
  try {
    const { headers, body } = await get(next);
    if (reading === readings) take(headers, body.deployments);
  } catch (error) {
    if (reading === readings) say(byId("notice"), error instanceof Error ? error.message : "");
  } finally {
    button.disabled = false;
    if (reading === readings && begun) catchUp();
  }
}

/** @param {Headers} headers @param {Deployment[]} page */
function take(headers, page) {
  next = nextPage(headers);
  for (const deployment of page) deployments.set(deployment.id, deployment);
}

/** @param {LogRecord} record of the feed */
function apply({ kind, deployment }) {
  if (kind === "restart") readList();
  else if (deployment === undefined) return;
  else if (kind === "deleted" || !filters.admits(deployment)) deployments.delete(deployment.id);
  else if (kind === "created" || deployments.has(deployment.id) || isWithin(deployment)) {
    deployments.set(deployment.id, deployment);
  }
}

/**
 * Whether it belongs among those that have been read, as one whose status has changed may.
 * @param {Deployment} deployment
 */
function isWithin({ created_at }) {
  if (next === null) return true;
  return [...deployments.values()].some((other) => other.created_at <= created_at);
}

/** Bring the table to what is known, a row at a time: a row that did not change is left alone. */
function show() {
  const sorted = [...deployments.values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  for (const [id, { row }] of rows) {
    if (deployments.has(id)) continue;
    row.remove();
    rows.delete(id);
  }
  const body = byId("deployments");
  sorted.forEach((deployment, at) => {
    const { row } = rowOf(deployment);
    if (body.children[at] !== row) body.insertBefore(row, body.children[at] ?? null);
  });
  byId("table").hidden = sorted.length === 0;
  byId("empty").hidden = sorted.length > 0 || filters.active;
  byId("none").hidden = sorted.length > 0 || !filters.active;
  filters.offer(sorted);
  byId("more").hidden = next === null;
}

/** @param {Deployment} deployment */
function rowOf(deployment) {
  const known = rows.get(deployment.id);
  const written = JSON.stringify(deployment);
  if (known?.row.dataset.written === written) return known;
  const made = makeRow(deployment);
  made.row.dataset.written = written;
  known?.row.replaceWith(made.row);
  rows.set(deployment.id, made);
  return made;
}

/** @param {Deployment} deployment */
function makeRow(deployment) {
  const { id, project, environment, title, ref, commit, status, created_at, started_at, lines } = deployment;
  const started = make("time", { dateTime: started_at ?? created_at, title: absolute(started_at ?? created_at) });
  const ranFor = make("td", { className: "duration" });
  // A running deployment's count is as old as the last change that the feed told of.
  const counted = finished(deployment) ? count(lines) : lines ? `${count(lines)}+` : "–";
  const row = make("tr", {},
    make("td", { className: "name" },
      make("a", { href: `/d/${encodeURIComponent(id)}` }, project),
      environment ? make("span", { className: "environment" }, environment) : null,
      status === "failed" ? make("a", { className: "comparison", href: `/compare?right=${encodeURIComponent(id)}` }, "compare") : null,
      make("span", { className: "what" }, ...what(title, ref, commit))),
    make("td", { className: "state" },
      make("span", { className: "status", "data-status": status }, status)),
    make("td", { className: "started" }, started),
    ranFor,
    make("td", { className: "lines" }, counted));
  const tick = () => {
    say(started, started_at ? ago(started_at, now()) : `created ${ago(created_at, now())}`);
    say(ranFor, ran(deployment, now()) ?? "–");
  };
  tick();
  return { row, tick };
}

/** @param {string | null} title @param {string | null} ref @param {string | null} commit */
function what(title, ref, commit) {
  return [
    title ? make("span", { className: "title" }, title) : null,
    ref ? make("code", {}, ref) : null,
    commit ? make("code", { title: commit }, shortCommit(commit)) : null,
  ].filter((item) => item !== null);
}

/** The two lines of shell that send a first log here. */
function showShell() {
  const local = ["http://127.0.0.1:8080", "http://localhost:8080"].includes(location.origin);
  const server = local ? "" : `LOGFLUME_SERVER=${location.origin} `;
  say(byId("shell-run"), `${server}logflume run --project demo -- make deploy`);
  say(byId("shell-curl"), `curl ${location.origin}/v1/deployments --json '{"project": "demo"}'`);
}

showShell();
showSession();
byId("more").addEventListener("click", readMore);
setInterval(() => rows.forEach(({ tick }) => tick()), TICK_MS);
begin();
