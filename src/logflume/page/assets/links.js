/**
 * Links in a line of a log: addresses in its text, and those that a program put behind it (OSC 8).
 *
 * Owns what may be opened: http and https, nothing else, and only what the browser itself can read
 * as such an address. An address in the text ends where its sentence or its bracket does. What a
 * link says and where it leads may differ; then its title tells where.
 *
 * Linear in the text, whatever it holds. Does not make elements.
 */

/** @typedef {{start: number, end: number, href: string, title?: string}} Link */

// Characters. Servers and proxies refuse longer ones; a longer one in a log is data, not an address.
const LONGEST_ADDRESS = 8192;
// A line with more links than a person follows is a listing; the rest of it stays text.
const MOST_LINKS = 500;

// Deeper brackets are no address; a line of nothing but brackets must not be walked again for each.
const DEEPEST_BRACKETS = 20;

const BEGIN = /(?<![a-z0-9])https?:\/\//giu;
// What an address in a text is made of, but for brackets, which belong to it in pairs. Spaces and
// invisible characters end it (nobody sees that they are in it), quotation marks and brackets of any
// script, punctuation of full width, and what stands for characters that do not show.
const PART =
  /[^\s\p{C}\p{Pi}\p{Pf}\p{Ps}\p{Pe}"'`<>\\|^\u2026\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\ufffd\u2400-\u2426]+/uy;
/** @type {Record<string, string | undefined>} */
const CLOSES = { "(": ")", "[": "]", "{": "}" };
const SENTENCE_END = ".,:;!?*";
// Scripts without spaces: a name in Latin letters ends where they go on.
const LATIN_HOST =
  /^https?:\/\/[a-z0-9.-]+(?::\d+)?(?=[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}])/iu;

/**
 * The addresses in a text without control characters.
 * @param {string} text
 * @returns {Link[]} from left to right, none within another
 */
export function links(text) {
  /** @type {Link[]} */
  const found = [];
  BEGIN.lastIndex = 0;
  for (let tries = 0, match; tries < MOST_LINKS && (match = BEGIN.exec(text)) !== null; tries++) {
    const start = match.index;
    const end = endOf(text, start);
    const href = webAddress(text.slice(start, Math.min(end, start + LONGEST_ADDRESS + 1)));
    if (href !== undefined) found.push({ start, end, href, ...warning(href) });
    BEGIN.lastIndex = Math.max(BEGIN.lastIndex, end);
  }
  return found;
}

/**
 * The address as the browser reads it, if it is one of the web.
 * @param {string} address
 * @returns {string | undefined}
 */
export function webAddress(address) {
  if (address.length > LONGEST_ADDRESS || !/^https?:\/\//i.test(address)) return undefined;
  try {
    const { protocol, href } = new URL(address);
    return protocol === "https:" || protocol === "http:" ? href : undefined;
  } catch {
    return undefined; // an address only by its first letters
  }
}

/**
 * A link that a program put behind its text. Where it leads is always told, since the text may name
 * another place.
 * @param {string} address
 * @returns {{href: string, title: string} | null} null if it does not lead to the web
 */
export function linked(address) {
  const href = webAddress(address);
  return href === undefined ? null : { href, title: `leads to ${href}` };
}

/**
 * What must be told of an address that anyone can read: that its host is written in letters that
 * look like others, or that it stands behind a name (`https://bank.example@elsewhere.example`).
 * @param {string} href
 * @returns {{title?: string}}
 */
function warning(href) {
  const { hostname, username } = new URL(href);
  return hostname.includes("xn--") || username !== "" ? { title: `leads to ${hostname}` } : {};
}

/**
 * Where the address that begins at `start` ends: before the first bracket that has no partner in it,
 * and before the punctuation of its sentence.
 * @param {string} text @param {number} start
 */
function endOf(text, start) {
  /** Brackets that wait for their partners. @type {{at: number, closing: string}[]} */
  const open = [];
  let end = start;
  while (open.length < DEEPEST_BRACKETS) {
    PART.lastIndex = end;
    if (PART.test(text)) end = PART.lastIndex;
    const closing = CLOSES[text[end]];
    if (closing !== undefined) open.push({ at: end, closing });
    else if (open.length === 0 || text[end] !== open[open.length - 1].closing) break;
    else open.pop();
    end++;
  }
  end = open.length > 0 ? open[0].at : end;
  while (SENTENCE_END.includes(text[end - 1])) end--;
  return start + (LATIN_HOST.exec(text.slice(start, Math.min(end, start + LONGEST_ADDRESS)))?.[0].length ?? end - start);
}
