/**
 * Gestures: the wheel and the finger, as movements by exact pixels.
 *
 * The browser's own scrolling would move the bar, and where the bar is scaled a turn of the wheel
 * would skip a hundred lines. At either end of the log a turn is left to the page around it.
 */

import { selectedLines } from "./selection.js";

/** @typedef {import("./frame.js").Frame} Frame */

/**
 * @typedef {object} Moving
 * @property {(pixels: number) => void} move
 * @property {(direction: number) => boolean} canMove
 * @property {() => {row: number, height: number}} size of a row and of the screen, in pixels
 * @property {() => void} selected text in the log has been selected
 */

const DECAY_MS = 325; // in which a thrown log loses 63 % of its speed, as people know it from phones
const SLOWEST = 0.02; // pixels a millisecond; slower is still
const RECENT_MS = 80; // of a finger's way tell how fast it threw

export class Gestures {
  #frame;
  #moving;
  #listening = new AbortController();
  /** The finger's way: when and where. @type {{time: number, y: number}[]} */
  #way = [];
  #finger = -1;
  #thrown = 0;

  /** @param {Frame} frame @param {Moving} moving */
  constructor(frame, moving) {
    this.#frame = frame;
    this.#moving = moving;
    const { signal } = this.#listening;
    const { screen } = frame;
    screen.addEventListener("wheel", (event) => this.#wheel(event), { passive: false, signal });
    screen.addEventListener("pointerdown", (event) => this.#touch(event), { signal });
    screen.addEventListener("pointermove", (event) => this.#drag(event), { signal });
    screen.addEventListener("pointerup", (event) => this.#lift(event), { signal });
    screen.addEventListener("pointercancel", () => (this.#finger = -1), { signal });
    document.addEventListener("selectionchange", () => {
      if (selectedLines(frame.root) !== null) moving.selected();
    }, { signal });
  }

  close() {
    this.#listening.abort();
    cancelAnimationFrame(this.#thrown);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (event.ctrlKey || event.defaultPrevented) return; // zooming
    const { row, height } = this.#moving.size();
    const unit = [1, row, height][event.deltaMode];
    const [x, y] = event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
    // Below the end there is nothing to move to, but whoever turns on there wants to follow.
    if (x !== 0 || this.#moving.canMove(y)) event.preventDefault();
    cancelAnimationFrame(this.#thrown);
    if (x !== 0) this.#frame.screen.scrollLeft += x * unit;
    if (y !== 0) this.#moving.move(y * unit);
  }

  /** @param {PointerEvent} event */
  #touch({ pointerType, pointerId, timeStamp, clientY, isPrimary }) {
    cancelAnimationFrame(this.#thrown);
    if (pointerType !== "touch" || !isPrimary) return;
    this.#finger = pointerId;
    this.#way = [{ time: timeStamp, y: clientY }];
  }

  /** @param {PointerEvent} event */
  #drag({ pointerId, timeStamp, clientY }) {
    if (pointerId !== this.#finger) return;
    this.#moving.move(this.#way[this.#way.length - 1].y - clientY);
    this.#way.push({ time: timeStamp, y: clientY });
    while (timeStamp - this.#way[0].time > RECENT_MS) this.#way.shift();
  }

  /** @param {PointerEvent} event */
  #lift({ pointerId, timeStamp }) {
    if (pointerId !== this.#finger) return;
    this.#finger = -1;
    const [first] = this.#way;
    const last = this.#way[this.#way.length - 1];
    if (timeStamp - last.time > RECENT_MS || last.time === first.time) return;
    this.#throw((first.y - last.y) / (last.time - first.time));
  }

  /** Go on, ever slower. @param {number} speed pixels a millisecond */
  #throw(speed) {
    let before = performance.now();
    const step = (/** @type {number} */ now) => {
      const passed = Math.max(0, now - before);
      before = now;
      this.#moving.move(speed * passed);
      speed *= Math.exp(-passed / DECAY_MS);
      if (Math.abs(speed) > SLOWEST && this.#moving.canMove(speed)) this.#thrown = requestAnimationFrame(step);
    };
    this.#thrown = requestAnimationFrame(step);
  }
}
