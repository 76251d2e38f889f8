/**
 * Row: the element of one line.
 *
 * Owns how a line looks: its number, which is a link to it, the mark of its stream or level, its
 * text. Text from the log reaches the page in text nodes only, and addresses only through links.js,
 * which lets nothing but the web pass. What could make one row cost more than a frame is bounded
 * here: runs by ansi.js, marks and links below.
 */

import { make } from "./dom.js";
import { absolute, counted, dateFormat } from "./format.js";
import { paint } from "./text.js";

/** @typedef {import("./data.js").Row} Row */
/** @typedef {import("./dress.js").Dress} Dress */

/** What stands beside a line of a level, in at most five letters. @type {[string, string[]][]} */
const WORDS = [
  ["fatal", ["fatal", "critical", "alert", "emergency", "panic"]],
  ["error", ["error", "err"]],
  ["warn", ["warning", "warn"]],
  ["note", ["notice"]],
  ["debug", ["debug", "trace"]],
];
const LEVELS = new Map(WORDS.flatMap(([word, levels]) => levels.map((level) => [level, word])));

/** The time of the day, where the reader is. */
const clock = dateFormat("en", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23",
});

// GitLab's marker of a section: the rest of its line is text like any other.
const SECTION = /(?:\x1b\[0K)?section_(?:start|end):\d+:[\w.-]+(?:\[[^\]]*\])?\r\x1b\[0K/g;

/**
 * @param {Row} row @param {Dress} dress
 * @param {(row: Row) => string} address of the line's raw text
 */
export function rowElement(row, dress, address) {
  const { n, kind, stream, level } = row;
  const element = make("div", { className: "row", part: "row" }, numberOf(row));
  element.dataset.n = String(n);
  if (kind !== undefined) element.dataset.kind = kind;
  else if (stream !== undefined) element.dataset.stream = stream;
  const mark = markOf(row);
  if (level !== undefined && mark !== "err") element.dataset.level = mark;
  if (dress.times) element.append(make("time", { className: "time", part: "time", dateTime: row.time }, clock(row.time)));
  element.append(make("span", { className: "mark", part: "mark" }, mark));
  const decorations = dress.decorations(row);
  for (const { className, before = [] } of decorations) {
    if (className) element.classList.add(...className.split(/\s+/));
    element.append(...before);
  }
  element.append(textOf(row, dress, address));
  for (const { after = [] } of decorations) element.append(...after);
  return element;
}

/**
 * The place of a line that has not come yet, or that never did.
 * @param {number} n @param {boolean} missing
 */
export function placeholder(n, missing) {
  const number = make("a", { className: "number", part: "number", id: `L${n}`, href: `#L${n}`, tabIndex: -1 }, String(n));
  const text = make("span", { className: "text" }, missing ? "this line did not arrive" : null);
  const element = make("div", { className: `row ${missing ? "missing" : "coming"}`, part: "row" },
    number, make("span", { className: "mark" }), text);
  element.dataset.n = String(n);
  return element;
}

/** @param {Row} row */
function numberOf({ n, last, records, time }) {
  // Out of the order of the Tab key, which would stop at every line of the screen.
  const number = make("a", { className: "number", part: "number", id: `L${n}`, href: `#L${n}`, tabIndex: -1 }, String(n));
  const which = records > 1 ? `${records === last - n + 1 ? "" : `${records} of `}records ${n}–${last}` : "";
  if (which) number.setAttribute("aria-label", which);
  // Few numbers are ever pointed at, and to write the time of every row costs half as much as the row.
  number.addEventListener("pointerenter", () => {
    number.title = which ? `${which} · ${absolute(time)}` : absolute(time);
  }, { once: true });
  return number;
}

/** @param {Row} row */
function markOf({ kind, level, stream }) {
  if (kind !== undefined) return "";
  return LEVELS.get((level ?? "").toLowerCase()) ?? (stream === "stderr" ? "err" : "");
}

/**
 * @param {Row} row @param {Dress} dress @param {(row: Row) => string} address
 */
function textOf(row, dress, address) {
  const text = make("span", { className: "text", part: "text" });
  paint(text, shown(row), dress.pattern);
  if (row.cut === 0) return text;
  const more = make("a", { href: address(row), target: "_blank", rel: "noopener" }, "in the raw text");
  text.append(make("span", { className: "cut" }, `… ${counted(row.cut, "more character")} `, more));
  return text;
}

/** What is shown of the row's text; markers say in words what they mean. @param {Row} row */
function shown({ kind, text, record }) {
  const { status, exit_code, lines, group } = record;
  if (kind === "status") return `status: ${status}`;
  if (kind === "end") {
    const exit = exit_code === null || exit_code === undefined ? "" : ` · exit code ${exit_code}`;
    return `end: ${status}${exit} · ${counted(lines ?? 0, "record")} before it`;
  }
  if (kind !== "group") return text || (kind ?? "");
  if (record.open) return group ?? "";
  return text.replace(SECTION, "").replace(/^::endgroup::|^##\[endgroup\]|^\^\^\^ \+\+\+/i, "");
}
