/**
 * Viewer: one log in one element, and what the tools on it may do.
 *
 * Owns what is so between the parts: the data, the lines, the viewport, what is marked and said. The
 * tools (search, sections, permalinks, keys, copying) know this class only. Painting is asked for
 * with `refresh` and happens once a frame; a hidden tab has no frames and so paints nothing.
 *
 * Events, each a CustomEvent: `state` (detail: LogState), `rows` (Row[]: what was wanted has come),
 * `marks` (LogRecord[]: group, status, end and level records that came live), `status` (LogRecord: a
 * status or end record has come), `moved` ({first, last}: what is on the screen), `following`
 * (boolean), `revealed` (the key of a fold that was opened to show a line), `layout` (lines wrap or
 * show their times, or do so no more).
 */

import { isJoined, LogData, UNKNOWN } from "./data.js";
import { Dress } from "./dress.js";
import { Lines } from "./lines.js";
import { movements } from "./movements.js";
import { firstOf } from "./numbers.js";
import { Speech } from "./speech.js";
import { Standing } from "./standing.js";
import { Viewport } from "./viewport.js";

/** @typedef {import("./data.js").LogState} LogState */
/** @typedef {import("./data.js").Row} Row */
/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./dress.js").Decorator} Decorator */
/** @typedef {import("./viewport.js").Going} Going */

/**
 * What a key does. One whose `when` says no is not to be offered; `group` is a heading in the help.
 * @typedef {{does: string, do: (event?: KeyboardEvent) => void, group?: string, when?: () => boolean}} Key
 */

export class Viewer extends EventTarget {
  lines = new Lines();
  state = UNKNOWN;
  /** @type {Map<string, Key>} */
  keys = new Map();
  /** @type {LogData} */
  data;
  #dress = new Dress();
  #viewport;
  #standing;
  #speech;

  /** @param {string} src the path of the log @param {HTMLElement} host @param {Frame} frame */
  constructor(src, host, frame) {
    super();
    this.src = src;
    this.host = host;
    this.root = frame.root;
    this.bar = frame.bar;
    this.screen = frame.screen;
    frame.screen.setAttribute("aria-label", host.getAttribute("label") ?? "Log");
    this.#speech = new Speech(frame.status);
    this.#standing = new Standing(frame, this.#speech);
    this.#viewport = new Viewport(frame, this.#dress, this);
    this.data = new LogData(src, {
      state: (state) => this.#stated(state),
      rows: (rows) => this.#came(rows),
      marks: (records) => this.#marks(records),
    });
    frame.pill.addEventListener("click", () => this.follow());
    frame.check.addEventListener("click", () => this.data.verify());
    for (const [name, key] of movements(this)) this.keys.set(name, key);
  }

  /** Let go of everything. */
  close() {
    this.data.close();
    this.#viewport.close();
    this.#speech.close();
  }

  /** The record numbers of the first and the last line on the screen; 0 when there is none. */
  get visible() {
    return this.#viewport.visible;
  }

  /** Whether the reader has yet to see a line that he wants. */
  get waiting() {
    return this.#viewport.waiting;
  }

  /** Whether the end stays on the screen while the log grows. */
  get following() {
    return this.#viewport.following;
  }

  set following(follow) {
    this.#viewport.following = follow;
  }

  /** Go to the end and stay there. */
  follow() {
    this.#viewport.following = true;
  }

  /** Stay where it is, whatever comes. */
  unfollow() {
    this.#viewport.following = false;
  }

  toStart() {
    this.#viewport.toStart();
  }

  /** Move by so many rows of text, down or (negative) up. @param {number} rows */
  move(rows) {
    this.#viewport.move(rows);
  }

  /** Move by so many pages but one line each. @param {number} pages */
  page(pages) {
    this.#viewport.page(pages);
  }

  /**
   * Bring line `n` to the screen, which need not be loaded; folds over it are opened unless `reveal`
   * is false; with `mark` it is marked like the target of a link. Following ends. False when there
   * is no such line (yet).
   * @param {number} n @param {Going} [going]
   */
  goTo(n, { align = "nearest", mark = false, reveal = true } = {}) {
    n = this.lineOf(n);
    if (reveal) this.#reveal(n);
    if (mark) this.marked = { from: n, to: n };
    return this.#viewport.goTo(n, align);
  }

  /** The line that record `n` is in, as far as it is known: it may go on with an earlier one. @param {number} n */
  lineOf(n) {
    const row = this.data.row(n);
    return row !== undefined && isJoined(row) ? row.joins : n;
  }

  /** @param {number} n */
  #reveal(n) {
    for (const key of this.lines.keysOver(n)) {
      this.lines.show(key);
      this.#tell("revealed", key);
      this.refresh();
    }
  }

  /** Mark what matches, in the text without its control sequences. @param {RegExp | null} pattern */
  highlight(pattern) {
    this.#dress.pattern = pattern;
    this.refresh();
  }

  /** The line of the search hit that the reader is at. @type {number | null} */
  get current() {
    return this.#dress.current;
  }

  set current(n) {
    this.#dress.current = n === null ? null : this.lineOf(n);
    this.#viewport.schedule();
  }

  /** The lines that the address leads to. @type {{from: number, to: number} | null} */
  get marked() {
    return this.#dress.marked;
  }

  set marked(range) {
    this.#dress.marked = range;
    this.#viewport.schedule();
  }

  /** The lines that another log does not have. @type {Set<number> | null} */
  get differing() {
    return this.#dress.differing;
  }

  set differing(numbers) {
    this.#dress.differing = numbers;
    this.#viewport.schedule();
  }

  /**
   * Put something into each row, when it is made; what is given back takes the decorator away.
   * @param {Decorator} decorator
   */
  decorate(decorator) {
    this.#dress.decorators.add(decorator);
    this.refresh();
    return () => {
      this.#dress.decorators.delete(decorator);
      this.refresh();
    };
  }

  /** Tell those who cannot see it, politely and not too often. @param {string} text */
  say(text) {
    this.#speech.say(text);
  }

  /** Make the visible rows again, in the next frame. */
  refresh() {
    this.#viewport.refresh();
  }

  /** Whether lines too long for the screen are broken. */
  get wrap() {
    return this.#viewport.wrap;
  }

  set wrap(wrap) {
    if (wrap === this.wrap) return;
    this.#viewport.wrap = wrap;
    this.#tell("layout");
  }

  /** Whether each line shows its time. */
  get times() {
    return this.#dress.times;
  }

  set times(times) {
    if (times === this.times) return;
    this.#dress.times = times;
    this.refresh();
    this.#tell("layout");
  }

  /** The viewport has moved, or what is in it has. */
  moved() {
    this.#describe();
    this.#tell("moved", this.visible);
  }

  /** Following has ended or begun. */
  followed() {
    this.#describe();
    this.#tell("following", this.following);
  }

  /** @param {LogState} state */
  #stated(state) {
    const before = this.state;
    this.state = state;
    this.lines.tail = state.tail;
    this.#standing.grown(before, state);
    this.#describe();
    this.#viewport.schedule();
    this.#tell("state", state);
  }

  /** @param {Row[]} rows */
  #came(rows) {
    for (const { n, record } of rows) if (firstOf(record) < n) this.lines.join(firstOf(record), n - 1);
    this.#viewport.came(rows);
    this.#tell("rows", rows);
  }

  /** @param {LogRecord[]} records */
  #marks(records) {
    this.#standing.marks(records);
    this.#tell("marks", records);
    for (const record of records) {
      if (record.kind === "status" || record.kind === "end") this.#tell("status", record);
    }
  }

  #describe() {
    this.#standing.describe({ state: this.state, visible: this.visible, place: this.#viewport });
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
