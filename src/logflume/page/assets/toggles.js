/**
 * Toggles: how lines are shown, as the reader chose it last: wrapped or not, with times or without.
 *
 * The attribute of the element says how it is; the browser remembers the choice for the next log,
 * where it may remember anything at all.
 */

import { make } from "./dom.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {"wrap" | "times"} Choice */

// A line that can be read beats one that can be lined up: on a phone's width lines wrap.
const NARROW = "(max-width: 44rem)";

/** @type {{name: Choice, label: string, title: string}[]} */
const CHOICES = [
  { name: "wrap", label: "Wrap", title: "Wrap long lines (w)" },
  { name: "times", label: "Times", title: "Show the time of each line (T)" },
];

/** Whether it is so by the attribute, the reader's last choice or the width of the screen. @param {Element} host @param {Choice} name */
export function chosen(host, name) {
  const attribute = host.getAttribute(name);
  if (attribute !== null) return attribute !== "off";
  const remembered = remember(name);
  return remembered === null ? name === "wrap" && matchMedia(NARROW).matches : remembered === "on";
}

/** @param {Viewer} viewer */
export function install(viewer) {
  const buttons = CHOICES.map(({ name, label, title }) => {
    const button = make("button", { type: "button", className: `tool toggle ${name}`, title, part: "button" }, label);
    button.addEventListener("click", () => (viewer[name] = !viewer[name]));
    return button;
  });
  const show = () => {
    CHOICES.forEach(({ name }, at) => buttons[at].setAttribute("aria-pressed", String(viewer[name])));
  };
  const changed = () => {
    show();
    for (const { name } of CHOICES) {
      if (chosen(viewer.host, name) === viewer[name]) continue;
      remember(name, viewer[name] ? "on" : "off");
      viewer.host.setAttribute(name, viewer[name] ? "" : "off");
    }
  };
  show();
  viewer.bar.append(...buttons);
  viewer.addEventListener("layout", changed);
  return {
    remove() {
      viewer.removeEventListener("layout", changed);
      for (const button of buttons) button.remove();
    },
  };
}

/** What the reader chose; with a second argument, remember it. @param {Choice} name @param {string} [value] */
function remember(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(`logflume.${name}`, value);
    return localStorage.getItem(`logflume.${name}`);
  } catch {
    return null; // a frame or a browser that keeps nothing
  }
}
