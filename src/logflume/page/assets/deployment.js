/**
 * The page of one deployment, `/d/{id}`, and the frame of it for other pages, `/embed/{id}`: what it
 * is, how it stands, and its log.
 *
 * Owns the header, the document's title and its icon. The log itself is `<deploy-log>`, which begins
 * at once, beside the reading of the deployment; when it says that a status or end record has come,
 * the deployment is read again.
 *
 * Whoever deploys may make the id and hand out this page's address before the server has heard of
 * either, so an id that could be a deployment's is waited for.
 */

import "./early.js";
import "./deploy-log.js";
import { deploymentPath, get, ID, now, Problem } from "./api.js";
import { byId, make, say } from "./dom.js";
import { showFavicon } from "./favicon.js";
import { absolute, finished, mark, ran, shortCommit } from "./format.js";
import { showSession, signInAgain } from "./session.js";

/** @typedef {import("./api.js").Deployment} Deployment */
/** @typedef {import("./deploy-log.js").DeployLog} DeployLog */

const RETRY_MS = 5000;
const TICK_MS = 1000;
const SOON_MS = 1000; // between two looks for a deployment that is not there yet
const SOON_FOR_MS = 30_000; // that long; every RETRY_MS after it
const LINES_MS = 500; // that long the lines of the log go before what takes time and can wait
const WAITING = "Waiting for the deployment";
const NOT_YET = "Nothing of it has arrived yet. This page will show it as soon as something does.";
const NOT_SOON =
  "There is no such deployment: it has not been sent yet, or it was deleted. This page keeps looking.";

const id = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const path = deploymentPath(id);
/** @type {Deployment | null} */
let deployment = null;
let deleted = false;
/** @type {DeployLog | null} */
let log = null;
/** When the server first said that it does not know the deployment. @type {number | null} */
let waitingSince = null;
/** When the log's first lines are on the screen. */
let linesSeen = Promise.resolve();
let asked = 0; // readings asked for; only the answer to the last one counts
let behind = 0; // the timer of the next look at what may be behind its log

async function read() {
  const asking = ++asked;
  try {
    const { body } = await get(path);
    if (asking !== asked) return;
    deployment = body;
    waitingSince = null;
    notice("");
    show();
    begin();
    catchUp();
  } catch (error) {
    if (asking !== asked) return;
    const problem = error instanceof Problem ? error : null;
    const unknown = problem?.status === 404 && deployment === null && ID.test(id);
    if (problem?.status === 401) signInAgain();
    if (problem?.final && !unknown) return refuse(problem);
    if (unknown) {
      waitingSince ??= performance.now();
      end();
    }
    else if (deployment === null && waitingSince === null) notice(problem?.message ?? "The server does not answer.");
    setTimeout(() => asking === asked && read(), waitingSince === null ? RETRY_MS : wait(waitingSince));
  }
}

/**
 * Say that the deployment is waited for; how long to wait until the next look, not the same for all.
 * @param {number} since
 */
function wait(since) {
  const soon = performance.now() - since < SOON_FOR_MS;
  document.title = `${WAITING} · Logflume`;
  say(byId("title"), WAITING);
  notice(soon ? NOT_YET : NOT_SOON);
  return (soon ? SOON_MS : RETRY_MS) * (0.75 + Math.random() / 2);
}

/** Read the deployment again if its log has ended and it has not: then its answer is the older one. */
function catchUp() {
  const isBehind = () => deployment !== null && !finished(deployment) && log?.viewer?.state.end;
  if (isBehind()) behind ||= setTimeout(() => (behind = 0, isBehind() && read()), SOON_MS);
}

/** @param {string} text */
function notice(text) {
  byId("notice").hidden = text === "";
  say(byId("notice"), text);
}

/** @param {Problem} problem */
function refuse(problem) {
  if (deployment !== null) return;
  end();
  say(byId("title"), problem.status === 404 ? "There is no such deployment" : problem.message);
  byId("refused").hidden = problem.status === 401;
  notice("");
  document.title = `${problem.status === 404 ? "No such deployment" : "Not available"} · Logflume`;
}

function show() {
  if (deployment === null) return;
  const { project, environment, title, url } = deployment;
  const status = deleted ? "deleted" : deployment.status;
  const place = environment ? `${project} / ${environment}` : project;
  linesSeen.then(() => showFavicon(status));
  document.title = `${mark(status)} ${status} · ${title ?? place} · Logflume`;
  say(byId("place"), title ? place : "");
  say(byId("title"), title ?? place);
  const badge = byId("status");
  badge.dataset.status = status;
  say(badge, status);
  byId("facts").replaceChildren(...facts(deployment));
  byId("ways").replaceChildren(...outside(url), ...comparison(deployment));
  tick();
}

/** @param {Deployment} shown */
function facts({ ref, commit, created_at, started_at, exit_code }) {
  return [
    ref ? fact("Ref", make("code", {}, ref)) : null,
    commit ? fact("Commit", make("code", { title: commit }, shortCommit(commit))) : null,
    started_at ? fact("Started", at(started_at)) : fact("Created", at(created_at)),
    started_at ? fact("Duration", make("span", { id: "duration" })) : null,
    exit_code === null ? null : fact("Exit code", make("code", { id: "exit-code" }, String(exit_code))),
  ].filter((item) => item !== null);
}

/** @param {string} name @param {Node | string} value */
function fact(name, value) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value));
}

/** A time, said once the lines are there: the first that a browser says takes it some 25 ms. @param {string} time */
function at(time) {
  const said = make("time", { dateTime: time });
  linesSeen.then(() => say(said, absolute(time)));
  return said;
}

/**
 * A link out of here; whoever made the deployment chose it, so only the web is linked to.
 * @param {string | null} url
 */
function outside(url) {
  if (!url || !/^https?:\/\//i.test(url)) return [];
  return [make("a", { href: url, rel: "noopener noreferrer", id: "outside" }, "Details")];
}

/** A way to see what was different when it went well. @param {Deployment} shown */
function comparison({ id: right, status }) {
  if (status === "queued" || status === "succeeded") return [];
  const address = `/compare?right=${encodeURIComponent(right)}`;
  return [make("a", { href: address, id: "compare" }, "Compare with the last success")];
}

function tick() {
  const clock = document.getElementById("duration");
  if (clock !== null && deployment !== null) say(clock, ran(deployment, now()) ?? "");
}

/** Begin with the log, unless it has begun. */
function begin() {
  if (log === null) {
    log = /** @type {DeployLog} */ (document.createElement("deploy-log"));
    log.setAttribute("src", `${path}/log`);
    log.setAttribute("page", "");
    byId("log").hidden = false;
    byId("log").append(log);
    log.viewer?.addEventListener("status", () => read());
    log.viewer?.addEventListener("state", () => {
      deleted = log?.viewer?.state.connection === "deleted";
      if (log?.viewer?.state.problem?.status === 401) signInAgain();
      show();
      catchUp();
    });
    linesSeen = firstLines(log);
    linesSeen.then(() => document.activeElement === document.body && log?.focus({ preventScroll: true }));
  }
  if (deployment === null) return;
  const { project, environment } = deployment;
  log.setAttribute("name", [project, environment].filter(Boolean).join("-"));
}

/**
 * Resolves when lines have been painted, or when none came for a while.
 * @param {DeployLog} shown
 * @returns {Promise<void>}
 */
function firstLines({ viewer }) {
  return new Promise((resolve) => {
    const listening = new AbortController();
    setTimeout(resolve, LINES_MS);
    viewer?.addEventListener("moved", () => {
      if (viewer.waiting) return;
      listening.abort();
      requestAnimationFrame(() => setTimeout(resolve));
    }, { signal: listening.signal });
  });
}

/** There is no log, or not yet. */
function end() {
  log?.remove();
  log = null;
  byId("log").hidden = true;
}

const whole = /** @type {HTMLAnchorElement | null} */ (document.getElementById("whole"));
if (whole !== null) whole.href = `/d/${encodeURIComponent(id)}`;
setInterval(() => deployment && !finished(deployment) && !deleted && tick(), TICK_MS);
if (ID.test(id)) begin();
showSession();
read();
