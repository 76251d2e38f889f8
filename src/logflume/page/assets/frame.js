/**
 * Frame: the elements that a viewer consists of, and their style sheets.
 *
 * Owns what is where in the shadow root, and nothing of what is in it. The sheets lie beside this
 * module, wherever it was loaded from, so that another site may embed it; they are fetched once for
 * all viewers of a page.
 */

import { make } from "./dom.js";

const SHEETS = ["deploy-log.css", "ansi-colours.css", "tools.css"];

/**
 * The style sheets, in order. One that does not come leaves the log plain but readable.
 * @type {Promise<CSSStyleSheet[]>}
 */
const sheets = Promise.all(SHEETS.map(async (name) => {
  const sheet = new CSSStyleSheet();
  try {
    const answer = await fetch(new URL(name, import.meta.url));
    if (answer.ok) sheet.replaceSync(await answer.text());
  } catch {
    // As said above.
  }
  return sheet;
}));

/** @typedef {ReturnType<typeof frame>} Frame */

/**
 * Build a viewer's elements in `root`.
 * @param {ShadowRoot} root
 */
export function frame(root) {
  const bar = make("div", { className: "bar", role: "group", "aria-label": "Log tools", part: "bar" });
  // On a narrow screen it is moved sideways, and browsers do not move what has the focus wholly into sight.
  bar.addEventListener("focusin", ({ target }) => {
    /** @type {HTMLElement} */ (target).scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  const faults = make("div", { className: "faults", role: "alert", hidden: true, part: "faults" });
  const rows = make("div", { className: "rows" });
  const probe = make("div", { className: "row probe", "aria-hidden": "true" },
    make("span", { className: "text" }, "0"));
  const nothing = make("p", { className: "nothing", hidden: true, part: "nothing" });
  const layer = make("div", { className: "layer" }, probe, rows, nothing);
  const canvas = make("div", { className: "canvas" }, layer);
  const screen = make("div",
    { className: "screen", role: "log", "aria-live": "off", "aria-label": "Log", tabIndex: 0, part: "lines" }, canvas);
  const pill = make("button", { type: "button", className: "pill", hidden: true, part: "pill" });
  const area = make("div", { className: "area" }, screen, pill);
  const connection = make("span", { className: "connection", part: "connection" });
  const check = make("button", { type: "button", className: "check", hidden: true }, "Check");
  const range = make("span", { className: "range", part: "range" });
  const state = make("div", { className: "state", part: "state" }, connection, check, range);
  const status = make("div", { className: "unseen", role: "status" });
  // In an element of its own, so that the host may be a block of some height as well as a flex column.
  root.replaceChildren(make("div", { className: "whole" }, bar, faults, area, state, status));
  const styled = sheets.then((all) => {
    root.adoptedStyleSheets = all;
  });
  return {
    root, bar, faults, area, screen, canvas, layer, rows, probe, nothing, pill, connection, check, range, status, styled,
  };
}
