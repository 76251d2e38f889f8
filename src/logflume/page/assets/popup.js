/**
 * Popup: a button and what opens beside it, over the log.
 *
 * The browser's own popover: it closes by Escape and by a click elsewhere. The focus goes back to where
 * it was: to the log, if a key opened it there, so that the next key means what it did before.
 * What it holds is made anew each time it opens. Arrow keys, Home and End go through its items, so
 * that one with many sections is not many presses of Tab.
 */

import { make } from "./dom.js";

const MARGIN = 8; // pixels between it and the window's edge or its button
const ITEMS = "button:not([disabled]), a[href], input";

export class Popup {
  button;
  panel;
  #fill;
  #had = false; // whether the focus was in it when it closed
  /** What had the focus when it opened. @type {HTMLElement | null} */
  #before = null;

  /**
   * @param {string} label @param {string} className
   * @param {(panel: HTMLElement) => void} fill puts into it what it holds
   */
  constructor(label, className, fill) {
    this.#fill = fill;
    this.panel = make("div", { className: `popup ${className}`, popover: "auto", role: "group", "aria-label": label });
    this.button = make("button", { type: "button", className: `tool ${className}`, "aria-expanded": "false" }, label);
    this.button.popoverTargetElement = this.panel;
    this.panel.addEventListener("beforetoggle", (event) => this.#turning(/** @type {ToggleEvent} */ (event)));
    this.panel.addEventListener("toggle", (event) => this.#turned(/** @type {ToggleEvent} */ (event)));
    this.panel.addEventListener("keydown", (event) => this.#pressed(event));
  }

  get open() {
    return this.panel.matches(":popover-open");
  }

  close() {
    if (this.open) this.panel.hidePopover();
  }

  /** Make what it holds anew; the focus stays on the item that it was on. */
  refill() {
    if (!this.open) return;
    const at = this.#items.findIndex((item) => item === this.#focused);
    this.panel.replaceChildren();
    this.#fill(this.panel);
    if (at !== -1) this.#items[at]?.focus();
  }

  remove() {
    this.close();
    this.button.remove();
    this.panel.remove();
  }

  /** @returns {HTMLElement[]} */
  get #items() {
    return [...this.panel.querySelectorAll(ITEMS)].map((item) => /** @type {HTMLElement} */ (item));
  }

  /** @returns {HTMLElement | null} */
  get #focused() {
    const root = /** @type {ShadowRoot | Document} */ (this.panel.getRootNode());
    return /** @type {HTMLElement | null} */ (root.activeElement);
  }

  /** @param {ToggleEvent} event */
  #turning({ newState }) {
    this.#had = newState === "closed" && this.panel.contains(this.#focused);
    if (newState !== "open") return;
    this.#before = this.#focused;
    this.panel.replaceChildren();
    this.#fill(this.panel);
  }

  /** @param {ToggleEvent} event */
  #turned({ newState }) {
    this.button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState !== "open") {
      // Browsers give the focus back, but not in a shadow root to what was opened by a click.
      const lost = this.#focused === null || this.panel.contains(this.#focused);
      const back = this.#before?.isConnected ? this.#before : this.button;
      if (this.#had && lost) back.focus({ preventScroll: true });
      return;
    }
    this.#place();
    const marked = /** @type {HTMLElement | null} */ (this.panel.querySelector("[aria-current]"));
    (marked ?? this.#items[0])?.focus();
  }

  /** Beside its button, on the side where there is room, within the window. */
  #place() {
    const { left, top, bottom } = this.button.getBoundingClientRect();
    const { style } = this.panel;
    const above = top - MARGIN;
    const below = innerHeight - bottom - MARGIN;
    style.maxHeight = `${Math.max(above, below) - MARGIN}px`;
    const { width, height } = this.panel.getBoundingClientRect();
    style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN))}px`;
    style.top = `${below >= height || below >= above ? bottom + MARGIN : Math.max(MARGIN, top - MARGIN - height)}px`;
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const items = this.#items;
    const at = items.findIndex((item) => item === this.#focused);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    // Within a field, and among choices that exclude each other, these keys have a meaning already.
    if (to === undefined || this.#focused instanceof HTMLInputElement) return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  }
}
