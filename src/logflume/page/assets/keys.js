/**
 * Keys: one map of what each key does, for a viewer, and the one place that hears them.
 *
 * A key is named as the browser names it (`n`, `G`, `ArrowDown`), a space `Space`, with Shift if it
 * types nothing `Shift+Space`; the only one with a modifier is `Ctrl-F`, on a Mac Command-F. All else
 * with a modifier is the browser's. A key does nothing where text is typed, nor in an open menu or
 * dialogue; one whose `do` gives back false is left to the browser after all.
 *
 * A viewer hears keys while the focus is in it. One that is the main thing of its page (`<deploy-log
 * page>`) hears them from everywhere on the page; of several the one that was used last. Single
 * letters can be switched off, for those who speak to their computer (WCAG 2.1.4).
 */

import { goTo, reading } from "./hits.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("./viewer.js").Key} Key */

const LETTERS = "logflume.letters"; // the name under which the browser remembers the switch
const FIELDS = "input, textarea, select";
const PRESSED = "button, a[href], summary, input, [role=button]"; // Enter and Space are theirs
const CLOSED = "dialog[open], [popover]"; // what has keys of its own

/** Those that hear keys, in the order in which they came. @type {Set<Viewer>} */
const hearing = new Set();
/** @type {Viewer | null} */
let lastUsed = null;

/** Whether single letters do anything. */
export function letters() {
  return read() !== "off";
}

/** @param {boolean} on */
export function setLetters(on) {
  try {
    localStorage.setItem(LETTERS, on ? "on" : "off");
  } catch {
    // A browser that remembers nothing for this page leaves them on.
  }
}

/** @param {Viewer} viewer */
export function install(viewer) {
  for (const [name, key] of own(viewer)) viewer.keys.set(name, key);
  if (hearing.size === 0) {
    document.addEventListener("keydown", pressed);
    document.addEventListener("focusin", used);
    document.addEventListener("pointerdown", used);
  }
  hearing.add(viewer);
  return {
    remove() {
      hearing.delete(viewer);
      if (lastUsed === viewer) lastUsed = null;
      if (hearing.size) return;
      document.removeEventListener("keydown", pressed);
      document.removeEventListener("focusin", used);
      document.removeEventListener("pointerdown", used);
    },
  };
}

/**
 * Keys that are no tool's; those that move the log are the viewer's own.
 * @param {Viewer} viewer
 * @returns {[string, Key][]}
 */
function own(viewer) {
  return [
    ["b", { group: "Moving", does: "one page up", do: () => viewer.page(-1) }],
    ["d", {
      group: "Finding", does: "next difference",
      when: () => (viewer.differing?.size ?? 0) > 0, do: () => nextDifference(viewer),
    }],
    ["Escape", { group: "Showing", does: "close what is open", do: () => leave(viewer) }],
  ];
}

/** Whoever has something open closes it, the one on top first. @param {Viewer} viewer */
function leave(viewer) {
  return !viewer.dispatchEvent(new Event("leave", { cancelable: true }));
}

/** @param {Viewer} viewer */
function nextDifference(viewer) {
  const { n: from, on } = reading(viewer);
  let [first, next] = [Infinity, Infinity]; // a set of any size: not for Math.min(...)
  for (const n of viewer.differing ?? []) {
    first = Math.min(first, n);
    if (n > from || (n === from && !on)) next = Math.min(next, n);
  }
  goTo(viewer, next === Infinity ? first : next);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const name = nameOf(event);
  const viewer = name === null || event.defaultPrevented || event.isComposing ? null : hearer(event);
  const key = name === null ? undefined : viewer?.keys.get(name);
  if (name === null || !key || key.when?.() === false || isTheirs(event, name)) return;
  if (name.length === 1 && !letters()) return;
  if (/** @type {unknown} */ (key.do(event)) !== false) event.preventDefault();
}

/** @param {KeyboardEvent} event */
function nameOf(event) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  const typed = event.getModifierState("AltGraph"); // needed for [ on many keyboards
  if (!typed && (ctrlKey || metaKey || altKey)) {
    return key.toLowerCase() === "f" && ctrlKey !== metaKey && !altKey && !shiftKey ? "Ctrl-F" : null;
  }
  const name = key === " " ? "Space" : key;
  return shiftKey && name.length > 1 ? `Shift+${name}` : name;
}

/** Whether the key belongs to what has the focus. @param {KeyboardEvent} event @param {string} name */
function isTheirs(event, name) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement) || name === "Ctrl-F") return false;
  if (target.isContentEditable || target.closest(CLOSED)) return true;
  if (target.matches(FIELDS) && !target.matches("[type=checkbox], [type=button]")) return true;
  return name.endsWith("Space") && target.matches(PRESSED);
}

/** The viewer that the key is for. @param {Event} event */
function hearer(event) {
  const path = event.composedPath();
  const inside = [...hearing].find(({ host }) => path.includes(host));
  if (inside) return inside;
  const offered = [...hearing].filter(({ host }) => host.hasAttribute("page"));
  return offered.find((viewer) => viewer === lastUsed) ?? offered[0] ?? null;
}

/** @param {Event} event */
function used(event) {
  const path = event.composedPath();
  lastUsed = [...hearing].find(({ host }) => path.includes(host)) ?? lastUsed;
}

function read() {
  try {
    return localStorage.getItem(LETTERS);
  } catch {
    return null;
  }
}
