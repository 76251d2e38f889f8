/**
 * How a style of the terminal looks on the page: classes and colours.
 *
 * Owns that what a program colours can be read, whatever its colours are and in either theme. The
 * sixteen named colours are variables, which a theme or an embedding page decides. Any other is used
 * as it is where it can be read on its ground, and moved towards black or white until it can where
 * it cannot: black on dark, white on light, yellow on white. What is drawn with blocks (▀▄█) is a
 * picture and keeps its colours. Nothing has less than the contrast of WCAG AA, dimmed text included,
 * and hidden text is shown: dimmed, with a line below it, and a title that says so.
 */

import { contrast, DARK, exact, LEAST_CONTRAST, LIGHT, mixed, readable } from "./palette.js";

/** @typedef {import("./sgr.js").Style} Style */
/** @typedef {import("./palette.js").Theme} Theme */
/** @typedef {import("./palette.js").Rgb} Rgb */

/**
 * @typedef {object} Look
 * @property {string} className
 * @property {string | null} color as CSS; null for that of the text around
 * @property {string | null} background the same
 * @property {string} [title]
 */

const CLASSES = /** @type {const} */ (["bold", "dim", "italic", "underline", "strike"]);
const NAMED = 16; // colours that a theme decides
const DIMMED = 0.35; // part of the ground in dimmed text
const PICTURE = /^[\s\u2580-\u259f\u{1fb00}-\u{1fb3b}\u{1fb70}-\u{1fb8b}]*$/u;

/** @type {WeakMap<Style, Look>} */
const ofText = new WeakMap();
/** @type {WeakMap<Style, Look>} */
const ofPictures = new WeakMap();

/**
 * @param {Style} style
 * @param {string} [text] that is written in it
 * @returns {Look}
 */
export function look(style, text = "") {
  const picture = style.fg !== null && text !== "" && PICTURE.test(text);
  const known = picture ? ofPictures : ofText;
  const same = known.get(style);
  if (same !== undefined) return same;
  const worked = { ...coloured(style, picture), ...classes(style) };
  known.set(style, worked);
  return worked;
}

/** @param {Style} style */
function classes(style) {
  /** @type {string[]} */
  const names = CLASSES.filter((name) => style[name]);
  if (!style.hidden) return { className: names.join(" ") };
  return { className: [...names, "concealed"].join(" "), title: "hidden by the program that wrote it" };
}

/**
 * @param {Style} style @param {boolean} picture
 * @returns {{color: string | null, background: string | null}}
 */
function coloured(style, picture) {
  const { fg, bg, inverse } = style;
  const dim = style.dim || style.hidden;
  const background = inverse ? (ink(fg) ?? "var(--log-fg)") : ground(bg);
  if (picture || (!dim && asIntended(style))) {
    return { color: inverse ? (ground(bg) ?? "var(--log-bg)") : ink(fg), background };
  }
  if (dim && !inverse && fg === null && bg === null) return { color: "var(--log-quiet)", background };
  return { color: both(inked(style, LIGHT), inked(style, DARK)), background };
}

/** Whether the colours can be read in both themes as they are. @param {Style} style */
function asIntended(style) {
  return [LIGHT, DARK].every((theme) => {
    const { over, under, least } = pair(style, theme);
    return contrast(over, under) >= least;
  });
}

/** The colour of the text in one theme. @param {Style} style @param {Theme} theme */
function inked(style, theme) {
  const { over, under, least } = pair(style, theme);
  // Text without a colour on a ground that has one may as well be the other theme's.
  const free = style.fg === null && !style.inverse && contrast(over, under) < least;
  const front = free ? furthest([LIGHT.ink, DARK.ink], under) : over;
  return readable(style.dim || style.hidden ? mixed(front, under, DIMMED) : front, under, least);
}

/** @param {Rgb[]} colours @param {Rgb} from */
function furthest(colours, from) {
  return colours.reduce((one, other) => (contrast(other, from) > contrast(one, from) ? other : one));
}

/** What is over what, as colours. @param {Style} style @param {Theme} theme */
function pair({ fg, bg, inverse }, theme) {
  const front = fg === null ? theme.ink : fg < NAMED ? theme.inks[fg] : exact(fg);
  const back = bg === null ? theme.ground : bg < NAMED ? theme.grounds[bg] : exact(bg);
  const least = bg === null && !inverse ? theme.least : LEAST_CONTRAST;
  return inverse ? { over: back, under: front, least } : { over: front, under: back, least };
}

/** @param {import("./sgr.js").Colour} colour of text */
function ink(colour) {
  if (colour === null) return null;
  return colour < NAMED ? `var(--ansi-fg-${colour})` : css(exact(colour));
}

/** @param {import("./sgr.js").Colour} colour behind text */
function ground(colour) {
  if (colour === null) return null;
  return colour < NAMED ? `var(--ansi-bg-${colour})` : css(exact(colour));
}

/** @param {Rgb} light @param {Rgb} dark */
function both(light, dark) {
  return css(light) === css(dark) ? css(light) : `light-dark(${css(light)}, ${css(dark)})`;
}

/** @param {Rgb} colour */
function css([red, green, blue]) {
  return `rgb(${red} ${green} ${blue})`;
}
