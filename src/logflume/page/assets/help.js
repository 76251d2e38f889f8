/**
 * Help: the list of keys, from the one map in which they are.
 */

import { make } from "./dom.js";
import { letters, setLetters } from "./keys.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("./viewer.js").Key} Key */

/** How keys are written that have no sign of their own. @type {Record<string, string>} */
const WRITTEN = {
  ArrowDown: "↓", ArrowUp: "↑", PageDown: "Page ↓", PageUp: "Page ↑", Escape: "Esc", "Ctrl-F": "Ctrl F",
};

/** @param {Viewer} viewer */
export function install(viewer) {
  const button = make("button", { type: "button", className: "tool help", title: "Keys (?)", "aria-label": "Keys" }, "?");
  const dialog = make("dialog", { className: "keys", "aria-labelledby": "keys-title" });
  const open = () => {
    if (dialog.open) return;
    dialog.replaceChildren(...contents(viewer, dialog));
    dialog.showModal();
  };
  button.addEventListener("click", open);
  // A click beside it closes it, as it does with everything else that lies over the log.
  dialog.addEventListener("click", (event) => event.composedPath()[0] === dialog && dialog.close());
  viewer.keys.set("?", { group: "Showing", does: "this list", do: open });
  viewer.bar.append(button);
  viewer.root.append(dialog);
  return {
    remove() {
      button.remove();
      dialog.remove();
    },
  };
}

/** @param {Viewer} viewer @param {HTMLDialogElement} dialog */
function contents({ keys }, dialog) {
  const close = make("button", { type: "button", className: "tool close", autofocus: true }, "Close");
  close.addEventListener("click", () => dialog.close());
  const groups = grouped(keys);
  return [
    make("div", { className: "head" }, make("h2", { id: "keys-title" }, "Keys"), close),
    make("div", { className: "groups" }, ...[...groups].map(([name, entries]) => section(name, entries))),
    letterSwitch(),
  ];
}

/** The keys under their headings, those that do the same together. @param {Map<string, Key>} keys */
function grouped(keys) {
  /** @type {Map<string, Map<string, string[]>>} */
  const groups = new Map();
  for (const [name, { does, group = "Other", when }] of keys) {
    if (when?.() === false) continue;
    const entries = groups.get(group) ?? new Map();
    groups.set(group, entries.set(does, [...(entries.get(does) ?? []), name]));
  }
  return groups;
}

/** @param {string} name @param {Map<string, string[]>} entries */
function section(name, entries) {
  const rows = [...entries].map(([does, names]) => make("div", {},
    make("dt", {}, ...names.map((key) => make("kbd", {}, WRITTEN[key] ?? key.replace("Shift+", "Shift ")))),
    make("dd", {}, does)));
  return make("section", {}, make("h3", {}, name), make("dl", {}, ...rows));
}

function letterSwitch() {
  const box = make("input", { type: "checkbox", checked: letters() });
  box.addEventListener("change", () => setLetters(box.checked));
  return make("label", { className: "letters" }, box,
    "Single letters and signs are keys (this browser remembers it)");
}
