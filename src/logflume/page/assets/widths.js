/**
 * How many columns of a terminal a character takes: none, one or two.
 *
 * Owns the question only as far as a line needs it whose cursor moves. Marks come from the browser's
 * own Unicode tables; East Asian width does not, so its ranges stand here, by whole blocks. A block
 * that a newer Unicode makes wide is at worst off by a column after a carriage return.
 */

// Marks, joiners, variation selectors and the vowels and finals that make up a Hangul syllable.
// A soft hyphen is a format character too, but a terminal shows it.
const NONE = /^(?!\u00ad)[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]/u;

const WIDE = new RegExp(
  "^[" +
    "\\u1100-\\u115f" + // Hangul initials
    "\\u2329\\u232a\\u2e80-\\u303e\\u3041-\\u33ff" + // brackets, radicals, kana and what stands among them
    "\\u3400-\\u4dbf\\u4e00-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3\\uf900-\\ufaff" + // Han, Yi, Hangul
    "\\ufe10-\\ufe19\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6" + // vertical and full-width forms
    "\\u{16fe0}-\\u{18dff}\\u{1aff0}-\\u{1b2ff}\\u{1f200}-\\u{1f265}" + // Tangut, Khitan, kana, squared
    "\\u{20000}-\\u{3fffd}" + // Han
    "\\p{Emoji_Presentation}" +
    "]",
  "u",
);

/** @param {string} character one code point */
export function width(character) {
  if (character < "\u0300") return 1; // nothing below it is a mark or wide
  if (NONE.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
