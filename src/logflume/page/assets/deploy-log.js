/**
 * `<deploy-log src="/v1/deployments/…/log">`: one log, read from its last lines and followed.
 *
 * Owns what is shown of the log and what is said about it. At most MAX_ROWS lines are in the page.
 * While it follows, the oldest leave; while its reader is elsewhere, nothing under his eyes moves,
 * and once the page is full the rows are *detached* from the end: newer records are counted and
 * checked, and read again when he goes there. Painting happens once a frame.
 *
 * Everything is in the light DOM, so that `#L17`, find-in-page and copying are the browser's own;
 * colours are CSS variables. Fires `connection` ({state, text}) and `status` (a status or end record
 * has come).
 */

import { get } from "./api.js";
import { make, say } from "./dom.js";
import { Follow } from "./follow.js";
import { connectionSaid, count, counted, faultsSaid } from "./format.js";
import { Order, Places } from "./numbers.js";
import { Pin } from "./pin.js";
import { Rows } from "./rows.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./follow.js").Batch} Batch */
/** @typedef {import("./follow.js").State} State */

const PAGE = 1000; // records a read
const MAX_ROWS = 5000; // what a browser lays out without effort
const FRAME_RECORDS = 500; // painted in one frame, 20 to 40 ms with their layout

export class DeployLog extends HTMLElement {
  #faults = make("div", { className: "faults", role: "alert", hidden: true });
  #earlier = make("button", { type: "button", className: "more", hidden: true }, "Show earlier lines");
  #list = make("div", { className: "rows", role: "log", "aria-live": "off", "aria-label": "Log" });
  #later = make("button", { type: "button", className: "more", hidden: true }, "Show later lines");
  #nothing = make("p", { className: "nothing", hidden: true });
  #scroller = make("div", { className: "scroller", tabIndex: 0 },
    this.#earlier, this.#list, this.#nothing, this.#later);
  #resume = make("button", { type: "button", className: "resume", hidden: true });
  #connection = make("span", { className: "connection", role: "status" });
  #notice = make("span", { className: "notice", role: "status" });
  #range = make("span", { className: "range" });

  #rows = new Rows(this.#list);
  #order = new Order();
  #places = new Places();
  #pin = new Pin(this.#scroller, { changed: () => this.#pinned(), mayFollow: () => !this.#detached });
  /** @type {Follow | null} */
  #follow = null;
  /** Records that are checked and not yet painted. @type {LogRecord[]} */
  #pending = [];
  #detached = false;
  #unseen = 0; // records that came since following stopped
  #arriving = true; // the address has yet to be looked at
  #frame = 0;
  /** @type {State} */
  #state = "loading";
  #listening = new AbortController();

  connectedCallback() {
    this.replaceChildren(this.#faults, this.#scroller, this.#resume,
      make("div", { className: "bar" }, this.#connection, this.#notice, this.#range));
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    this.#earlier.addEventListener("click", () => this.#more(() => this.#showEarlier(PAGE)), { signal });
    this.#later.addEventListener("click", () => this.#more(() => this.#showLater()), { signal });
    this.#resume.addEventListener("click", () => this.resume(), { signal });
    this.#list.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.#scroller.addEventListener("scroll", () => {
      this.#scroller.classList.toggle("sideways", this.#scroller.scrollLeft > 0);
    }, { signal });
    document.addEventListener("keydown", (event) => this.#pressed(event), { signal });
    window.addEventListener("hashchange", () => this.#goToHash(), { signal });
    this.#follow = new Follow(this.#src, {
      take: (batch) => this.#take(batch),
      state: (state, problem) => this.#connected(state, problem),
    });
    this.#start();
  }

  disconnectedCallback() {
    this.#listening.abort();
    this.#follow?.stop();
  }

  get #src() {
    return this.getAttribute("src") ?? "";
  }

  /** Let the keys scroll the log. @param {FocusOptions} [options] */
  focus(options) {
    this.#scroller.focus(options);
  }

  /** Go to the end of the log and follow it. */
  resume() {
    if (this.#detached) this.#start();
    this.#pin.toEnd();
    this.#schedule();
  }

  #start() {
    this.#detached = false;
    this.#pending = [];
    this.#unseen = 0;
    this.#places.clear();
    this.#order.begin(null);
    this.#rows.clear(1);
    this.#follow?.start(`tail=${PAGE}`);
  }

  /** @param {Batch} batch */
  #take({ records, start, next }) {
    // The last PAGE records begin wherever they do; fewer are the whole log, which begins with 1.
    if (this.#order.next === null) this.#order.begin(records.length < PAGE ? 1 : records[0].n);
    const before = (records[0]?.n ?? 1) - 1;
    const fresh = this.#order.take(records);
    if (!this.#pin.following) this.#unseen += fresh.length;
    if (!this.#pin.following && this.#rows.size + this.#pending.length + fresh.length > MAX_ROWS) this.#detach();
    if (!this.#detached && records.length) {
      if (start !== null) this.#places.add(before, start);
      this.#places.add(records[records.length - 1].n, next);
      this.#pending = this.#pending.concat(fresh);
    }
    // A hidden tab paints nothing; what could only be dropped again is not kept for it.
    if (this.#pending.length > 2 * MAX_ROWS) this.#pending = this.#pending.slice(-MAX_ROWS);
    for (const record of fresh) {
      if (record.kind === "status" || record.kind === "end") this.#tell("status", record);
    }
    this.#schedule();
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#paint();
    });
  }

  #paint() {
    if (this.#pin.following && this.#pending.length > MAX_ROWS) {
      this.#pending = this.#pending.slice(-MAX_ROWS);
      this.#rows.clear(this.#pending[0].n);
    }
    const now = this.#pending.splice(0, FRAME_RECORDS).filter(({ n }) => n >= this.#rows.next);
    this.#rows.append(now);
    if (this.#pin.following) this.#rows.dropFirst(MAX_ROWS);
    this.#places.keep(this.#rows.first - 1, this.#rows.next - 1);
    this.#describe();
    if (this.#pin.following) this.#pin.toEnd();
    if (this.#pending.length) this.#schedule();
    else if (this.#rows.size && this.#arriving) this.#goToHash();
  }

  #detach() {
    this.#detached = true;
    this.#pending = [];
  }

  /** Read what precedes the first row. @param {number} wanted records */
  async #showEarlier(wanted) {
    const { first } = this.#rows;
    const place = this.#places.atOrAfter(first - 1);
    if (place === undefined) return;
    const limit = place.n - (first - 1) + wanted;
    const { headers, body } = await get(`${this.#src}?before=${place.offset}&limit=${limit}`);
    if (this.#rows.first !== first) return; // the rows moved on while this was read
    const records = /** @type {LogRecord[]} */ (body).filter(({ n }) => n < first);
    const start = headers.get("Stream-Start-Offset");
    this.#order.check(records, body.length < limit ? 1 : (records[0]?.n ?? first), first);
    if (start !== null && records.length) this.#places.add(records[0].n - 1, start);
    this.#pin.release();
    this.#pin.hold(this.#rows.edges.top, () => {
      this.#rows.prepend(records);
      if (this.#rows.size > MAX_ROWS) this.#detach();
      this.#rows.dropLast(MAX_ROWS);
      this.#describe();
    });
  }

  /** Read what follows the last row of detached rows. */
  async #showLater() {
    const { next } = this.#rows;
    const place = this.#places.atOrBefore(next - 1);
    if (place === undefined) return this.resume();
    const limit = next - 1 - place.n + PAGE;
    const { headers, body } = await get(`${this.#src}?offset=${place.offset}&limit=${limit}`);
    if (this.#rows.next !== next) return;
    const records = /** @type {LogRecord[]} */ (body).filter(({ n }) => n >= next);
    const last = records[records.length - 1]?.n ?? next - 1;
    this.#order.check(records, next, last + 1);
    this.#places.add(last, headers.get("Stream-Next-Offset") ?? place.offset);
    this.#pin.hold(this.#rows.edges.bottom, () => {
      this.#rows.append(records);
      this.#rows.dropFirst(MAX_ROWS);
      this.#detached = this.#rows.next < (this.#order.next ?? 1);
      this.#describe();
    });
  }

  /** Read more when asked to, once at a time, and say so if it fails. @param {() => Promise<void>} read */
  async #more(read) {
    const buttons = [this.#earlier, this.#later];
    for (const button of buttons) button.disabled = true;
    say(this.#notice, "");
    try {
      await read();
    } catch (error) {
      say(this.#notice, `could not read: ${error instanceof Error ? error.message : error}`);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  /** @param {State} state @param {Error} [problem] */
  #connected(state, problem) {
    this.#state = state;
    if (problem) say(this.#nothing, problem.message);
    this.#describe();
  }

  #pinned() {
    if (this.#pin.following) this.#unseen = 0;
    this.#describe();
  }

  /** Say what is so. */
  #describe() {
    const { first, next, size } = this.#rows;
    const last = (this.#order.next ?? 1) - 1;
    this.#earlier.hidden = size === 0 || first <= 1;
    this.#later.hidden = !this.#detached;
    this.#resume.hidden = this.#pin.following || size === 0;
    say(this.#resume, this.#unseen ? `↓ ${counted(this.#unseen, "new line")}` : "↓ End");
    say(this.#range, size ? `${count(first)}–${count(next - 1)} of ${count(last)}` : "");
    this.#nothing.hidden = size > 0 || this.#pending.length > 0 || this.#state === "loading";
    const nothing = this.#state === "live" ? "Waiting for the first line…" : "No lines.";
    if (this.#state !== "failed") say(this.#nothing, nothing);
    this.#faults.hidden = this.#order.faults.length === 0;
    say(this.#faults, faultsSaid(this.#order.faults));
    const text = connectionSaid(this.#state, this.#order);
    if (this.#connection.textContent === text) return;
    this.#connection.dataset.state = text.startsWith("incomplete") ? "incomplete" : this.#state;
    say(this.#connection, text);
    this.#tell("connection", { state: this.#state, text });
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {Element} */ (event.target);
    if (event.key !== "End" || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (target !== document.body && !this.contains(target)) return;
    event.preventDefault();
    this.resume();
  }

  /** A line's number marks the line, and the address leads to it; nothing moves. @param {MouseEvent} event */
  #clicked(event) {
    const link = /** @type {Element} */ (event.target).closest("a.number");
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.replaceState(null, "", link.getAttribute("href"));
    this.#markTarget(link.parentElement);
  }

  /** Go to the line that the address names, if it is within reach of a read. */
  async #goToHash() {
    this.#arriving = false;
    const n = Number(/^#L(\d+)$/.exec(location.hash)?.[1] ?? 0);
    const missing = this.#rows.first - n;
    if (n === 0 || this.#rows.size === 0) return;
    if (missing > 0 && missing < MAX_ROWS - PAGE) await this.#more(() => this.#showEarlier(missing + PAGE / 10));
    const element = this.#rows.elementOf(n);
    if (element === undefined) return say(this.#notice, `line ${count(n)} is not among the lines shown`);
    this.#pin.release();
    element.scrollIntoView({ block: "center" });
    this.#markTarget(element);
  }

  /** @param {Element | null} element */
  #markTarget(element) {
    this.#list.querySelector(".target")?.classList.remove("target");
    element?.classList.add("target");
  }

  /** @param {string} type @param {object} detail */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("deploy-log", DeployLog);
