/**
 * Text: what a line shows, as nodes, with its links and what is searched for.
 *
 * Links and matches are found in the text of all runs together, since a colour may change within
 * either; each run is cut where one of them begins or ends. Nothing but text nodes, spans, marks and
 * links of the web is made.
 */

import { PLAIN, render } from "./ansi.js";
import { look } from "./colours.js";
import { make } from "./dom.js";
import { linked, links } from "./links.js";

/** @typedef {import("./ansi.js").Run} Run */
/** @typedef {import("./links.js").Link} Link */
/** @typedef {{start: number, end: number}} Span */

// A pattern is tried on the main thread: beyond this a line is read for its length, not for a hit.
const SEARCHED_CHARS = 20_000;
const MOST_MATCHES = 200; // in one line; more would only paint it all
// Characters, wider than any screen: a longer line is made of parts, of which the browser lays out
// those that are on the screen. Sixty lines of a hundred thousand characters took it 400 ms.
const PART_CHARS = 4000;

/**
 * Fill `element` with what `raw` shows.
 * @param {HTMLElement} element @param {string} raw the text of one line @param {RegExp | null} pattern
 */
export function paint(element, raw, pattern) {
  const { runs, more } = render(raw);
  const text = runs.map((run) => run.text).join("");
  const anchors = new Spans(linksOf(runs, text));
  const matches = new Spans(pattern === null ? [] : matchesOf(text, pattern));
  let parent = element; // of what comes next: the line, a part of it, or a link in either
  /** @type {Link | undefined} */
  let link;
  let part = text.length > PART_CHARS ? 0 : Infinity; // where the next part begins
  let holder = element;
  let start = 0; // of the run
  for (const run of runs) {
    const end = start + run.text.length;
    for (let from = start, to = from; from < end; from = to) {
      if (from === part) {
        element.append((holder = parent = make("span", { className: "part" })));
        link = undefined;
        part += PART_CHARS;
      }
      to = Math.min(end, part, anchors.edgeAfter(from), matches.edgeAfter(from));
      const over = anchors.over(from);
      if (over !== link) parent = over === undefined ? holder : anchor(over, holder);
      link = over;
      const piece = styled(run.text.slice(from - start, to - start), run);
      parent.append(matches.over(from) === undefined ? piece : make("mark", { part: "match" }, piece));
    }
    start = end;
  }
  if (more) element.append(make("i", { className: "cut" }, " … the colours of the rest are left out"));
}

/** @param {string} text @param {Run} run that it is a part of */
function styled(text, { style, text: whole }) {
  if (style === PLAIN) return document.createTextNode(text);
  const { className, color, background, title } = look(style, whole);
  const span = make("span", { className }, text);
  if (color) span.style.color = color;
  if (background) span.style.backgroundColor = background;
  if (title) span.title = title;
  return span;
}

/** @param {Link} link @param {HTMLElement} element */
function anchor({ href, title }, element) {
  const anchor = make("a", { className: "link", href, target: "_blank", rel: "noopener noreferrer" });
  if (title) anchor.title = title;
  element.append(anchor);
  return anchor;
}

/**
 * The links that the program made, and between them those that its text has.
 * @param {Run[]} runs @param {string} text
 */
function linksOf(runs, text) {
  /** @type {Link[]} */
  const made = [];
  let start = 0;
  for (const run of runs) {
    const end = start + run.text.length;
    const link = run.href === undefined ? null : linked(run.href);
    if (link !== null) made.push({ start, end, ...link });
    start = end;
  }
  const found = links(text);
  if (made.length === 0) return found;
  const free = found.filter((link) => !made.some(({ start, end }) => start < link.end && link.start < end));
  return [...made, ...free].sort((one, other) => one.start - other.start);
}

/** @param {string} text @param {RegExp} pattern global */
function matchesOf(text, pattern) {
  /** @type {Span[]} */
  const found = [];
  for (const match of text.slice(0, SEARCHED_CHARS).matchAll(pattern)) {
    if (match[0] === "") continue;
    found.push({ start: match.index, end: match.index + match[0].length });
    if (found.length === MOST_MATCHES) break;
  }
  return found;
}

/**
 * Spans in order, none over another, asked for places that only grow.
 * @template {Span} T
 */
class Spans {
  #spans;
  #at = 0;

  /** @param {T[]} spans */
  constructor(spans) {
    this.#spans = spans;
  }

  /** The span over this place. @param {number} place @returns {T | undefined} */
  over(place) {
    while (this.#at < this.#spans.length && this.#spans[this.#at].end <= place) this.#at++;
    const span = this.#spans[this.#at];
    return span !== undefined && span.start <= place ? span : undefined;
  }

  /** Where the span over this place ends, or the next begins. @param {number} place */
  edgeAfter(place) {
    return this.over(place)?.end ?? this.#spans[this.#at]?.start ?? Infinity;
  }
}
