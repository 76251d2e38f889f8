/**
 * Standing: how reading stands, in words, in the line below the log.
 *
 * Owns what is said of the connection, of completeness, of faults, and of lines that came unseen.
 * "Complete" is said only when count and digest were checked and hold.
 */

import { say } from "./dom.js";
import { count, counted, faultsSaid } from "./format.js";

/** @typedef {import("./data.js").LogState} LogState */
/** @typedef {import("./api.js").LogRecord} LogRecord */
/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./speech.js").Speech} Speech */

/**
 * What is told from.
 * @typedef {object} Shown
 * @property {LogState} state
 * @property {{first: number, last: number}} visible
 * @property {{atEnd: boolean, unseen: number, following: boolean}} place
 */

/** Connections while which more may come. */
const OPEN = ["live", "polling", "reconnecting"];

export class Standing {
  #frame;
  #speech;

  /** @param {Frame} frame @param {Speech} speech */
  constructor(frame, speech) {
    this.#frame = frame;
    this.#speech = speech;
  }

  /** Say what is so. @param {Shown} shown */
  describe({ state, visible, place }) {
    const { connection, check, range, nothing, faults, pill } = this.#frame;
    const text = standing(state);
    if (connection.textContent !== text && state.connection !== "loading") this.#speech.say(text);
    connection.dataset.state = state.check === "incomplete" ? "incomplete" : state.connection;
    say(connection, text);
    check.hidden = state.check !== "unchecked";
    const shown = visible.first > 0;
    say(range, shown ? `${count(visible.first)}–${count(visible.last)} of ${count(state.tail)}` : "");
    nothing.hidden = state.tail > 0 || state.connection === "loading";
    say(nothing, state.connection === "live" || state.connection === "polling" ? "Waiting for the first line…" : empty(state));
    faults.hidden = state.faults.length === 0;
    say(faults, state.faults.length === 0 ? "" : faultsSaid(state.faults));
    const { following, atEnd, unseen } = place;
    pill.hidden = following || !shown || (atEnd && !OPEN.includes(state.connection));
    say(pill, unseen > 0 ? `${counted(unseen, "new line")} ↓` : atEnd ? "Follow ↓" : "To the end ↓");
  }

  /** More has come than there was. @param {LogState} before @param {LogState} now */
  grown(before, now) {
    if (before.tail > 0) this.#speech.count(now.tail - before.tail, 0);
  }

  /** @param {LogRecord[]} records */
  marks(records) {
    this.#speech.count(0, records.filter(({ level }) => level === "error").length);
    const last = records.findLast(({ kind }) => kind === "status" || kind === "end");
    if (last !== undefined) this.#speech.say(last.kind === "end" ? `ended: ${last.status}` : `status: ${last.status}`);
  }
}

/**
 * How reading stands, in a few words.
 * @param {LogState} state
 */
export function standing(state) {
  const said = connectionSaid(state);
  const { connection, problem } = state;
  return problem && connection !== "failed" ? `${said} · ${problem.message}` : said;
}

/** @param {LogState} state */
function connectionSaid({ connection, problem, check, end }) {
  switch (connection) {
    case "finished":
      return finished(check, end?.n ?? 0);
    case "failed":
      return problem ? `not available: ${problem.message}` : "not available";
    case "polling":
      return "live, by polling";
    case "loading":
      return "loading…";
    case "reconnecting":
      return "reconnecting…";
    default:
      return connection;
  }
}

/** @param {LogState["check"]} check @param {number} records the end's own among them, as in the range beside it */
function finished(check, records) {
  if (check === "complete") return `complete: ${counted(records, "record")}`;
  if (check === "incomplete") return "incomplete";
  if (check === "checking") return "finished, checking…";
  return check === "unchecked" ? `finished: ${counted(records, "record")}, not checked` : "finished";
}

/** @param {LogState} state */
function empty({ connection, problem }) {
  return connection === "failed" ? (problem?.message ?? "The log is not available.") : "No lines.";
}
