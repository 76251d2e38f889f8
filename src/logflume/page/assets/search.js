/**
 * Finding text in the whole log: the server searches it part by part, and each hit is gone to
 * wherever it is, also where nothing has been read yet.
 *
 * The first hit after where reading was is gone to as soon as it is known; the counting goes on
 * meanwhile. On a log that grows the search goes on with what comes, while its panel is open.
 * Closing the panel keeps the question: `n` takes it up again.
 */

import { count } from "./format.js";
import { goTo, Hits, reading } from "./hits.js";
import { SearchForm } from "./search-form.js";
import { ticks } from "./ticks.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** A hit that is wanted and perhaps not known yet. @typedef {{direction: 1 | -1, from: number}} Wanted */

const TYPING_MS = 250; // of silence, before what is typed is looked for
const GROWTH_MS = 1000; // between two looks at what has come

/** @param {Viewer} viewer */
export function install(viewer) {
  const finder = new Finder(viewer);
  return { remove: () => finder.remove() };
}

class Finder {
  #viewer;
  #form;
  /** @type {Hits | null} */
  #hits = null;
  /** @type {Wanted | null} */
  #wanted = null;
  #origin = 1; // where reading was when the question was begun
  #asked = ""; // the question that was last put
  #typing = 0;
  #growing = 0;
  /** What had the focus before. @type {HTMLElement | null} */
  #before = null;
  #listening = new AbortController();

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.#viewer = viewer;
    this.#form = new SearchForm(viewer.host.getAttribute("label"));
    const { element, field, previous, next, stop, close } = this.#form;
    const { signal } = this.#listening;
    viewer.bar.append(element);
    // Not as soon as Tab comes by: where there is little room it hides the other tools.
    field.addEventListener("click", () => this.#open());
    field.addEventListener("input", () => this.#type());
    element.addEventListener("change", ({ target }) => target !== field && this.#begin());
    element.addEventListener("submit", (event) => event.preventDefault());
    element.addEventListener("keydown", (event) => this.#pressed(event));
    previous.addEventListener("click", () => this.#step(-1));
    next.addEventListener("click", () => this.#step(1));
    stop.addEventListener("click", () => this.#stop());
    close.addEventListener("click", () => this.#close());
    viewer.addEventListener("state", () => this.#grow(), { signal });
    viewer.addEventListener("leave", (event) => {
      if (!this.#form.open) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#close();
    }, { signal });
    this.#setKeys();
  }

  remove() {
    this.#listening.abort();
    this.#hits?.stop();
    clearTimeout(this.#typing);
    clearTimeout(this.#growing);
    this.#form.element.remove();
  }

  #setKeys() {
    const group = "Finding";
    const { keys } = this.#viewer;
    const find = { group, does: "find in the whole log", do: () => this.#focus() };
    keys.set("/", find);
    keys.set("Ctrl-F", find);
    keys.set("n", { group, does: "next match", do: () => this.#step(1) });
    keys.set("N", { group, does: "previous match", do: () => this.#step(-1) });
  }

  /** False when the field has the focus already: then the browser's own search may open. */
  #focus() {
    const { field } = this.#form;
    const focused = this.#viewer.root.activeElement;
    if (focused === field) return false;
    this.#before = /** @type {HTMLElement | null} */ (focused);
    field.focus();
    field.select();
    this.#open();
    return true;
  }

  #open() {
    if (this.#form.open) return;
    this.#form.open = true;
    this.#origin = reading(this.#viewer).n;
    this.#show();
    if (this.#hits) this.#viewer.highlight(this.#form.pattern);
    this.#grow();
  }

  #close() {
    const inside = this.#form.element.contains(this.#viewer.root.activeElement);
    this.#stop();
    this.#form.open = false;
    this.#viewer.highlight(null);
    ticks(this.#viewer).set("hit", []);
    if (inside) (this.#before?.isConnected ? this.#before : this.#viewer.screen).focus({ preventScroll: true });
    this.#before = null;
  }

  #stop() {
    this.#hits?.stop();
    this.#wanted = null;
  }

  #type() {
    this.#open();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#begin(), TYPING_MS);
  }

  /** Put the question, unless it is the one that was put last. */
  #begin() {
    clearTimeout(this.#typing);
    const { question, pattern } = this.#form;
    const asked = JSON.stringify(question);
    if (asked === this.#asked) return false;
    this.#asked = asked;
    this.#hits?.stop();
    this.#form.refuse("");
    this.#viewer.highlight(pattern);
    const hits = question === null ? null : new Hits(this.#viewer.src, question);
    this.#hits = hits;
    this.#wanted = hits && { direction: 1, from: this.#origin - 1 };
    hits?.addEventListener("change", () => hits === this.#hits && this.#changed());
    hits?.goOn();
    this.#show();
    return true;
  }

  /** To the next hit, or the one before. @param {1 | -1} direction */
  #step(direction) {
    if (this.#form.question === null) return void this.#focus();
    this.#open();
    if (this.#begin()) return;
    const { n, on } = reading(this.#viewer);
    // A line that was not gone to may be a hit itself.
    this.#wanted = { direction, from: direction === 1 && !on ? n - 1 : n };
    if (this.#hits && !this.#hits.done) this.#hits.goOn();
    this.#settle();
    this.#show();
  }

  #changed() {
    const hits = /** @type {Hits} */ (this.#hits);
    this.#settle();
    this.#show();
    if (hits.problem) this.#refuse(hits.problem);
    else if (hits.done && hits.numbers.length === 0) this.#viewer.say("nothing found");
    this.#grow();
  }

  /** @param {Error} problem */
  #refuse(problem) {
    this.#form.refuse(problem.message);
    this.#viewer.say(problem.message);
    this.#asked = ""; // Enter asks again
  }

  /** Go to the hit that is wanted, once it is known. */
  #settle() {
    const hits = this.#hits;
    if (hits === null || this.#wanted === null) return;
    const n = found(hits, this.#wanted);
    if (n === undefined) return;
    this.#wanted = null;
    goTo(this.#viewer, n);
    this.#viewer.say(`${this.#position(hits)}, line ${count(n)}`);
  }

  /** @param {Hits} hits */
  #position(hits) {
    const at = hits.indexOf(this.#viewer.current ?? 0);
    const all = count(hits.numbers.length) + (hits.done ? "" : "+");
    return at === -1 ? `${all} found` : `${count(at + 1)} of ${all}`;
  }

  #show() {
    const hits = this.#hits;
    const searching = hits !== null && hits.running && !hits.done;
    const any = hits !== null && hits.numbers.length > 0;
    const part = Math.floor((100 * (hits?.searched ?? 0)) / Math.max(1, this.#viewer.state.tail));
    const progress = searching ? ` … ${Math.min(part, 99)} %` : "";
    const said = any || searching ? (hits && this.#position(hits)) + progress : "nothing found";
    this.#form.show(hits === null || hits.problem ? "" : said, { searching, any });
    ticks(this.#viewer).set("hit", this.#form.open ? (hits?.numbers ?? []) : []);
  }

  /** Search what has come, not more often than once a second and only while it is looked at. */
  #grow() {
    const grown = () => this.#hits?.done && this.#hits.searched < this.#viewer.state.tail;
    if (this.#growing || !this.#form.open || !grown()) return;
    this.#growing = setTimeout(() => {
      this.#growing = 0;
      if (this.#form.open && grown() && !document.hidden) this.#hits?.goOn();
    }, GROWTH_MS);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.isComposing) return;
    const typing = event.composedPath()[0] === this.#form.field;
    if (event.key === "Escape") this.#close();
    else if (event.key === "Enter" && typing) this.#step(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/**
 * The hit that is wanted, if it is known; past the last one comes the first.
 * @param {Hits} hits @param {Wanted} wanted
 */
function found(hits, { direction, from }) {
  if (direction === 1) return hits.after(from) ?? (hits.done ? hits.numbers[0] : undefined);
  if (hits.searched < from - 1 && !hits.done) return undefined;
  return hits.before(from) ?? (hits.done ? hits.numbers.at(-1) : undefined);
}
