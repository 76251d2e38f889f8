/**
 * Ticks: where hits and errors are in the whole log, drawn over the scroll bar.
 *
 * For each pixel of its height it is looked up whether any of the numbers fall into it, so a million
 * of them cost no more than ten.
 */

import { make } from "./dom.js";
import { below } from "./hits.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

/** What is drawn, later ones over earlier ones: which colour, and which part of the width. */
const KINDS = /** @type {const} */ ({
  error: { colour: "--log-error", from: 0.5, to: 1 },
  hit: { colour: "--log-hit", from: 0, to: 0.5 },
});
const WIDTH = 10; // CSS pixels; tools.css says it too
const LEAST = 2; // pixels that a tick is high, so that a single one is seen

/** @typedef {keyof typeof KINDS} Kind */

/** @type {WeakMap<Viewer, Ticks>} */
const known = new WeakMap();

/** The ticks of a viewer, made when they are first asked for. @param {Viewer} viewer */
export function ticks(viewer) {
  const there = known.get(viewer) ?? new Ticks(viewer);
  known.set(viewer, there);
  return there;
}

class Ticks {
  #viewer;
  #canvas = make("canvas", { className: "ticks", "aria-hidden": "true", hidden: true });
  /** @type {Map<Kind, number[]>} */
  #numbers = new Map();
  #frame = 0;
  #drawn = 0; // lines that there were when it was drawn

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.#viewer = viewer;
    viewer.screen.after(this.#canvas);
    new ResizeObserver(() => this.#schedule()).observe(viewer.screen);
    for (const event of ["layout", "revealed"]) viewer.addEventListener(event, () => this.#schedule());
    viewer.addEventListener("state", () => this.#grown() && this.#schedule());
  }

  /** @param {Kind} kind @param {number[]} numbers in order */
  set(kind, numbers) {
    if (!numbers.length && !this.#numbers.get(kind)?.length) return;
    this.#numbers.set(kind, numbers);
    this.#schedule();
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Whether the log has grown so much that ticks would be in other places. */
  #grown() {
    const any = [...this.#numbers.values()].some((numbers) => numbers.length);
    return any && this.#viewer.lines.count > this.#drawn * 1.002; // less than a pixel or two
  }

  #draw() {
    this.#canvas.hidden = [...this.#numbers.values()].every((numbers) => numbers.length === 0);
    if (this.#canvas.hidden) return; // and most logs need no canvas, ever
    const height = this.#viewer.screen.clientHeight;
    const ratio = devicePixelRatio;
    this.#canvas.width = WIDTH * ratio;
    this.#canvas.height = height * ratio;
    this.#canvas.style.height = `${height}px`;
    this.#drawn = this.#viewer.lines.count;
    const context = this.#canvas.getContext("2d");
    if (context === null || this.#drawn === 0) return;
    for (const [kind, { colour, from, to }] of Object.entries(KINDS)) {
      this.#canvas.style.color = `var(${colour})`; // resolved for the theme
      context.fillStyle = getComputedStyle(this.#canvas).color;
      const numbers = this.#numbers.get(/** @type {Kind} */ (kind)) ?? [];
      for (const y of this.#pixels(numbers, height)) {
        context.fillRect(from * WIDTH * ratio, y * ratio, (to - from) * WIDTH * ratio, LEAST * ratio);
      }
    }
  }

  /**
   * Which pixels of the height have a number in their part of the lines.
   * @param {number[]} numbers @param {number} height
   */
  *#pixels(numbers, height) {
    const { lines } = this.#viewer;
    let at = 0;
    for (let y = 0; y < height && at < numbers.length; y++) {
      const end = y === height - 1 ? Infinity : lines.at(Math.floor(((y + 1) * this.#drawn) / height));
      if (numbers[at] >= end) continue;
      yield y;
      at = below(numbers, end, at);
    }
  }
}
