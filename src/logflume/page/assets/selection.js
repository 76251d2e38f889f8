/**
 * Selection: which lines the reader has selected text in.
 *
 * Within a shadow root each browser tells it in its own way; where none of them works, nothing is
 * selected as far as we know, and a selection lasts as long as its rows are on the screen.
 */

/**
 * The first and the last selected line; null when no text of `root` is selected.
 * @param {ShadowRoot} root
 * @returns {{first: number, last: number} | null}
 */
export function selectedLines(root) {
  const ends = selectionEnds(root);
  if (ends === null) return null;
  const numbers = ends.map(lineOf).filter((n) => n !== undefined);
  return numbers.length === 0 ? null : { first: Math.min(...numbers), last: Math.max(...numbers) };
}

/** @param {ShadowRoot} root @returns {[Node, Node] | null} */
function selectionEnds(root) {
  const own = /** @type {ShadowRoot & {getSelection?: () => Selection | null}} */ (root);
  const selection = own.getSelection?.() ?? document.getSelection();
  if (selection === null || selection.type !== "Range") return null;
  const { anchorNode, focusNode } = selection;
  if (anchorNode !== null && focusNode !== null && root.contains(anchorNode)) return [anchorNode, focusNode];
  const [range] = selection.getComposedRanges?.({ shadowRoots: [root] }) ?? [];
  return range === undefined || range.collapsed ? null : [range.startContainer, range.endContainer];
}

/** @param {Node} node */
function lineOf(node) {
  const element = node instanceof Element ? node : node.parentElement;
  const row = /** @type {HTMLElement | null | undefined} */ (element?.closest(".row"));
  return row?.dataset.n === undefined ? undefined : Number(row.dataset.n);
}
