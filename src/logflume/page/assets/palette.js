/**
 * The colours of a terminal as numbers: what can be computed with, where variables of CSS cannot.
 *
 * Owns the 256 of the palette, contrast, and how far a colour must move to be read on another. The
 * first sixteen are those of ansi-colours.css, for both themes; a test holds the two together.
 */

import { TRUE_COLOUR } from "./sgr.js";

/** Red, green and blue, 0 to 255. @typedef {[number, number, number]} Rgb */

/**
 * @typedef {object} Theme
 * @property {Rgb} ink of text that has no colour
 * @property {Rgb} ground of a row that has none
 * @property {Rgb[]} inks the sixteen colours as text
 * @property {Rgb[]} grounds the same behind text
 * @property {number} least contrast on `ground`; on rows that are tinted 4.5 (WCAG AA) is left of it
 */

export const LEAST_CONTRAST = 4.5; // WCAG AA for text of this size
const STEP = 1 / 32; // of the way to black or white: finer than the eye tells colours apart

/** @type {Theme} */
export const LIGHT = {
  ink: rgb("1b2422"),
  ground: rgb("ffffff"),
  inks: all("1b2422 b3261e 1a7340 7a5900 1d5fbf 8a3a9c 0b6e7d 57625f", "66706d c5362c 1c7a3a 876300 2468cc a044b4 0f7787 35403d"),
  grounds: all("e3e8e6 ffdfdb d9f2e0 fcefc4 dde9fd f5e0f9 d5f1f5 eef1f0", "d8dedb ffd3cd c9ecd3 fbe7a6 cfe0fb f0d3f6 c3eaf0 f4f6f5"),
  least: 5.1,
};

/** @type {Theme} */
export const DARK = {
  ink: rgb("d6dedb"),
  ground: rgb("0c100f"),
  inks: all("98a3a0 ff8f85 6fcf8f e0b44c 7db2ff d99aea 5ccbdb c4cdca", "8b9894 ffa69e 8fe0a8 f2cd74 9dc5ff e6b5f2 86dfeb f3f7f5"),
  grounds: all("1d2422 4a1c18 143a22 42340c 162f57 3f1f4a 0d3a41 37413e", "2b3432 5e231d 1a4a2b 54430f 1c3c6f 50285d 124a53 46524e"),
  least: 5.7,
};

/**
 * A colour from 16 on, which is the same in every theme.
 * @param {number} colour as in a style
 * @returns {Rgb}
 */
export function exact(colour) {
  if (colour >= TRUE_COLOUR) return [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];
  const grey = 8 + 10 * (colour - 232);
  if (colour >= 232) return [grey, grey, grey];
  const cube = colour - 16;
  const level = (/** @type {number} */ step) => (step === 0 ? 0 : 55 + 40 * step);
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

/** From 1 to 21, as WCAG defines it. @param {Rgb} one @param {Rgb} other */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * `ink` itself if it can be read on `ground`, or the nearest to it on the way to black or white.
 * @param {Rgb} ink @param {Rgb} ground @param {number} least contrast
 * @returns {Rgb}
 */
export function readable(ink, ground, least) {
  if (contrast(ink, ground) >= least) return ink;
  /** @type {Rgb[]} */
  const ends = [[0, 0, 0], [255, 255, 255]];
  const end = contrast(ends[0], ground) > contrast(ends[1], ground) ? ends[0] : ends[1];
  for (let part = STEP; part < 1; part += STEP) {
    const nearer = mixed(ink, end, part);
    if (contrast(nearer, ground) >= least) return nearer;
  }
  return end;
}

/** @param {Rgb} one @param {Rgb} other @param {number} part of the other @returns {Rgb} */
export function mixed(one, other, part) {
  const at = (/** @type {number} */ i) => Math.round(one[i] + (other[i] - one[i]) * part);
  return [at(0), at(1), at(2)];
}

/** @param {Rgb} colour */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} hex @returns {Rgb} */
function rgb(hex) {
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The eight colours, then the eight bright ones. @param {...string} hexes */
function all(...hexes) {
  return hexes.join(" ").split(" ").map(rgb);
}
