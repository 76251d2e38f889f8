/**
 * The page of one deployment, `/d/{id}`: what it is, how it stands, and its log.
 *
 * Owns the header and the document's title. The log itself is `<deploy-log>`; when that says that a
 * status or end record has come, the deployment is read again.
 */

import "./deploy-log.js";
import { deploymentPath, get, now, Problem } from "./api.js";
import { byId, make, say } from "./dom.js";
import { absolute, finished, mark, ran, shortCommit } from "./format.js";

/** @typedef {import("./api.js").Deployment} Deployment */

const RETRY_MS = 5000;
const TICK_MS = 1000;

const path = deploymentPath(decodeURIComponent(location.pathname.split("/")[2] ?? ""));
/** @type {Deployment | null} */
let deployment = null;
let deleted = false;
let asked = 0; // readings asked for; only the answer to the last one counts

async function read() {
  const asking = ++asked;
  try {
    const { body } = await get(path);
    if (asking !== asked) return;
    deployment = body;
    show();
  } catch (error) {
    if (asking !== asked) return;
    if (error instanceof Problem && error.final) return refuse(error);
    setTimeout(() => asking === asked && read(), RETRY_MS);
  }
}

/** @param {Problem} problem */
function refuse(problem) {
  if (deployment !== null) return;
  say(byId("title"), problem.status === 404 ? "There is no such deployment" : problem.message);
  byId("refused").hidden = false;
  byId("log").hidden = true;
  document.title = "No such deployment · Logflume";
}

function show() {
  if (deployment === null) return;
  const { project, environment, title, url } = deployment;
  const status = deleted ? "deleted" : deployment.status;
  const place = environment ? `${project} / ${environment}` : project;
  document.title = `${mark(status)} ${status} · ${title ?? place} · Logflume`;
  say(byId("place"), title ? place : "");
  say(byId("title"), title ?? place);
  const badge = byId("status");
  badge.dataset.status = status;
  say(badge, status);
  byId("facts").replaceChildren(...facts(deployment), ...outside(url));
  tick();
}

/** @param {Deployment} shown */
function facts({ ref, commit, created_at, started_at, exit_code }) {
  return [
    ref ? fact("Ref", make("code", {}, ref)) : null,
    commit ? fact("Commit", make("code", { title: commit }, shortCommit(commit))) : null,
    started_at ? fact("Started", absolute(started_at)) : fact("Created", absolute(created_at)),
    started_at ? fact("Duration", make("span", { id: "duration" })) : null,
    exit_code === null ? null : fact("Exit code", make("code", { id: "exit-code" }, String(exit_code))),
    make("div", {}, make("a", { href: `${path}/log?format=text`, id: "raw" }, "Raw text")),
  ].filter((item) => item !== null);
}

/** @param {string} name @param {Node | string} value */
function fact(name, value) {
  return make("div", {}, make("dt", {}, name), make("dd", {}, value));
}

/**
 * A link out of here; whoever made the deployment chose it, so only the web is linked to.
 * @param {string | null} url
 */
function outside(url) {
  if (!url || !/^https?:\/\//i.test(url)) return [];
  return [make("div", {}, make("a", { href: url, rel: "noopener noreferrer", id: "outside" }, "Details"))];
}

function tick() {
  const clock = document.getElementById("duration");
  if (clock !== null && deployment !== null) say(clock, ran(deployment, now()) ?? "");
}

const log = document.createElement("deploy-log");
log.setAttribute("src", `${path}/log`);
log.addEventListener("status", () => read());
log.addEventListener("connection", (event) => {
  const { state } = /** @type {CustomEvent} */ (event).detail;
  if (state !== "deleted") return;
  deleted = true;
  show();
});
byId("log").append(log);
log.focus({ preventScroll: true });
setInterval(() => deployment && !finished(deployment) && !deleted && tick(), TICK_MS);
read();
