/**
 * Note: says one thing, with what may be done about it, over the lower edge of the lines: a line that
 * was clicked on stays under the pointer. What is said before anybody reads stands above them, where it
 * hides none.
 */

import { make } from "./dom.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

export class Note {
  #viewer;
  #leave;
  #element;

  /**
   * @param {Viewer} viewer @param {string} className "opened": above the lines
   * @param {() => void} [leave] called when it is sent away
   */
  constructor(viewer, className, leave = () => {}) {
    this.#viewer = viewer;
    this.#leave = leave;
    this.#element = make("div", { className: `note ${className}`, hidden: true });
    if (className === "opened") {
      viewer.screen.parentElement?.before(this.#element);
      return;
    }
    const there = viewer.screen.parentElement?.querySelector(".notes");
    const notes = there ?? make("div", { className: "notes" });
    if (!there) viewer.screen.after(notes);
    notes.append(this.#element);
  }

  get shown() {
    return !this.#element.hidden;
  }

  /** @param {string} text @param {...[string, () => unknown]} actions the words on a button, and what it does */
  show(text, ...actions) {
    const buttons = actions.map(([label, act]) => {
      const button = make("button", { type: "button", className: "tool" }, label);
      button.addEventListener("click", act);
      return button;
    });
    const close = make("button", { type: "button", className: "tool close", title: "Close (Esc)" }, "✕");
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => this.dismiss());
    this.#element.replaceChildren(make("span", { className: "said" }, text), ...buttons, close);
    this.#element.hidden = false;
    this.#viewer.say(text);
  }

  /** Say something else, if it is shown; what may be done stays. @param {string} text */
  change(text) {
    const said = this.#element.querySelector(".said");
    if (said) said.textContent = text;
  }

  /** Send it away, as its reader does. */
  dismiss() {
    const focused = this.#element.contains(this.#viewer.root.activeElement);
    this.hide();
    if (focused) this.#viewer.screen.focus({ preventScroll: true });
    this.#leave();
  }

  hide() {
    this.#element.hidden = true;
  }

  remove() {
    this.#element.remove();
  }
}
