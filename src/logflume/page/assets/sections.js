/**
 * Sections: groups of lines that fold, with how long each took and how it went.
 *
 * Which there are is asked of the server once, for what was there, and heard live from then on. What
 * whoever wrote the log wants collapsed begins folded, but not while it goes on, nor where a failed
 * deployment broke off; what the reader folds or unfolds stays so. A line that is gone to opens the
 * sections it is in. A log without sections shows nothing of all this.
 */

import { now } from "./api.js";
import { make, say } from "./dom.js";
import { count, counted } from "./format.js";
import { Hits, reading } from "./hits.js";
import { errors } from "./known-errors.js";
import { Outline } from "./outline.js";
import { rest } from "./rest.js";
import { SectionTree } from "./section-tree.js";
import { length, standing, went } from "./section-status.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("./data.js").Row} Row */
/** @typedef {import("./section-tree.js").Section} Section */

const TICK_MS = 1000; // durations are shown in seconds
const RECORDS = 1000; // that an answer of the search brings at most
const DEEPEST = 4; // levels that are indented; deeper ones are as deep as that

/** @param {Viewer} viewer */
export function install(viewer) {
  const sections = new Sections(viewer);
  return { remove: () => sections.remove() };
}

export class Sections {
  tree = new SectionTree();
  viewer;
  errors;
  #history;
  #outline;
  /** What the reader chose, by the sections' first records: whether folded. @type {Map<number, boolean>} */
  #chosen = new Map();
  #asked = false;
  #ticking = 0;
  #undecorate;
  #listening = new AbortController();

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.errors = errors(viewer);
    this.#outline = new Outline(this);
    this.#history = new Hits(viewer.src, { kind: "group" }, RECORDS);
    this.#undecorate = viewer.decorate((row) => this.#decoration(row));
    const { signal } = this.#listening;
    this.#history.addEventListener("change", () => this.#add(this.#history.taken()));
    this.#history.addEventListener("change", () => this.#asked = !this.#failed());
    this.errors.addEventListener("change", () => this.tree.sections.length && this.#changed(), { signal });
    viewer.addEventListener("state", () => this.#stated(), { signal });
    viewer.addEventListener("marks", (event) => this.#add(/** @type {CustomEvent} */ (event).detail), { signal });
    viewer.addEventListener("revealed", (event) => {
      // A fold was opened for a line within.
      this.#chosen.set(/** @type {CustomEvent} */ (event).detail, false);
    }, { signal });
    viewer.screen.addEventListener("click", (event) => this.#clicked(event), { signal });
    const group = "Sections";
    const when = () => this.tree.sections.length > 0;
    viewer.keys.set("]", { group, when, does: "next section", do: () => this.#step(1) });
    viewer.keys.set("[", { group, when, does: "previous section", do: () => this.#step(-1) });
    viewer.keys.set("o", { group, when, does: "list of sections", do: () => this.#outline.open() });
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  remove() {
    this.#listening.abort();
    this.#history.stop();
    this.#undecorate();
    clearInterval(this.#ticking);
    this.#outline.remove();
  }

  /** How a section stands. @param {Section} section */
  standing(section) {
    return standing(section, this.viewer.state, this.errors.within(section.n, section.last ?? Infinity));
  }

  /** @param {Section} section */
  length(section) {
    return length(section, this.viewer.state, now());
  }

  /** @param {Section} section */
  folded({ n }) {
    return this.viewer.lines.has(n);
  }

  /** Fold or unfold, as the reader wants it. @param {Section} section @param {boolean} fold */
  fold(section, fold) {
    this.#chosen.set(section.n, fold);
    this.#lay(section);
    this.viewer.refresh();
  }

  /** @param {boolean} fold */
  foldAll(fold) {
    for (const section of this.tree.sections) this.#chosen.set(section.n, fold);
    this.tree.sections.forEach((section) => this.#lay(section));
    this.viewer.refresh();
    this.viewer.say(`${counted(this.tree.sections.length, "section")} ${fold ? "folded" : "unfolded"}`);
  }

  /** @param {Section} section */
  goTo({ n }) {
    this.viewer.goTo(n, { align: "start", reveal: true });
    this.viewer.current = n;
  }

  /** The section in which reading is: who follows reads the last lines. */
  here() {
    const { following, visible } = this.viewer;
    const last = following ? this.tree.sections.findLast(({ n }) => n <= visible.last) : undefined;
    return last ?? this.tree.at(reading(this.viewer).n);
  }

  #stated() {
    const { connection, tail } = this.viewer.state;
    if (connection === "loading" || this.#asked || tail === 0) return;
    this.#asked = true;
    this.#ask();
  }

  /** Ask for what was there, part by part; a reader who waits for lines goes first. */
  async #ask() {
    do {
      await rest(this.viewer, this.#listening.signal);
      await this.#history.goOn(() => !this.viewer.waiting);
    } while (!this.#history.done && this.#history.problem === null && !this.#listening.signal.aborted);
  }

  /** Whether the server could not be asked and may be asked again. */
  #failed() {
    const { problem, running } = this.#history;
    return problem !== null && !running && !/** @type {{final?: boolean}} */ (problem).final;
  }

  /** @param {import("./section-tree.js").Marker[]} records */
  #add(records) {
    const ended = records.some(({ kind }) => kind === "end");
    if (!this.tree.add(records) && !(ended && this.tree.sections.length)) return;
    this.errors.askSoon();
    this.tree.sections.forEach((section) => this.#lay(section));
    this.#changed();
  }

  #changed() {
    this.#outline.show();
    this.viewer.refresh();
  }

  /** Hide what is in the section, or show it. @param {Section} section */
  #lay(section) {
    const { lines } = this.viewer;
    const collapse = section.collapsed && section.last !== null;
    if (collapse && !this.#chosen.has(section.n) && this.#looksAt(section)) this.#chosen.set(section.n, false);
    const fold = this.#chosen.get(section.n) ?? collapse;
    const last = section.last ?? Infinity;
    if (fold && last > section.n) lines.hide(section.n + 1, last, section.n);
    else if (lines.has(section.n)) lines.show(section.n);
  }

  /** Whether its lines are being read right now, rather than passing by. @param {Section} section */
  #looksAt({ n, last }) {
    const { visible, following, lines } = this.viewer;
    return !following && !lines.has(n) && visible.first > n && visible.first <= (last ?? Infinity);
  }

  /** @param {1 | -1} direction */
  #step(direction) {
    const { sections } = this.tree;
    const { n: from } = reading(this.viewer);
    const section = direction === 1 ? sections.find(({ n }) => n > from) : sections.findLast(({ n }) => n < from);
    if (section === undefined) return this.viewer.say(direction === 1 ? "no section follows" : "no section before");
    this.goTo(section);
    const { word } = this.standing(section);
    this.viewer.say(`${section.title}, ${word}, ${this.length(section)}, line ${count(section.n)}`);
  }

  /** @param {Row} row */
  #decoration({ n, kind }) {
    if (this.tree.sections.length === 0) return null;
    if (kind === "group") {
      const opened = this.tree.openedBy(n);
      if (opened) return this.#heading(opened);
      const closed = this.tree.closedBy(n);
      if (closed) return ending(closed);
    }
    const within = this.tree.at(n);
    return within ? { className: indent(within.depth + 1) } : null;
  }

  /** @param {Section} section */
  #heading(section) {
    const { n, text, title } = section;
    const folded = this.folded(section);
    const button = make("button", {
      type: "button", className: "fold", "aria-expanded": String(!folded), "aria-label": title, title: text,
    }, folded ? "▸" : "▾");
    button.dataset.section = String(n);
    const duration = make("span", { className: "took" }, this.length(section));
    duration.dataset.section = String(n);
    const many = (section.last ?? this.viewer.state.tail) - n;
    const inside = folded ? [make("span", { className: "inside" }, counted(many, "line"))] : [];
    return {
      className: `section ${indent(section.depth)}`,
      before: [button],
      after: [went(this.standing(section)), duration, ...inside],
    };
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.composedPath()[0]);
    const heading = /** @type {HTMLElement | null} */ (target.closest(".row.section"));
    const section = heading && this.tree.openedBy(Number(heading.dataset.n));
    if (!section || target.closest("a") || (!target.closest(".fold") && String(getSelection()))) return;
    this.fold(section, !this.folded(section));
    this.viewer.say(`${section.title} ${this.folded(section) ? "folded" : "unfolded"}`);
    // The row is made again in the next frame; the focus goes to its new button.
    if (target.closest(".fold")) requestAnimationFrame(() => requestAnimationFrame(() => this.#focus(section.n)));
  }

  /** @param {number} n */
  #focus(n) {
    const { root, screen } = this.viewer;
    const button = /** @type {HTMLElement | null} */ (screen.querySelector(`.fold[data-section="${n}"]`));
    const lost = root.activeElement === null || root.activeElement === screen;
    if (lost) button?.focus({ preventScroll: true });
  }

  /** Durations of what goes on grow; rows are left as they are. */
  #tick() {
    if (document.hidden || this.viewer.state.closed) return;
    for (const took of this.viewer.root.querySelectorAll(".took[data-section]")) {
      const section = this.tree.openedBy(Number(/** @type {HTMLElement} */ (took).dataset.section));
      if (section?.last === null) say(took, this.length(section));
    }
  }
}

/** @param {Section} section */
function ending({ title, depth }) {
  return { className: `section-end ${indent(depth)}`, after: [make("span", { className: "ended" }, `end of ${title}`)] };
}

/** @param {number} depth */
function indent(depth) {
  return `depth-${Math.min(depth, DEEPEST)}`;
}
