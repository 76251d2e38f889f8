/**
 * Two deployments side by side, `/compare?left=…&right=…`: lines that the other has not are marked.
 *
 * Without `left`, the last deployment of the same project that succeeded before the right one is
 * taken, of the same environment if there is one. The logs are read and compared by a worker; while
 * one of them grows they are compared again from time to time. The two panes scroll together: where
 * a line has its like in the other log, that one stands beside it.
 */

import "./deploy-log.js";
import { deploymentPath, get, Problem } from "./api.js";
import { byId, make, say } from "./dom.js";
import { absolute, count, counted } from "./format.js";
import { showSession } from "./session.js";

/** @typedef {import("./api.js").Deployment} Deployment */
/** @typedef {import("./deploy-log.js").DeployLog} DeployLog */
/** @typedef {"left" | "right"} Side */
/** @typedef {{left: number[], right: number[], pairs: number[], more: boolean, problem?: string}} Found */

/** @type {Side[]} */
const SIDES = ["left", "right"];
const AGAIN_MS = 3000; // while a log grows

/** @type {Record<Side, DeployLog | null>} */
const panes = { left: null, right: null };
/** The like of a line in the other log, by side and number. @type {Record<Side, Map<number, number>>} */
const likes = { left: new Map(), right: new Map() };
/** The pane that its reader moves; the other follows it. @type {Side} */
let leading = "right";
let grown = true;
let shown = false;

async function begin() {
  const query = new URLSearchParams(location.search);
  const wanted = query.get("right");
  if (!wanted) return refuse("Say which deployments to compare: /compare?right=… with the id of one.");
  try {
    const right = await deployment(wanted);
    const left = query.get("left") ? await deployment(query.get("left") ?? "") : await lastGood(right);
    if (left === null) {
      return refuse(`No earlier deployment of ${right.project} has succeeded, so there is nothing to compare with.`, right);
    }
    history.replaceState(null, "", `?left=${left.id}&right=${right.id}${location.hash}`);
    open("left", left);
    open("right", right);
    document.title = `${right.project}: two deployments · Logflume`;
    watch(left, right);
  } catch (error) {
    refuse(error instanceof Problem && error.status === 404 ? "There is no such deployment; it may have been deleted." : said(error));
  }
}

/** @param {string} id @returns {Promise<Deployment>} */
async function deployment(id) {
  return (await get(deploymentPath(id))).body;
}

/** @param {Deployment} right @returns {Promise<Deployment | null>} */
async function lastGood({ id, project, environment }) {
  for (const place of environment ? [environment, null] : [null]) {
    const query = new URLSearchParams({ project, status: "succeeded", after: id, limit: "1" });
    if (place !== null) query.set("environment", place);
    const { deployments } = (await get(`/v1/deployments?${query}`)).body;
    if (deployments.length > 0) return deployments[0];
  }
  return null;
}

/** @param {Side} side @param {Deployment} shown */
function open(side, { id, project, environment, title, status, started_at, created_at }) {
  const place = environment ? `${project} / ${environment}` : project;
  byId(`${side}-about`).replaceChildren(
    make("a", { href: `/d/${encodeURIComponent(id)}`, title: title ?? place }, title ?? place),
    make("span", { className: "status", "data-status": status }, status),
    make("span", { className: "when" }, absolute(started_at ?? created_at)));
  const log = /** @type {DeployLog} */ (document.createElement("deploy-log"));
  log.id = side;
  log.setAttribute("src", `${deploymentPath(id)}/log`);
  log.setAttribute("page", "");
  log.setAttribute("label", `${side} log, ${title ?? place}`);
  byId(`${side}-log`).append(log);
  panes[side] = log;
  for (const type of ["pointerdown", "wheel", "keydown", "focusin"]) {
    log.addEventListener(type, () => (leading = side), { capture: true, passive: true });
  }
  log.viewer?.addEventListener("moved", () => side === leading && align(side));
  log.viewer?.addEventListener("marks", () => (grown = true));
  log.viewer?.addEventListener("state", () => {
    grown = true;
    stands(side, log.viewer?.state.end?.status);
  });
  log.viewer?.addEventListener("status", (event) => stands(side, /** @type {CustomEvent} */ (event).detail.status));
}

/** Say how a deployment stands, as its log does. @param {Side} side @param {string | undefined} status */
function stands(side, status) {
  const badge = byId(`${side}-about`).querySelector(".status");
  if (status === undefined || badge === null) return;
  badge.setAttribute("data-status", status);
  say(badge, status);
}

/** Compare now, and again as long as one of them grows. @param {Deployment} left @param {Deployment} right */
function watch(left, right) {
  const worker = new Worker(new URL("./differences-worker.js", import.meta.url), { type: "module" });
  const paths = { left: `${deploymentPath(left.id)}/log`, right: `${deploymentPath(right.id)}/log` };
  const ask = () => {
    grown = false;
    worker.postMessage(paths);
  };
  worker.addEventListener("message", (/** @type {MessageEvent<Found>} */ { data }) => {
    if (data.problem) say(byId("found"), `Could not compare: ${data.problem}`);
    else show(data);
    const closed = SIDES.every((side) => panes[side]?.viewer?.state.closed);
    if (!closed || grown) setTimeout(ask, AGAIN_MS);
  });
  worker.addEventListener("error", (event) => say(byId("found"), `Could not compare: ${event.message}`));
  ask();
}

/** @param {Found} found */
function show({ left, right, pairs, more }) {
  for (const side of SIDES) likes[side].clear();
  for (let at = 0; at < pairs.length; at += 2) {
    likes.left.set(pairs[at], pairs[at + 1]);
    likes.right.set(pairs[at + 1], pairs[at]);
  }
  for (const side of SIDES) {
    const viewer = panes[side]?.viewer;
    if (viewer) viewer.differing = new Set(side === "left" ? left : right);
  }
  if (!shown && !location.hash) goToFirst(left, right);
  shown = true;
  const same = left.length + right.length === 0;
  say(byId("found"), same
    ? "The two logs say the same, times and ids aside."
    : `${counted(left.length, "line")} only on the left, ${count(right.length)} only on the right; times and ids do not count.` +
      (more ? " Only the first 200,000 lines of each are compared." : ""));
}

/** Begin where the two part. @param {number[]} left @param {number[]} right */
function goToFirst(left, right) {
  leading = right.length > 0 ? "right" : "left";
  const first = leading === "right" ? right[0] : left[0];
  if (first !== undefined) panes[leading]?.viewer?.goTo(first, { align: "center" });
}

/** Bring the other pane to where this one stands. @param {Side} side */
function align(side) {
  const viewer = panes[side]?.viewer;
  const other = panes[side === "left" ? "right" : "left"]?.viewer;
  const together = /** @type {HTMLInputElement} */ (byId("together")).checked;
  if (!viewer || !other || !together) return;
  for (let n = viewer.visible.first; n > 0 && n <= viewer.visible.last; n++) {
    const like = likes[side].get(n);
    if (like === undefined) continue;
    other.goTo(Math.max(1, like - (n - viewer.visible.first)), { align: "start" });
    return;
  }
}

/** @param {string} why @param {Deployment} [right] what it was about */
function refuse(why, right) {
  byId("panes").hidden = true;
  say(byId("found"), why);
  if (right) byId("found").append(" ", make("a", { href: `/d/${encodeURIComponent(right.id)}` }, "To its log"));
  byId("back").hidden = false;
}

/** @param {unknown} error */
function said(error) {
  return error instanceof Error ? error.message : "The server does not answer.";
}

begin();

showSession();
