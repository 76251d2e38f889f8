/**
 * Viewport: which part of the log is on the screen, at any length of log.
 *
 * Owns where that is: a place (`place.js`), the end while following, or a line that the reader was
 * sent to and whose surroundings have yet to come. Everything else is reckoned from it once a frame,
 * and the scroll bar only mirrors it. So nothing that comes, leaves or folds elsewhere moves what is
 * on the screen.
 *
 * While following, the end is the last line that is here: the screen goes from lines to lines and
 * never shows empty rows, unless a line stays away for PATIENCE_MS.
 */

import { address } from "./api.js";
import { Gestures } from "./gestures.js";
import { Layout } from "./layout.js";
import { Screen } from "./screen.js";
import { ScrollBar } from "./scroll-bar.js";

/** @typedef {import("./data.js").Row} Row */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {"center" | "start" | "nearest"} Align */
/** @typedef {{align?: Align, mark?: boolean, reveal?: boolean}} Going */

const PATIENCE_MS = 300; // how long the end waits for its lines before it shows where they will be
const FAR_SCREENS = 3; // a longer move over wrapped lines is reckoned, not measured
const NEAR_RECORDS = 500; // between lines of the screen: worth less than asking for two parts

export class Viewport {
  #viewer;
  #lines;
  #frame;
  #screen;
  #layout;
  #bar;
  #gestures;
  #following = true;
  /** @type {{n: number, align: "center" | "start" | "end"} | null} */
  #goal = null;
  /** The last record that has come. */
  #here = 0;
  /** Since when the end waits for its lines; 0 if it does not. */
  #late = 0;
  /** The reader moved down: if that was to the end, he follows. */
  #down = false;
  /** The last record that the reader has had the chance to see. */
  #seen = 0;
  #asked = 0;
  #timer = 0;

  /** @param {Frame} frame @param {import("./dress.js").Dress} dress @param {Viewer} viewer */
  constructor(frame, dress, viewer) {
    this.#viewer = viewer;
    this.#lines = viewer.lines;
    this.#frame = frame;
    this.#screen = new Screen(frame, () => this.#resized());
    this.#layout = new Layout(frame, this.#lines, this.#screen, {
      dress,
      row: (n) => viewer.data.row(n),
      missing: (n) => viewer.state.faults.some(({ what, from, to }) => what === "missing" && from <= n && n <= to),
      address: ({ n, last }) => address(viewer.src, "", { format: "text", from: n, limit: last - n + 1 }),
    });
    this.#bar = new ScrollBar(frame, { to: (pixels, end) => this.#dragTo(pixels, end), still: () => this.schedule() });
    this.#gestures = new Gestures(frame, {
      move: (pixels) => this.#moveBy(pixels),
      canMove: (direction) => (direction < 0 ? !this.#layout.place.atStart : !this.#layout.atEnd),
      size: () => this.#screen,
      selected: () => this.#follows(false),
    });
  }

  close() {
    cancelAnimationFrame(this.#asked);
    clearTimeout(this.#timer);
    this.#screen.close();
    this.#bar.close();
    this.#gestures.close();
  }

  get visible() {
    return this.#layout.visible;
  }

  /** Whether the last line is on the screen. */
  get atEnd() {
    return this.#layout.atEnd;
  }

  /** Whether the reader has yet to see a line that he wants. */
  get waiting() {
    return this.visible.first === 0 || this.#layout.layer.coming;
  }

  /** How many lines have come that the reader could not see. */
  get unseen() {
    return this.#following ? 0 : this.#lines.count - this.#lines.indexOf(this.#seen + 1);
  }

  get following() {
    return this.#following;
  }

  set following(follow) {
    this.#goal = null;
    this.#follows(follow);
    this.schedule();
  }

  get wrap() {
    return this.#layout.wrap;
  }

  set wrap(wrap) {
    this.#layout.wrap = wrap;
    this.#frame.area.classList.toggle("wrap", wrap);
    this.#layout.layer.forgetHeights();
    this.schedule();
  }

  toStart() {
    this.#goal = null;
    const { place, atEnd } = this.#layout;
    if (!place.atStart || !atEnd) this.#follows(false);
    place.set(this.#lines.next(0) ?? 1, 0);
    this.schedule();
  }

  /** @param {number} rows of text */
  move(rows) {
    this.#moveBy(rows * this.#screen.row);
  }

  /** @param {number} pages */
  page(pages) {
    this.move(pages * Math.max(1, Math.floor(this.#screen.height / this.#screen.row) - 1));
  }

  /** @param {number} n @param {Align} align */
  goTo(n, align) {
    const { first, last } = this.visible;
    const near = n > first - this.#screen.rows && n < last + this.#screen.rows;
    // Between the lines on the screen, in a fold that has been opened since they were painted.
    const unpainted = n > first && n < last && !this.#layout.numbers.includes(n);
    this.#follows(false);
    if (align !== "nearest") this.#goal = { n, align };
    else if (first === 0 || !near || unpainted) this.#goal = { n, align: "center" };
    // The outermost rows may be cut by the edge.
    else if (n <= first || n >= last) this.#goal = { n, align: n <= first ? "start" : "end" };
    this.schedule();
    return n >= 1 && (this.#lines.tail === 0 || n <= this.#lines.tail);
  }

  /** Make every row again. */
  refresh() {
    this.#layout.layer.refresh();
    this.schedule();
  }

  /** What was wanted has come, or has changed. @param {Row[]} rows */
  came(rows) {
    const before = this.#here;
    for (const row of rows) {
      this.#layout.layer.changed(row.n);
      this.#here = Math.max(this.#here, row.last);
    }
    if (this.#here > before) this.#late = 0;
    this.schedule();
  }

  /** Paint in the next frame. */
  schedule() {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      this.#paint();
    });
  }

  #resized() {
    this.#layout.layer.forgetHeights();
    this.#paint();
  }

  #paint() {
    const { row, height } = this.#screen;
    if (row === 0 || height === 0) return;
    const end = this.#end();
    if (end === undefined) this.#layout.clear();
    else this.#layout.lay(() => this.#aim(end));
    if (this.#down && this.atEnd) this.#follows(true);
    this.#down = false;
    if (!this.#layout.layer.coming && (this.#goal?.n ?? 0) <= this.#lines.tail) this.#goal = null;
    this.#mirror();
    this.#want();
    this.#seen = Math.max(this.#following || this.#seen === 0 ? this.#lines.tail : this.#seen, this.visible.last);
    this.#viewer.moved();
  }

  /** The last line that can be shown; while following, the last that is here. */
  #end() {
    const { last } = this.#lines;
    if (!this.#following || last === undefined || this.#viewer.data.row(last) !== undefined) {
      this.#late = 0;
      return last;
    }
    this.#late ||= performance.now();
    const wait = this.#late + PATIENCE_MS - performance.now();
    if (wait <= 0) return last;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.schedule(), wait);
    return this.#here === 0 ? undefined : this.#lines.nearest(this.#here);
  }

  /** Set the place to where the reader is to be. @param {number} end */
  #aim(end) {
    const { place } = this.#layout;
    const screen = this.#screen.height;
    if (this.#following) return place.set(end, this.#layout.height(end) - screen);
    const n = this.#goal?.n ?? place.n;
    const line = this.#lines.nearest(this.#viewer.lineOf(n)) ?? 1;
    if (this.#goal === null) {
      if (line !== n) place.set(line, 0);
      return;
    }
    const room = screen - this.#layout.height(line);
    const above = { start: 0, center: room / 2, end: room }[this.#goal.align];
    place.set(line, -Math.max(0, above));
  }

  #mirror() {
    const { place, atEnd, position } = this.#layout;
    const end = atEnd && !place.atStart;
    this.#bar.mirror({ ...position, screen: this.#screen.height, end });
    this.#screen.keepWidth();
  }

  #want() {
    const { numbers } = this.#layout;
    const { rows } = this.#screen;
    const { tail } = this.#lines;
    if (tail === 0) return;
    /** @type {{first: number, last: number}[]} */
    const spans = [];
    for (const n of this.#following ? [...numbers, Math.max(1, tail - 2 * rows), tail] : numbers) {
      const span = spans.at(-1);
      if (span !== undefined && n - span.last < NEAR_RECORDS) span.last = Math.max(span.last, n);
      else spans.push({ first: n, last: n });
    }
    for (const span of spans) {
      span.first = Math.max(1, span.first - rows);
      span.last = Math.min(tail, span.last + rows);
    }
    if (spans.length) this.#viewer.data.want(spans[0].first, spans[spans.length - 1].last, spans);
  }

  /** @param {number} pixels */
  #moveBy(pixels) {
    const { place, average } = this.#layout;
    if (pixels < 0 ? place.atStart : this.#following) return;
    this.#goal = null;
    this.#follows(false);
    this.#down = pixels > 0;
    place.offset += pixels;
    if (this.#layout.wrap && Math.abs(place.offset) > FAR_SCREENS * this.#screen.height) {
      this.#jump(this.#lines.indexOf(place.n) + place.offset / average);
    }
    this.schedule();
  }

  /** @param {number} pixels of the whole log @param {boolean} end */
  #dragTo(pixels, end) {
    this.#goal = null;
    this.#follows(end);
    this.#jump(pixels / this.#layout.average);
    this.schedule();
  }

  /** @param {number} index of a line, and a part of it */
  #jump(index) {
    const whole = Math.min(Math.max(0, Math.floor(index)), this.#lines.count - 1);
    const n = this.#lines.at(Math.max(0, whole));
    this.#layout.place.set(n, Math.min(1, Math.max(0, index - whole)) * this.#layout.height(n));
  }

  /** @param {boolean} follow */
  #follows(follow) {
    if (follow === this.#following) return;
    this.#following = follow;
    if (!follow) this.#seen = Math.max(this.#seen, this.#lines.tail);
    this.#viewer.followed();
  }
}
