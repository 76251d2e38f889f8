/**
 * `<deploy-log src="/v1/deployments/…/log">`: one log, from its last lines on, followed live.
 *
 * Owns the element: its attributes, its shadow root, and that every tool is set up on the viewer and
 * taken down with it. Everything is loaded from where this module was, so one script tag on another
 * site is enough, if the server allows that site.
 *
 * Attributes: `src` the path or address of the log; `theme` light, dark or auto (the default); `wrap`
 * breaks long lines, `wrap="off"` does not (without it the reader's last choice counts, and on a
 * narrow screen lines wrap); `times` shows each line's time; `follow="off"` opens at the first line;
 * `page` for the one that is the main thing of its page; `label` names it to those who do not see it;
 * `name` begins the names of downloads.
 */

import * as errors from "./errors.js";
import { frame } from "./frame.js";
import * as help from "./help.js";
import * as jump from "./jump.js";
import * as keys from "./keys.js";
import * as permalinks from "./permalinks.js";
import * as save from "./save.js";
import * as search from "./search.js";
import * as sections from "./sections.js";
import * as toggles from "./toggles.js";
import { Viewer } from "./viewer.js";

export { Viewer };

// In this order their controls stand in the bar.
const TOOLS = [keys, permalinks, search, errors, jump, sections, toggles, save, help];

export class DeployLog extends HTMLElement {
  static observedAttributes = ["src", "wrap", "times"];

  /** What the tools and the page around it use; null while the element is not in a page. @type {Viewer | null} */
  viewer = null;
  /** @type {{remove(): void}[]} */
  #tools = [];

  connectedCallback() {
    this.#open();
  }

  disconnectedCallback() {
    this.#close();
  }

  /** @param {string} name @param {string | null} before @param {string | null} after */
  attributeChangedCallback(name, before, after) {
    if (this.viewer === null || before === after) return;
    if (name !== "src") return this.#arrange();
    this.#close();
    this.#open();
  }

  /** Let the keys move the log. @param {FocusOptions} [options] */
  focus(options) {
    this.viewer?.screen.focus(options);
  }

  #open() {
    const src = this.getAttribute("src");
    if (!src || !this.isConnected) return;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const viewer = new Viewer(src, this, frame(root));
    this.viewer = viewer;
    if (this.getAttribute("follow") === "off") viewer.unfollow();
    this.#arrange();
    this.#tools = TOOLS.map((tool) => tool.install(viewer));
  }

  #close() {
    for (const tool of this.#tools.splice(0).reverse()) tool.remove();
    this.viewer?.close();
    this.viewer = null;
  }

  #arrange() {
    if (this.viewer === null) return;
    this.viewer.wrap = toggles.chosen(this, "wrap");
    this.viewer.times = toggles.chosen(this, "times");
  }
}

customElements.define("deploy-log", DeployLog);
