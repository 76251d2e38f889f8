/**
 * What a terminal would show of one line of a log: runs of text, each in one style.
 *
 * Owns which control characters and escape sequences do something on a line, and which leave no
 * trace. The answer is text and never markup: whoever paints it can only make text nodes of it. A
 * line begins in the default style, so that it looks the same wherever reading began.
 *
 * A log must not hide what was written into it. So an escape sequence that never ends takes away
 * only its introducer; sequences that leave the line (cursor up, clear screen) do nothing, lest text
 * be overwritten that a terminal shows on another line; control characters that no terminal shows
 * are pictures here (␀), and bidi overrides, which can make a line read as another, are �. C1
 * controls are � too: what has them is almost always text that was decoded twice, and as controls
 * they would swallow it. Only what the line itself overwrites or erases is gone.
 *
 * Linear in the text, whatever it holds. Does not know records, rows or the page.
 */

import { Cells } from "./cells.js";
import { webAddress } from "./links.js";
import { Runs } from "./runs.js";
import { PLAIN, sgr } from "./sgr.js";

export { PLAIN };

/** @typedef {import("./sgr.js").Style} Style */
/** @typedef {import("./runs.js").Run} Run */
/** @typedef {import("./runs.js").Pen} Pen */
/** Forward, back, to a column, erase. @typedef {"C" | "D" | "G" | "K"} Move */

// In this order: CSI; strings (OSC, DCS, SOS, PM, APC) that are ended; any other escape; what
// moves back; other controls. No two neighbouring classes share a character and none goes on past an escape, so that
// matching takes linear time on hostile input.
const CONTROL = new RegExp(
  [
    "\\u001b\\[([0-?]*)([ -/]*)([@-~])",
    "\\u001b([\\]PX^_])([^\\u0007\\u0018\\u001a\\u001b]*)(?:\\u0007|\\u001b\\\\)",
    "\\u001b[ -/]*[0-~]",
    "[\\b\\r\\u001b]",
    "[\\u0000-\\u0007\\u000a-\\u000c\\u000e-\\u001a\\u001c-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e]{1,1000}",
  ].join("|"),
  "g",
);
/** What moves the cursor on its line, or erases. @type {Record<string, Move | undefined>} */
const MOVES = { C: "C", a: "C", D: "D", G: "G", "`": "G", K: "K" };

const ANY_CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;
const ANY_SURROGATE = /[\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Surrogate}/gu;

// They do nothing that is seen: bell, and the shifts that `tput sgr0` ends with.
const SILENT = "\u0007\u000e\u000f";
const PICTURES = 0x2400; // the control pictures, in the order of the controls
const DELETE_PICTURE = "\u2421";
const NEW_LINE_PICTURE = "\u2424";
const REPLACEMENT = "\ufffd";

/**
 * The runs that `text` shows, and the style after it. `more`: there were more than are kept
 * apart, and the last run is all the rest, in no style.
 * @param {string} text one line
 * @param {Style} [style] in which it begins
 * @returns {{runs: Run[], style: Style, more: boolean}}
 */
export function render(text, style = PLAIN) {
  if (ANY_SURROGATE.test(text)) text = text.replace(LONE_SURROGATE, REPLACEMENT);
  if (!ANY_CONTROL.test(text)) return { runs: text === "" ? [] : [{ text, style }], style, more: false };
  text = text.replace(/\r+$/, "");
  return onward(text, style) ?? overwritten(text, style);
}

/** The text that the runs of `text` show. @param {string} text */
export function plain(text) {
  return ANY_CONTROL.test(text) || ANY_SURROGATE.test(text) ? render(text).runs.map((run) => run.text).join("") : text;
}

/**
 * A line that only ever goes on; null if its cursor moves back over what it wrote.
 * @param {string} text @param {Style} style
 */
function onward(text, style) {
  const runs = new Runs();
  const end = play(text, style, (shown, pen) => runs.add(shown, pen), (move, count) => {
    // At the end of the line there is nothing left to erase; at its start, nothing to go back to.
    if (move === "K" && count === 0) return true;
    return runs.list.length === 0 && (move === "K" || move === "D" || (move === "G" && count <= 1));
  });
  return end && { runs: runs.list, style: end, more: runs.more };
}

/** A line that overwrites itself. @param {string} text @param {Style} style */
function overwritten(text, style) {
  const cells = new Cells();
  const runs = new Runs();
  const end = play(text, style, (shown, pen) => cells.write(shown, pen), (move, count) => {
    if (move === "K") cells.erase(count);
    else if (move === "G") cells.moveTo(Math.max(1, count) - 1);
    else cells.move(move === "C" ? Math.max(1, count) : -Math.max(1, count));
    return true;
  });
  cells.addTo(runs);
  return { runs: runs.list, style: end ?? style, more: runs.more };
}

/**
 * Read `text` as a terminal does: `write` what shows, `act` on what moves or erases.
 * @param {string} text
 * @param {Style} style
 * @param {(shown: string, pen: Pen) => void} write
 * @param {(move: Move, count: number) => boolean} act false to give up
 * @returns {Style | null} the style at the end; null if given up
 */
function play(text, style, write, act) {
  /** @type {Pen} */
  let pen = { style, href: undefined };
  let from = 0;
  CONTROL.lastIndex = 0;
  for (let match; (match = CONTROL.exec(text)) !== null; ) {
    if (match.index > from) write(text.slice(from, match.index), pen);
    from = CONTROL.lastIndex;
    const [sequence, parameters, intermediate, final, string, content] = match;
    if (final === "m") {
      if (intermediate === "") pen = styled(pen, sgr(parameters, pen.style));
    } else if (final !== undefined) {
      const move = intermediate === "" && /^[0-9;]*$/.test(parameters) ? MOVES[final] : undefined;
      if (move !== undefined && !act(move, Number.parseInt(parameters) || 0)) return null;
    } else if (string !== undefined) {
      if (string === "]") pen = linked(pen, content);
    } else if (sequence === "\r" || sequence === "\b") {
      if (!act(sequence === "\r" ? "G" : "D", 1)) return null;
    } else if (sequence === "\u001bc") pen = styled(pen, PLAIN);
    else if (sequence[0] !== "\u001b") write(pictures(sequence), pen);
  }
  if (from < text.length) write(text.slice(from), pen);
  return pen.style;
}

/** What stands for control characters that do nothing here. @param {string} controls */
function pictures(controls) {
  return Array.from(controls, picture).join("");
}

/** @param {string} control */
function picture(control) {
  const code = control.charCodeAt(0);
  if (SILENT.includes(control)) return "";
  if (code < 0x20) return String.fromCharCode(PICTURES + code);
  if (control === "\u007f") return DELETE_PICTURE;
  return control === "\u2028" || control === "\u2029" ? NEW_LINE_PICTURE : REPLACEMENT;
}

/** @param {Pen} pen @param {Style} style @returns {Pen} */
function styled(pen, style) {
  return style === pen.style ? pen : { ...pen, style };
}

/**
 * The pen after an operating system command: number 8 begins or ends a link, others do nothing.
 * @param {Pen} pen @param {string} command
 * @returns {Pen}
 */
function linked(pen, command) {
  const link = /^8;[^;]*;(.*)$/s.exec(command);
  return link ? { ...pen, href: webAddress(link[1]) } : pen;
}
