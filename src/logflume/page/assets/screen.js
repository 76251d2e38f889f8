/**
 * Screen: how large the visible part of a viewer is, and a row of text in it.
 *
 * Sizes are measured when they may have changed (a window's, a font's, a zoom's) and not while
 * scrolling. It also keeps the canvas as wide as the widest line that has been on the screen since
 * the reader scrolled sideways: or the lines would jump back under his eyes.
 */

/** @typedef {import("./frame.js").Frame} Frame */

export class Screen {
  /** In whole pixels, because the browser scrolls by whole ones; 0 until the styles are there. */
  height = 0;
  /** The height of a row of text, in pixels. */
  row = 0;
  /** How many characters of a wrapped line go into a row, about. */
  columns = 80;
  #frame;
  #changed;
  #widest = 0;
  #sizes;

  /** @param {Frame} frame @param {() => void} changed */
  constructor(frame, changed) {
    this.#frame = frame;
    this.#changed = changed;
    this.#sizes = new ResizeObserver((entries) => {
      // Of what is between the scroll bars; `clientHeight` would be rounded up.
      const box = entries.find(({ target }) => target === frame.screen)?.contentRect;
      this.#measure(Math.floor(box?.height ?? this.height));
    });
    frame.screen.addEventListener("scroll", () => this.keepWidth(), { passive: true });
    frame.styled.then(() => {
      for (const element of [frame.screen, frame.probe]) this.#sizes.observe(element);
    });
  }

  close() {
    this.#sizes.disconnect();
  }

  /** How many rows of text fill the screen. */
  get rows() {
    return Math.ceil(this.height / this.row);
  }

  /** The lines may have become wider, or the reader may have scrolled sideways. */
  keepWidth() {
    const { screen, canvas, rows } = this.#frame;
    if (screen.scrollLeft === 0 && this.#widest === 0) return;
    const widest = screen.scrollLeft === 0 ? 0 : Math.max(this.#widest, rows.scrollWidth);
    if (widest !== this.#widest) canvas.style.minWidth = widest ? `${widest}px` : "";
    this.#widest = widest;
  }

  /** @param {number} height */
  #measure(height) {
    const { screen, layer, probe } = this.#frame;
    const box = probe.getBoundingClientRect();
    this.height = height;
    this.row = box.height;
    this.columns = Math.max(10, Math.floor(screen.clientWidth / box.width) - 14);
    layer.style.height = `${height}px`;
    // A bar below that came and went with long lines would push the last ones up and down.
    if (screen.offsetHeight > screen.clientHeight) screen.classList.add("sideways");
    this.#changed();
  }
}
