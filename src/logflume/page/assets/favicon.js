/**
 * The sign in the browser's tab: how the open deployment stands, by shape and colour.
 */

const DRAWN = ["queued", "running", "succeeded", "failed", "cancelled"];

/** @param {string} status */
export function showFavicon(status) {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=icon]"));
  if (link === null) return;
  const name = DRAWN.includes(status) ? `favicon-${status}` : "favicon";
  const address = new URL(`${name}.svg`, import.meta.url).href;
  if (link.href !== address) link.href = address;
}
