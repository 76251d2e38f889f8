/**
 * What the search panel looks like, and the question that is in it.
 *
 * Knows nothing of the log. Only its field is seen until it is `open`.
 */

import { make, say } from "./dom.js";

/** @typedef {import("./hits.js").Question} Question */

const LONGEST = 1000; // characters of a question; the server takes no more
const HAS_KEYS = !matchMedia("(hover: none)").matches; // nobody presses a key on a phone

export class SearchForm {
  field = make("input", {
    type: "search", className: "query", placeholder: HAS_KEYS ? "Find (press /)" : "Find", "aria-label": "Find in this log",
    maxLength: LONGEST, spellcheck: false, autocomplete: "off", enterKeyHint: "search",
  });
  count = make("span", { className: "count" });
  problem = make("span", { className: "problem", id: "find-problem" });
  regex = toggle(".*", "Regular expression");
  case = toggle("Aa", "Capitals and small letters differ");
  level = make("select", { className: "level", "aria-label": "Which lines" },
    make("option", { value: "" }, "all lines"),
    make("option", { value: "error" }, "errors"),
    make("option", { value: "error,warning" }, "errors, warnings"));
  previous = tool("↑", "Previous (N)");
  next = tool("↓", "Next (n)");
  stop = tool("stop", "Stop searching");
  close = tool("✕", "Close (Esc)");
  options = make("span", { className: "options", hidden: true },
    this.regex, this.case, this.level, this.count, this.stop, this.previous, this.next, this.close, this.problem);
  element = make("form", { className: "search", role: "search", "aria-label": "This log" }, this.field, this.options);

  /** @param {string | null} label which log it is, where there are several */
  constructor(label) {
    this.stop.hidden = true;
    if (label) this.element.setAttribute("aria-label", label);
    for (const button of [this.regex, this.case]) {
      button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(!pressed(button)));
        this.element.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
  }

  get open() {
    return !this.options.hidden;
  }

  set open(open) {
    this.options.hidden = !open;
  }

  /** What is asked; null if nothing is. @returns {Question | null} */
  get question() {
    const text = this.field.value;
    const level = this.level.value;
    if (!text && !level) return null;
    return {
      ...(text ? { [pressed(this.regex) ? "regex" : "q"]: text } : {}),
      ...(text && pressed(this.case) ? { case: "true" } : {}),
      ...(level ? { level } : {}),
    };
  }

  /**
   * What to mark in the lines that are seen; null for what only the server's kind of regular
   * expressions can say.
   * @returns {RegExp | null}
   */
  get pattern() {
    const text = this.field.value;
    if (!text) return null;
    const source = pressed(this.regex) ? text : text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
    const flags = pressed(this.case) ? "g" : "gi";
    try {
      return new RegExp(source, flags);
    } catch {
      return null;
    }
  }

  /** @param {string} text @param {{searching: boolean, any: boolean}} state */
  show(text, { searching, any }) {
    say(this.count, text);
    this.stop.hidden = !searching;
    this.previous.disabled = this.next.disabled = !any;
  }

  /** Say what is wrong with the question. @param {string} text */
  refuse(text) {
    say(this.problem, text);
    this.field.setAttribute("aria-invalid", String(text !== ""));
    if (text) this.field.setAttribute("aria-describedby", this.problem.id);
    else this.field.removeAttribute("aria-describedby");
  }
}

/** @param {HTMLButtonElement} button */
function pressed(button) {
  return button.getAttribute("aria-pressed") === "true";
}

/** @param {string} label @param {string} title */
function tool(label, title) {
  const name = title.replace(/ \(.*/, ""); // without the key
  return make("button", { type: "button", className: "tool", title, "aria-label": name }, label);
}

/** @param {string} label @param {string} title */
function toggle(label, title) {
  const button = tool(label, title);
  button.setAttribute("aria-pressed", "false");
  return button;
}
