/**
 * ANSI colours and carriage returns in one line of a log.
 *
 * Owns which part of a line a terminal would still show, and in which style. The answer is runs of
 * plain text, never markup: whoever paints them can only make text nodes of them. A line begins in
 * the default style, so that it looks the same wherever reading began. Every escape sequence that is
 * not a colour is dropped, and so is every control character but the tab. An escape sequence that
 * never ends hides nothing: only its introducer is dropped.
 *
 * Does not know records, rows or the page.
 */

/**
 * A palette number (0 to 255), a CSS colour, or null for the default.
 * @typedef {number | string | null} Colour
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
 * @property {boolean} strike
 */

/** @typedef {{text: string, style: Style}} Run */

/** @type {Readonly<Style>} */
export const PLAIN = Object.freeze({
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
});

// In this order: CSI; strings (OSC, DCS, SOS, PM, APC) that are ended; any other escape; controls.
// No two neighbouring classes share a character, so matching takes linear time on hostile input.
const CONTROL = new RegExp(
  [
    "(?:\\u001b\\[|\\u009b)([0-?]*)([ -/]*)([@-~])",
    "(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)",
    "\\u001b[ -/]*[0-~]",
    "[\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f]",
  ].join("|"),
  "g",
);

/** What a single SGR code changes. Colours are worked out in `sgr`. @type {Record<number, Partial<Style>>} */
const CHANGES = {
  0: PLAIN,
  1: { bold: true },
  2: { dim: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
  22: { bold: false, dim: false },
  23: { italic: false },
  24: { underline: false },
  27: { inverse: false },
  29: { strike: false },
  39: { fg: null },
  49: { bg: null },
};

/**
 * The runs of `text`, which begins in `style`.
 * @param {string} text
 * @param {Style} [style]
 * @returns {Run[]}
 */
export function runs(text, style = PLAIN) {
  /** @type {Run[]} */
  const found = [];
  let from = 0;
  for (const match of text.matchAll(CONTROL)) {
    if (match.index > from) found.push({ text: text.slice(from, match.index), style });
    from = match.index + match[0].length;
    style = styleAfter(match, style);
  }
  if (from < text.length) found.push({ text: text.slice(from), style });
  return found;
}

/**
 * What is left of `text` after its carriage returns: the last segment that shows anything, and the
 * style that it begins in. What is cut away leaves one carriage return in its place, so that text
 * put before or after it still folds right.
 * @param {string} text
 * @param {Style} style
 * @returns {{text: string, style: Style}}
 */
export function fold(text, style) {
  const segments = text.split("\r");
  let last = segments.length - 1;
  while (last > 0 && segments[last].replace(CONTROL, "") === "") last--;
  if (last === 0) return { text, style };
  for (const match of segments.slice(0, last).join("\r").matchAll(CONTROL)) {
    style = styleAfter(match, style);
  }
  return { text: `\r${segments.slice(last).join("\r")}`, style };
}

/**
 * A colour as CSS. The sixteen named colours are variables, so that a theme decides.
 * @param {Colour} colour
 * @param {"fg" | "bg"} ground
 * @returns {string | null}
 */
export function css(colour, ground) {
  if (typeof colour !== "number") return colour;
  if (colour < 16) return `var(--ansi-${ground}-${colour})`;
  if (colour >= 232) return grey(8 + 10 * (colour - 232));
  const cube = colour - 16;
  const level = (/** @type {number} */ step) => (step === 0 ? 0 : 55 + 40 * step);
  return `rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`;
}

/** @param {number} level */
function grey(level) {
  return `rgb(${level} ${level} ${level})`;
}

/**
 * @param {RegExpMatchArray} match of CONTROL
 * @param {Style} style
 */
function styleAfter(match, style) {
  const [, parameters, intermediate, final] = match;
  if (final !== "m" || intermediate !== "" || !/^[0-9;:]*$/.test(parameters)) return style;
  return sgr(parameters, style);
}

/**
 * @param {string} parameters of `CSI … m`
 * @param {Style} style
 * @returns {Style}
 */
function sgr(parameters, style) {
  const next = { ...style };
  const codes = parameters.split(";");
  for (let i = 0; i < codes.length; i++) {
    const [code, ...parts] = codes[i].split(":").map(Number);
    if (code === 38 || code === 48 || code === 58) {
      const { colour, used } = parts.length
        ? { colour: extended(parts.length > 4 ? [parts[0], ...parts.slice(2)] : parts).colour, used: 0 }
        : extended(codes.slice(i + 1, i + 5).map(Number));
      i += used;
      if (code === 38 && colour !== null) next.fg = colour;
      if (code === 48 && colour !== null) next.bg = colour;
    } else if (code === 4 && parts[0] === 0) next.underline = false;
    else if (code >= 30 && code <= 37) next.fg = code - 30;
    else if (code >= 40 && code <= 47) next.bg = code - 40;
    else if (code >= 90 && code <= 97) next.fg = code - 82;
    else if (code >= 100 && code <= 107) next.bg = code - 92;
    else Object.assign(next, CHANGES[code]);
  }
  return next;
}

/**
 * The colour that follows 38 or 48: `5;n` of the palette or `2;r;g;b`.
 * @param {number[]} parts
 * @returns {{colour: Colour, used: number}} `used` counts the parameters taken
 */
function extended([kind, ...values]) {
  const byte = (/** @type {number | undefined} */ value) => value !== undefined && value >= 0 && value < 256;
  if (kind === 5) return { colour: byte(values[0]) ? values[0] : null, used: 2 };
  if (kind !== 2) return { colour: null, used: 1 };
  const rgb = values.slice(0, 3);
  return { colour: rgb.length === 3 && rgb.every(byte) ? `rgb(${rgb.join(" ")})` : null, used: 4 };
}
