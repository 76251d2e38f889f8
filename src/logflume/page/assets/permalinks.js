/**
 * Permalinks: the address leads to lines, and marking lines writes the address.
 *
 * `#L120` is a line and `#L120-L140` the lines from one to the other. An element with an id has its
 * own, `#id-L120`, so that several logs of a page do not answer to one address; of several without
 * an id the first one answers. A hash that is the id of something else in the page is left alone.
 *
 * A line that is not there yet is waited for, as long as the log goes on and its reader follows it.
 */

import { copy } from "./clipboard.js";
import { count, counted } from "./format.js";
import { reading } from "./hits.js";
import { Note } from "./note.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {{from: number, to: number}} Range */

const REFUSED = "the browser does not let us copy";
const MOST_COPIED = 200_000; // lines: what a clipboard takes without the page standing still

/** @param {Viewer} viewer */
export function install(viewer) {
  const links = new Permalinks(viewer);
  return { remove: () => links.remove() };
}

/** The lines that the address leads to, if they are of this viewer. @param {Viewer} viewer @returns {Range | null} */
export function lineOf(viewer) {
  const prefix = prefixOf(viewer.host);
  if (prefix === null || !location.hash.startsWith(`#${prefix}L`)) return null;
  const match = /^L(\d{1,15})(?:-L?(\d{1,15}))?$/.exec(location.hash.slice(prefix.length + 1));
  if (match === null || document.getElementById(location.hash.slice(1)) !== null) return null;
  const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
  return from < 1 ? null : { from: Math.min(from, to), to: Math.max(from, to) };
}

/**
 * The hash that leads to lines of a viewer; empty if no hash does.
 * @param {Viewer} viewer @param {Range} range
 */
export function hashOf(viewer, { from, to }) {
  const prefix = prefixOf(viewer.host);
  return prefix === null ? "" : `#${prefix}L${from}${from === to ? "" : `-L${to}`}`;
}

/**
 * Lines as text, without numbers and colours, onto the clipboard; says how it went.
 * @param {Viewer} viewer @param {Range} range
 */
export async function copyLines(viewer, { from, to }) {
  const many = to - from + 1;
  if (many > MOST_COPIED) return viewer.say(`${count(many)} lines are too many to copy: download them`);
  try {
    const text = await viewer.data.text(from, to, { ansi: false });
    const copied = await copy(text, viewer.root);
    viewer.say(copied ? `${counted(many, "line")} copied` : REFUSED);
  } catch (error) {
    viewer.say(`not copied: ${error instanceof Error ? error.message : error}`);
  }
}

/** How an element's hashes begin; null if it has none. @param {HTMLElement} host */
function prefixOf(host) {
  if (host.id) return `${host.id}-`;
  return document.querySelector("deploy-log:not([id])") === host ? "" : null;
}

/** @param {Range} range */
function said({ from, to }) {
  return from === to ? `Line ${count(from)}` : `Lines ${count(from)} to ${count(to)}`;
}

class Permalinks {
  #viewer;
  #note;
  #waiting;
  /** Lines that the log does not have yet. @type {Range | null} */
  #awaited = null;
  #anchor = 0; // the line that marking began with
  #listening = new AbortController();

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.#viewer = viewer;
    this.#note = new Note(viewer, "marked-lines", () => this.#clear());
    this.#waiting = new Note(viewer, "awaited", () => (this.#awaited = null));
    const { signal } = this.#listening;
    window.addEventListener("hashchange", () => this.#follow(), { signal });
    viewer.screen.addEventListener("click", (event) => this.#clicked(event), { signal });
    viewer.addEventListener("state", () => this.#arrived(), { signal });
    viewer.addEventListener("following", () => this.#left(), { signal });
    viewer.addEventListener("leave", (event) => this.#leave(event), { signal });
    this.#setKeys();
    this.#follow();
  }

  remove() {
    this.#listening.abort();
    this.#note.remove();
    this.#waiting.remove();
  }

  #setKeys() {
    const group = "Marking";
    const { keys } = this.#viewer;
    keys.set("m", { group, does: "mark this line", do: () => this.#markHere() });
    keys.set("J", { group, does: "mark one line more, down", do: () => this.#extend(1) });
    keys.set("K", { group, does: "mark one line more, up", do: () => this.#extend(-1) });
    keys.set("y", { group, does: "copy a link to the marked lines", do: () => this.#copyLink() });
    keys.set("Y", { group, does: "copy the marked lines", do: () => this.#copyLines() });
  }

  /** To where the address leads. */
  #follow() {
    const range = lineOf(this.#viewer);
    this.#awaited = null;
    this.#waiting.hide();
    if (range === null) return this.#unmark();
    this.#anchor = range.from;
    this.#mark(range);
    const { tail, connection } = this.#viewer.state;
    if (connection === "loading" || range.from <= tail) this.#goTo(range);
    if (connection === "loading" || range.from > tail) this.#await(range);
  }

  /** @param {Range} range */
  #goTo({ from }) {
    this.#viewer.goTo(from, { align: "center", reveal: true });
  }

  /** @param {Range} range */
  #await(range) {
    this.#awaited = range;
    this.#arrived();
  }

  /** Something is known of the log: perhaps the line that is waited for is there. */
  #arrived() {
    const { tail, closed, connection } = this.#viewer.state;
    if (this.#awaited === null || connection === "loading") return;
    const { from } = this.#awaited;
    if (from <= tail) {
      this.#mark(this.#awaited);
      this.#goTo(this.#awaited);
    } else if (closed) {
      this.#note.hide();
      this.#viewer.follow();
      this.#waiting.show(`There is no line ${count(from)}: the log ends with line ${count(tail)}.`);
    } else {
      if (this.#waiting.shown) return;
      this.#note.hide();
      this.#viewer.follow();
      this.#waiting.show(`Line ${count(from)} is not there yet. Waiting for it.`);
      return;
    }
    this.#awaited = null;
    if (from <= tail) this.#waiting.hide();
  }

  /** Whoever scrolls away while a line is waited for does not want to be taken to it. */
  #left() {
    if (this.#awaited === null || this.#viewer.following || !this.#waiting.shown) return;
    this.#awaited = null;
    this.#waiting.hide();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.composedPath()[0]);
    const link = target.closest("a.number");
    if (link === null || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const n = Number(/** @type {HTMLElement} */ (link.closest("[data-n]")).dataset.n);
    if (event.shiftKey && this.#anchor) this.#write(between(this.#anchor, n));
    else this.#begin(n);
  }

  #markHere() {
    const { n } = reading(this.#viewer);
    if (n) this.#begin(n);
  }

  /** @param {number} n */
  #begin(n) {
    this.#anchor = n;
    this.#write({ from: n, to: n });
  }

  /** Move the end of what is marked that is not where marking began. @param {1 | -1} by */
  #extend(by) {
    const { marked, lines } = this.#viewer;
    if (marked === null) return this.#markHere();
    const end = this.#anchor === marked.from ? marked.to : marked.from;
    const to = by === 1 ? lines.next(end) : lines.previous(end);
    if (to === undefined) return;
    this.#write(between(this.#anchor, to));
    this.#viewer.goTo(to, { align: "nearest", reveal: false });
  }

  /** Mark lines and put them into the address. @param {Range} range */
  #write(range) {
    const hash = hashOf(this.#viewer, range);
    // A new place is one to come back to; a range that grows is the same place.
    const grows = this.#viewer.marked !== null && range.from !== range.to;
    if (hash && hash !== location.hash) history[grows ? "replaceState" : "pushState"](history.state, "", hash);
    this.#mark(range);
  }

  /** @param {Range} range */
  #mark(range) {
    this.#viewer.marked = range;
    this.#note.show(said(range),
      ["Copy link", () => this.#copyLink()],
      [range.from === range.to ? "Copy line" : "Copy lines", () => this.#copyLines()]);
  }

  #unmark() {
    this.#viewer.marked = null;
    this.#note.hide();
  }

  /** Nothing is marked any more, and the address says so. */
  #clear() {
    this.#anchor = 0;
    if (lineOf(this.#viewer)) history.replaceState(history.state, "", location.pathname + location.search);
    this.#viewer.marked = null;
  }

  /** @param {Event} event */
  #leave(event) {
    if (event.defaultPrevented || !(this.#waiting.shown || this.#note.shown)) return;
    event.preventDefault();
    (this.#waiting.shown ? this.#waiting : this.#note).dismiss();
  }

  async #copyLink() {
    if (this.#viewer.marked === null) this.#markHere();
    const { marked } = this.#viewer;
    if (marked === null) return;
    const address = location.href.replace(/#.*$/, "") + hashOf(this.#viewer, marked);
    const copied = await copy(address, this.#viewer.root);
    this.#viewer.say(copied ? `link to ${said(marked).toLowerCase()} copied` : REFUSED);
  }

  async #copyLines() {
    if (this.#viewer.marked === null) this.#markHere();
    if (this.#viewer.marked) await copyLines(this.#viewer, this.#viewer.marked);
  }
}

/** @param {number} one @param {number} other */
function between(one, other) {
  return { from: Math.min(one, other), to: Math.max(one, other) };
}
