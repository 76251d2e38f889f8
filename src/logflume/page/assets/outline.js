/**
 * Outline: a list of a log's sections to jump to, in the viewer's bar while the log has any.
 */

import { make, say } from "./dom.js";
import { count } from "./format.js";
import { Popup } from "./popup.js";
import { went } from "./section-status.js";

/** @typedef {import("./section-tree.js").Section} Section */

const MOST = 1000; // sections that are listed: more are no help to anybody, and slow

export class Outline {
  #sections;
  #place = document.createComment("sections"); // the button's, for when there is one
  /** @type {Popup | null} */
  #popup = null;

  /** @param {import("./sections.js").Sections} sections */
  constructor(sections) {
    this.#sections = sections;
    sections.viewer.bar.append(this.#place);
  }

  /** Show what is so, if there is a section. */
  show() {
    const { length } = this.#sections.tree.sections;
    if (length === 0) return;
    this.#popup ??= this.#made();
    say(this.#popup.button, `Sections (${count(length)})`);
    this.#popup.refill();
  }

  open() {
    this.#popup?.button.click();
  }

  remove() {
    this.#popup?.remove();
    this.#place.remove();
  }

  #made() {
    const popup = new Popup("Sections", "outline", (panel) => this.#fill(panel));
    this.#place.after(popup.button, popup.panel);
    return popup;
  }

  /** @param {HTMLElement} panel */
  #fill(panel) {
    const { sections } = this.#sections.tree;
    const here = this.#sections.here();
    const items = sections.slice(0, MOST).map((section) => this.#item(section, here));
    panel.append(
      make("div", { className: "all" }, this.#all("Fold all", true), this.#all("Unfold all", false)),
      make("ol", {}, ...items));
    const more = sections.length - MOST;
    if (more > 0) panel.append(make("p", {}, `… ${count(more)} more; [ and ] go through all`));
  }

  /** @param {string} label @param {boolean} fold */
  #all(label, fold) {
    const button = make("button", { type: "button", className: "tool" }, label);
    button.addEventListener("click", () => this.#sections.foldAll(fold));
    return button;
  }

  /** @param {Section} section @param {Section | null} here */
  #item(section, here) {
    const button = make("button", { type: "button", className: "jump-to" },
      make("span", { className: "title" }, section.title), went(this.#sections.standing(section)),
      make("span", { className: "took" }, this.#sections.length(section)));
    if (section === here) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => {
      this.#popup?.close();
      this.#sections.goTo(section);
    });
    return make("li", { className: `depth-${Math.min(section.depth, 4)}` }, button);
  }
}
