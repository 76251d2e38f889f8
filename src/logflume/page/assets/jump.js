/**
 * Going to a line or a moment that is typed: `120`, `120-140`, `15:37`, `+2m`.
 *
 * Where a moment is in the log is found by asking for the times of a few records, a round of them at
 * a time; nothing else is read.
 */

import { get } from "./api.js";
import { make, say } from "./dom.js";
import { absolute, count } from "./format.js";
import { address, goTo } from "./hits.js";
import { Popup } from "./popup.js";
import { firstSince, moment } from "./times.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

const NOT_UNDERSTOOD = "Write a line's number (120), a time (15:37, 15:37:02, 2026-11-23T15:37) "
  + "or a span (+2m from the start, -5m from the end).";

/** @param {Viewer} viewer */
export function install(viewer) {
  const field = make("input", {
    type: "text", className: "where", autocomplete: "off", spellcheck: false, "aria-describedby": "jump-said",
  });
  const answer = make("p", { className: "answer", id: "jump-said", role: "status" });
  const form = make("form", { className: "jump" },
    make("label", {}, "Line or time", field), make("button", { type: "submit", className: "tool" }, "Go"), answer);
  const popup = new Popup("Go to…", "jumping", (panel) => {
    say(answer, "120 · 15:37 · 15:37:02 · +2m");
    panel.append(form);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(answer, "…");
    const said = await go(viewer, field.value).catch((/** @type {Error} */ error) => error.message);
    if (said) return say(answer, said);
    popup.close();
    viewer.screen.focus({ preventScroll: true });
  });
  viewer.bar.append(popup.button, popup.panel);
  const open = (/** @type {string} */ example) => () => {
    field.placeholder = example;
    popup.button.click();
    field.select();
  };
  const group = "Finding";
  viewer.keys.set(":", { group, does: "go to a line's number", do: open("120") });
  viewer.keys.set("t", { group, does: "go to a time", do: open("15:37") });
  return { remove: () => popup.remove() };
}

/**
 * Go to what is written; what is wrong with it, if anything is.
 * @param {Viewer} viewer @param {string} text
 */
async function go(viewer, text) {
  const { tail } = viewer.state;
  const line = /^[L#]*(\d[\d,_ ]*)(?:-L?(\d+))?$/i.exec(text.trim());
  if (tail === 0) return "There are no lines yet.";
  if (line) return goToLine(viewer, Number(line[1].replace(/[,_ ]/g, "")), line[2] ? Number(line[2]) : undefined);
  const timeOf = timesOf(viewer);
  const time = moment(text, { start: await timeOf(1), end: await timeOf(tail) });
  if (time === null) return NOT_UNDERSTOOD;
  const n = await firstSince(time, tail, timeOf);
  goTo(viewer, Math.min(n, tail));
  const there = absolute(new Date(await timeOf(Math.min(n, tail))).toISOString());
  viewer.say(n > tail ? `The log ends before that, ${there}` : `line ${count(n)}, ${there}`);
  return "";
}

/** @param {Viewer} viewer @param {number} n @param {number} [to] */
function goToLine(viewer, n, to = n) {
  const { tail } = viewer.state;
  if (n < 1 || n > tail) return `There is no line ${count(n)}; the last one is ${count(tail)}.`;
  goTo(viewer, n);
  if (to > n) viewer.marked = { from: n, to };
  return "";
}

/** The times of records, in milliseconds; each is asked for once. @param {Viewer} viewer */
function timesOf({ src, data }) {
  /** @type {Map<number, Promise<number>>} */
  const asked = new Map();
  const ask = async (/** @type {number} */ n) => {
    const held = data.row(n);
    if (held && "time" in held) return Date.parse(held.time);
    const { body } = await get(address(src, "", { from: n, limit: 1 }));
    return Date.parse(body[0]?.time);
  };
  return (/** @type {number} */ n) => {
    const time = asked.get(n) ?? ask(n);
    asked.set(n, time);
    return time;
  };
}
