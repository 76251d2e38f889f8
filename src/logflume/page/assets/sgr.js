/**
 * The style that a terminal writes in, and how SGR (`CSI … m`) changes it.
 *
 * Owns which codes mean what. A style is never changed: a change gives another, and equal styles are
 * the same object as far as MOST_KNOWN reaches, so that runs can be told apart by `===`.
 *
 * Blinking and overlines are not shown, so they are no part of a style. What is hidden (SGR 8) is,
 * because a log must not hide text: whoever paints it says so instead.
 */

/**
 * A number of the palette (0 to 255), TRUE_COLOUR + 0xRRGGBB, or null for the default.
 * @typedef {number | null} Colour
 */

/**
 * @typedef {object} Style
 * @property {Colour} fg
 * @property {Colour} bg
 * @property {boolean} bold
 * @property {boolean} dim
 * @property {boolean} italic
 * @property {boolean} underline
 * @property {boolean} inverse
 * @property {boolean} hidden
 * @property {boolean} strike
 */

export const TRUE_COLOUR = 0x1000000; // above every 0xRRGGBB

// Characters of one sequence's parameters. The longest that mean anything set every attribute and
// two true colours, in about 60; what is longer is junk, and no terminal takes it either.
const LONGEST_PARAMETERS = 256;
// Styles kept to be shared. A rainbow has a few hundred; one that never repeats must not pile up.
const MOST_KNOWN = 4096;
// Of a style, and styles: a program that colours has a dozen of either.
const MOST_REMEMBERED = 256;
// Characters: `1;38;5;208`. True colours are longer, and so many that they would only push others out.
const LONGEST_REMEMBERED = 10;

/** @type {Readonly<Style>} */
export const PLAIN = Object.freeze({
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  hidden: false,
  strike: false,
});

/** What a single code changes. Colours are worked out in `sgr`. @type {Record<number, Partial<Style>>} */
const CHANGES = {
  0: PLAIN,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  8: { hidden: true },
  9: { strike: true },
  21: { underline: true }, // double; some consoles once took it for "not bold"
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  28: { hidden: false },
  29: { strike: false },
  39: { fg: null },
  49: { bg: null },
};

/** @type {Map<string, Style>} */
const known = new Map([[keyOf(PLAIN), PLAIN]]);

/**
 * What sequences made of a style, so that those of a log, which are few, are read once.
 * @type {Map<Style, Map<string, Style>>}
 */
const changed = new Map();

/**
 * The style after `CSI parameters m`. Private forms (`CSI > 4 m`) and what is no number change nothing.
 * @param {string} parameters
 * @param {Style} style
 * @returns {Style}
 */
export function sgr(parameters, style) {
  if (parameters === "" || parameters === "0") return PLAIN;
  if (parameters.length > LONGEST_REMEMBERED) return read(parameters, style);
  let changes = changed.get(style);
  if (changes === undefined) {
    if (changed.size >= MOST_REMEMBERED) changed.clear();
    changed.set(style, (changes = new Map()));
  }
  let next = changes.get(parameters);
  if (next !== undefined) return next;
  if (changes.size >= MOST_REMEMBERED) changes.clear();
  next = read(parameters, style);
  changes.set(parameters, next);
  return next;
}

/** @param {string} parameters @param {Style} style */
function read(parameters, style) {
  if (parameters.length > LONGEST_PARAMETERS || !/^[0-9;:]*$/.test(parameters)) return style;
  const next = { ...style };
  const codes = parameters.split(";");
  for (let i = 0; i < codes.length; i++) {
    const code = Number(codes[i]);
    if (code === 38 || code === 48 || code === 58) {
      const { colour, used } = colourOf(codes.slice(i + 1, i + 5).map(Number));
      i += used;
      paint(next, code, colour);
    } else if (Number.isNaN(code)) withColons(next, codes[i].split(":").map(Number));
    else if (code >= 30 && code <= 37) next.fg = code - 30;
    else if (code >= 40 && code <= 47) next.bg = code - 40;
    else if (code >= 90 && code <= 97) next.fg = code - 82;
    else if (code >= 100 && code <= 107) next.bg = code - 92;
    else Object.assign(next, CHANGES[code]);
  }
  return shared(next);
}

/**
 * One parameter with parts: `4:3` (a curly line), `38:5:n`, `38:2:r:g:b`, `38:2:<colour space>:r:g:b`.
 * @param {Style} style that is being made @param {number[]} parts
 */
function withColons(style, [code, kind, ...values]) {
  if (code === 4) style.underline = kind !== 0;
  else paint(style, code, colourOf([kind, ...(kind === 2 && values.length > 3 ? values.slice(1) : values)]).colour);
}

/** @param {Style} style that is being made @param {number} code @param {Colour} colour null for none that exists */
function paint(style, code, colour) {
  if (colour !== null && code === 38) style.fg = colour;
  if (colour !== null && code === 48) style.bg = colour;
}

/**
 * The colour that follows 38 or 48: `5;n` of the palette or `2;r;g;b`.
 * @param {number[]} parts
 * @returns {{colour: Colour, used: number}} null for none that exists; `used` counts the parameters taken
 */
function colourOf([kind, first, second, third]) {
  if (kind === 5) return { colour: first <= 255 ? first : null, used: 2 };
  if (kind !== 2) return { colour: null, used: 1 };
  const exists = first <= 255 && second <= 255 && third <= 255;
  return { colour: exists ? TRUE_COLOUR + first * 0x10000 + second * 0x100 + third : null, used: 4 };
}

/** The one object for styles like this. @param {Style} style @returns {Style} */
function shared(style) {
  const key = keyOf(style);
  const same = known.get(key);
  if (same !== undefined) return same;
  if (known.size >= MOST_KNOWN) {
    known.clear();
    known.set(keyOf(PLAIN), PLAIN);
  }
  known.set(key, style);
  return style;
}

/** @param {Style} style */
function keyOf({ fg, bg, bold, dim, italic, underline, inverse, hidden, strike }) {
  const bits =
    +bold + 2 * +dim + 4 * +italic + 8 * +underline + 16 * +inverse + 32 * +hidden + 64 * +strike;
  return `${fg} ${bg} ${bits}`;
}
