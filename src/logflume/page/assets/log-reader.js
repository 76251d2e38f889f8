/**
 * A log as the worker reads it: follows its end, reads what is wanted of the rest, and tells the page.
 *
 * The page is told at most once in PUSH_MS of what comes by itself, and holds no more than what is
 * near the wanted records or at the tail; of that it is told every change, so what it holds is true.
 * A hidden page is told only when something else than the tail has changed.
 */

import { address, get } from "./api.js";
import { check } from "./check.js";
import { answerOf, FIRST_QUERY, FIRST_READ } from "./first-read.js";
import { Follow } from "./follow.js";
import { Gap } from "./gap.js";
import { LOOK_AHEAD, LOOK_BACK, linesOf } from "./joins.js";
import { firstOf, Order } from "./numbers.js";
import { Reading } from "./reading.js";
import { common, endOf, keptOf, merged, nearOf } from "./spans.js";
import { Windows } from "./windows.js";

/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./api.js").Problem} Problem */
/** @typedef {import("./first-read.js").First} First */
/** @typedef {import("./follow.js").Batch} Batch */
/** @typedef {import("./joins.js").Joined} Joined */
/** @typedef {import("./joins.js").Line} Line */
/** @typedef {import("./spans.js").Span} Span */

/**
 * How reading stands, as it goes from the worker to the page.
 * @typedef {Omit<import("./data.js").LogState, "problem"> & {problem: Told | undefined}} ToldState
 */

/** A problem without its class, which no message carries. @typedef {{status: number, message: string}} Told */

/** @typedef {{state: ToldState | null, lines: (Line | Joined)[], marks: LogRecord[]}} Push */

const HELD_BYTES = 64 * 1024 * 1024;
const CHECKED_BYTES = 16 * 1024 * 1024; // of a log that is checked unasked: a tenth of a second
const PUSH_MS = 50; // between two pushes of what comes by itself: no screen shows more
const FRAME_MS = 16; // between two answers to what was wanted
const HIDDEN_PUSH_MS = 1000;
const REST_AFTER_MS = 30_000; // of being hidden: who only looks at another page comes back sooner

export class LogReader {
  #src;
  #push;
  #windows = new Windows(HELD_BYTES);
  #gap;
  #order = new Order();
  #follow;
  #reading;
  /** @type {Span[]} */
  #wanted = [];
  /** @type {(answer: import("./follow.js").Answer | Problem) => void} */
  #giveFirst = () => {};
  #isHeard = false; // whether the page waits for a push
  #hidden = false;
  #resting = 0;
  /** @type {Omit<ToldState, "problem" | "end" | "faults">} */
  #state = { connection: "loading", tail: 0, closed: false, check: "none" };
  /** What is the matter, by who says so. @type {Map<string, Problem | undefined>} */
  #problems = new Map();
  /** Records whose lines the page is to be told, if it keeps them. @type {Span[]} */
  #changed = [];
  /** @type {LogRecord[]} */
  #marks = [];
  #timer = 0;
  #due = Infinity; // when the next push is; -Infinity: it waits for the page
  #pushed = -HIDDEN_PUSH_MS;
  /** The last state that was pushed; at first the one that the page begins with by itself. */
  #told = this.#textOf(this.#stateNow());

  /** @param {string} src @param {(push: Push) => void} push */
  constructor(src, push) {
    this.#src = src;
    this.#push = push;
    this.#gap = new Gap(src);
    this.#reading = new Reading(src, this.#windows, {
      got: (records, span) => this.#got(records, span),
      problem: (problem) => this.#trouble("reading", problem),
    });
    this.#follow = new Follow(src, {
      take: (batch) => this.#take(batch),
      state: (state, problem) => this.#connected(state, problem),
      behind: () => this.#peek(),
    });
    this.#follow.start(FIRST_QUERY, new Promise((resolve) => (this.#giveFirst = resolve)));
  }

  /** What the page has read already. @param {First} first */
  begin(first) {
    this.#giveFirst(answerOf(first));
  }

  /** The page listens: at first, and again each time it has taken a push, so that none pile up. */
  tell() {
    this.#isHeard = true;
    if (this.#due === -Infinity) this.#flush();
  }

  /** What the page shows, and which parts of what is near it lacks. @param {Span[]} wanted @param {Span[]} lacking */
  want(wanted, lacking) {
    this.#wanted = wanted;
    this.#pin();
    this.#reading.want(wanted, this.#state.tail);
    this.#change(lacking, FRAME_MS);
  }

  /** @param {boolean} hidden */
  hide(hidden) {
    this.#hidden = hidden;
    clearTimeout(this.#resting);
    if (hidden) this.#resting = setTimeout(() => this.#follow.rest(true), REST_AFTER_MS);
    if (hidden) return;
    this.#follow.rest(false);
    this.#follow.recheck();
    this.#change(keptOf(this.#wanted, this.#state.tail), 0);
  }

  /** Check count and digest, however long the log is. */
  verify() {
    if (this.#state.check === "unchecked") this.#check(Infinity);
  }

  /** @param {Batch} batch */
  #take({ records }) {
    const isFirst = this.#order.next === null;
    // The last records begin wherever they do; fewer are the whole log, which begins with 1.
    if (isFirst) this.#order.begin(numbersOf(records) < FIRST_READ ? 1 : firstOf(records[0]));
    const fresh = this.#order.take(records);
    if (fresh.length === 0) return this.#schedule(PUSH_MS);
    const first = fresh[0].n;
    const last = fresh[fresh.length - 1].n;
    this.#hold(fresh);
    if (!isFirst) this.#marks = this.#marks.concat(fresh.filter(isMark));
    const changed = isFirst ? [] : fresh.flatMap(({ numbers }) => numbers ?? []);
    if (changed.length) this.#reading.anew();
    for (const n of changed) this.#again(n);
    if (isFirst || this.#wanted.some(({ last }) => last >= first)) this.#reading.want(this.#wanted, this.#state.tail);
    this.#change([{ first, last }], isFirst ? 0 : PUSH_MS);
  }

  /** Read a record again that is no longer what it was. @param {number} n */
  async #again(n) {
    if (this.#windows.at(n) === undefined) return;
    const answer = await get(address(this.#src, "", { from: n, limit: 1 })).catch(() => null);
    const records = /** @type {LogRecord[]} */ (answer?.body ?? []);
    if (records[0]?.n !== n) return; // it shows the mark when it is loaded again
    this.#windows.put(records);
    this.#change([{ first: n, last: n }], FRAME_MS);
  }

  /** Show the end at once, while what was missed before it is yet to come, and be checked. */
  async #peek() {
    const answer = await get(address(this.#src, "", { tail: FIRST_READ })).catch(() => null);
    const records = /** @type {LogRecord[]} */ (answer?.body ?? []);
    if (records.length === 0) return; // whoever follows finds out why
    this.#hold(records);
    this.#change([endOf(this.#state.tail)], 0);
  }

  /** @param {LogRecord[]} records */
  #hold(records) {
    this.#learn(records).catch(() => {}); // whoever comes to it and reads there finds out why
    this.#windows.put(records);
    this.#state.tail = Math.max(this.#state.tail, records[records.length - 1].n);
    this.#pin();
  }

  /** @param {LogRecord[]} records @param {Span} span */
  async #got(records, { first, last }) {
    await this.#learn(records);
    this.#order.check(records, first, last + 1);
    this.#windows.put(records.filter(({ n }) => n >= first && n <= last));
    this.#windows.markHoles(first, last);
    this.#change(common([{ first, last: last + LOOK_BACK }], nearOf(this.#wanted, this.#state.tail)), FRAME_MS);
  }

  /** If some of these are no longer kept, know all that are not. @param {LogRecord[]} records */
  async #learn(records) {
    const part = records.find((record) => this.#windows.tellsMore(record));
    if (part === undefined) return;
    const record = await this.#gap.whole(part);
    this.#windows.put([record]);
    this.#change([{ first: firstOf(record), last: record.n }], FRAME_MS);
  }

  /** @param {import("./follow.js").State} connection @param {Problem} [problem] */
  #connected(connection, problem) {
    this.#state.connection = connection;
    this.#problems.set("connection", problem);
    if (connection === "live" || connection === "polling") this.#reading.retry();
    if (connection === "deleted" || connection === "failed") this.#reading.stop();
    if (connection === "finished") {
      this.#state.closed = true;
      this.#check(CHECKED_BYTES);
    }
    this.#schedule(0);
  }

  /** @param {number} most bytes */
  async #check(most) {
    const { end } = this.#order;
    this.#state.check = end === null ? "incomplete" : "checking";
    this.#schedule(0);
    if (end === null) return;
    const { outcome, problem } = await check(this.#src, end, most);
    this.#state.check = outcome;
    this.#trouble("check", problem);
  }

  /** @param {string} of @param {Problem | undefined} problem */
  #trouble(of, problem) {
    this.#problems.set(of, problem);
    this.#schedule(0);
  }

  #pin() {
    this.#windows.pin([...this.#wanted, endOf(this.#state.tail)]);
  }

  /** @param {Span[]} spans @param {number} apart milliseconds, as of `#schedule` */
  #change(spans, apart) {
    if (spans.length === 0) return;
    this.#changed = merged([...this.#changed, ...spans]);
    this.#schedule(apart);
  }

  /** Push, but no sooner than so long after the last time. @param {number} apart milliseconds */
  #schedule(apart) {
    const due = this.#pushed + (this.#hidden ? HIDDEN_PUSH_MS : apart);
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, due - performance.now()));
  }

  #flush() {
    this.#due = -Infinity;
    if (!this.#isHeard) return;
    const state = this.#stateNow();
    const told = this.#textOf(state);
    const lines = this.#hidden ? [] : this.#lines();
    const marks = this.#marks;
    this.#marks = [];
    this.#due = Infinity;
    this.#pushed = performance.now();
    if (told === this.#told && lines.length === 0 && marks.length === 0) return;
    this.#isHeard = false;
    this.#push({ state: told === this.#told ? null : state, lines, marks });
    this.#told = told;
  }

  /** @returns {ToldState} */
  #stateNow() {
    const { end, faults } = this.#order;
    const { check } = this.#state;
    const problem = [...this.#problems.values()].find((one) => one !== undefined);
    return {
      ...this.#state,
      check: check === "complete" && faults.length > 0 ? "incomplete" : check,
      problem: problem && { status: problem.status, message: problem.message },
      end,
      faults,
    };
  }

  /** By which it is known whether the page has been told of a state. @param {ToldState} state */
  #textOf(state) {
    return JSON.stringify({ ...state, tail: this.#hidden ? 0 : state.tail });
  }

  /** The lines that have changed and that the page keeps. */
  #lines() {
    const spans = common(this.#changed, keptOf(this.#wanted, this.#state.tail));
    this.#changed = [];
    return spans.flatMap((span) => this.#linesOf(span));
  }

  /** The lines that have a record in this span. @param {Span} span */
  #linesOf({ first, last }) {
    const runs = this.#windows.runs(first - LOOK_BACK, Math.min(last + LOOK_AHEAD, this.#state.tail));
    const gap = this.#windows.gapWithin(first, last);
    const lines = runs.flatMap(linesOf).filter((line) => {
      if ("joins" in line) return line.n >= first && line.n <= last;
      return line.record.n <= last && line.last >= first;
    });
    return gap !== null && gap.n > last ? [...lines, ...linesOf([gap])] : lines;
  }
}

/** @param {LogRecord} record */
function isMark({ kind, level }) {
  return kind !== undefined || level !== undefined;
}

/** How many numbers the records stand for. @param {LogRecord[]} records */
function numbersOf(records) {
  return records.reduce((sum, record) => sum + record.n - firstOf(record) + 1, 0);
}
