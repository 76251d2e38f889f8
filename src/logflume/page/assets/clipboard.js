/**
 * Putting text on the clipboard, also where the browser's own way is closed: it is, on a server
 * that is reached over plain HTTP by a name other than localhost.
 */

import { make } from "./dom.js";

/**
 * Copy `text`; false if the browser does not let us.
 * @param {string} text @param {ShadowRoot | Document} root where the focus is
 */
export async function copy(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text, root);
  }
}

/** @param {string} text @param {ShadowRoot | Document} root */
function copyByHand(text, root) {
  const focused = /** @type {HTMLElement | null} */ (root.activeElement);
  const field = make("textarea", { className: "clipboard", value: text, readOnly: true, "aria-hidden": "true" });
  (root instanceof Document ? root.body : root).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus({ preventScroll: true });
  return copied;
}
