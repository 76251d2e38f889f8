/**
 * Going through the errors of a log; and a failed deployment opens at its first.
 *
 * A log of more than UNASKED records is not searched for errors until somebody wants to see one, but
 * for PATIENCE_MS when a failed deployment is opened.
 */

import { make, say } from "./dom.js";
import { count } from "./format.js";
import { below, goTo, reading } from "./hits.js";
import { errors } from "./known-errors.js";
import { Note } from "./note.js";
import { lineOf } from "./permalinks.js";
import { rest } from "./rest.js";
import { ticks } from "./ticks.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */

const UNASKED = 200_000; // records: a second or two of the server's time
const PATIENCE_MS = 3000; // after that a reader has begun to read what he sees

/** @param {Viewer} viewer */
export function install(viewer) {
  const tool = new ErrorTool(viewer);
  return { remove: () => tool.remove() };
}

class ErrorTool {
  #viewer;
  #errors;
  #button = make("button", { type: "button", className: "tool errors", title: "Go to the first error (e: the next)" });
  #note;
  #listening = new AbortController();
  #begun = false;

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.#viewer = viewer;
    this.#errors = errors(viewer);
    this.#note = new Note(viewer, "opened");
    const { signal } = this.#listening;
    viewer.bar.append(this.#button);
    this.#button.addEventListener("click", () => this.#first());
    this.#errors.addEventListener("change", () => this.#show(), { signal });
    viewer.addEventListener("state", () => this.#stated(), { signal });
    viewer.addEventListener("status", () => this.#viewer.state.end && this.#errors.askSoon(), { signal });
    viewer.addEventListener("leave", (event) => {
      if (!this.#note.shown || event.defaultPrevented) return;
      event.preventDefault();
      this.#note.dismiss();
    }, { signal });
    const group = "Finding";
    viewer.keys.set("e", { group, does: "next error", do: () => this.#step(1) });
    viewer.keys.set("E", { group, does: "previous error", do: () => this.#step(-1) });
    this.#show();
  }

  remove() {
    this.#listening.abort();
    this.#errors.stop();
    this.#button.remove();
    this.#note.remove();
  }

  /** The first that is heard of the log. */
  #stated() {
    const { tail, end, connection } = this.#viewer.state;
    if (this.#begun || connection === "loading" || (tail === 0 && end === null)) return;
    this.#begun = true;
    if (end?.status === "failed" && this.#viewer.following && lineOf(this.#viewer) === null) this.#openAtFirst();
    else if (tail <= UNASKED) rest(this.#viewer, this.#listening.signal).then(() => this.#errors.ask());
  }

  /** A failed deployment was opened: to where it failed, unless its reader has begun to read. */
  async #openAtFirst() {
    const until = performance.now() + PATIENCE_MS;
    await this.#errors.ask(() => this.#errors.numbers.length > 0 || performance.now() > until);
    const [n] = this.#errors.numbers;
    const reads = !this.#viewer.following || lineOf(this.#viewer) !== null || performance.now() > until;
    if (n !== undefined && !reads) {
      this.#note.show(`This deployment failed. Here is its first error, line ${count(n)}.`,
        ["Next error", () => this.#step(1)],
        ["To the end", () => this.#toEnd()]);
      await new Promise(requestAnimationFrame); // the note has taken its room: the middle is another
      this.#viewer.goTo(n, { align: "center" }); // also from the end, where the note may have pushed it out
      this.#viewer.current = n;
    }
    if (this.#viewer.state.tail <= UNASKED) this.#errors.ask();
  }

  #toEnd() {
    this.#note.dismiss();
    this.#viewer.follow();
  }

  async #first() {
    await this.#errors.ask(() => this.#errors.numbers.length > 0);
    const [n] = this.#errors.numbers;
    if (n === undefined) return this.#none();
    goTo(this.#viewer, n);
    this.#errors.ask();
  }

  /** @param {1 | -1} direction */
  async #step(direction) {
    const { n: from, on } = reading(this.#viewer);
    const next = () => below(this.#errors.numbers, on ? from + 1 : from);
    const known = () => (direction === 1 ? next() < this.#errors.numbers.length : this.#errors.searched >= from);
    await this.#errors.ask(known);
    const { numbers } = this.#errors;
    const after = numbers[next()];
    const before = numbers[below(numbers, from) - 1];
    const n = direction === 1 ? (after ?? numbers[0]) : (before ?? numbers.at(-1));
    if (n === undefined) return this.#none();
    goTo(this.#viewer, n);
    const all = `${count(numbers.length)}${this.#errors.all ? "" : "+"}`;
    const said = `Error ${count(below(numbers, n) + 1)} of ${all}, line ${count(n)}`;
    this.#note.change(said);
    this.#viewer.say(said);
    this.#errors.ask(); // the count is of them all
  }

  #none() {
    this.#viewer.say(this.#errors.problem?.message ?? "no errors found");
    this.#show();
  }

  #show() {
    const { numbers, all, problem } = this.#errors;
    const many = `${count(numbers.length)}${all ? "" : "+"}`;
    const none = all && this.#viewer.state.closed && numbers.length === 0;
    say(this.#button, numbers.length ? `First error (${many})` : none ? "No errors" : "First error");
    this.#button.disabled = none;
    if (problem) this.#button.title = problem.message;
    ticks(this.#viewer).set("error", numbers);
  }
}
