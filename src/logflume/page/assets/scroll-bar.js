/**
 * ScrollBar: the browser's own scroll bar as a picture of the place in the whole log.
 *
 * Browsers lose or ignore what is higher than some 17 to 33 million pixels, so the canvas is at most
 * MOST_PIXELS high, and beyond that a pixel of the bar stands for several of the log. The bar is
 * written after each frame and read only when somebody else has moved it: by dragging, by a selection
 * drawn over the edge, by an assistive tool.
 */

/** @typedef {import("./frame.js").Frame} Frame */

export const MOST_PIXELS = 8_000_000; // half of what the least of the browsers can lay out
const STILL_MS = 150; // without a scroll event: the bar has been let go of

export class ScrollBar {
  #frame;
  #moved;
  #written = 0;
  #height = -1;
  #screen = 0;
  #total = 0;
  #dragged = -STILL_MS;
  #timer = 0;

  /**
   * @param {Frame} frame
   * @param {{to: (pixels: number, end: boolean) => void, still: () => void}} moved
   *   where somebody moved the bar to, in pixels of the log; that he has let go of it
   */
  constructor(frame, moved) {
    this.#frame = frame;
    this.#moved = moved;
    frame.screen.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  close() {
    clearTimeout(this.#timer);
  }

  /**
   * Show the place `at` in `total` pixels on a screen of `screen`; exactly the last at the `end`.
   * @param {{total: number, at: number, screen: number, end: boolean}} place
   */
  mirror({ total, at, screen, end }) {
    const height = Math.min(MOST_PIXELS, Math.max(total, screen));
    const { canvas, screen: scroller } = this.#frame;
    if (height !== this.#height) canvas.style.height = `${height}px`;
    this.#height = height;
    this.#screen = screen;
    this.#total = total;
    if (performance.now() - this.#dragged < STILL_MS) return;
    const most = height - screen;
    const top = end ? most : Math.min(most, at * this.#scale);
    if (Math.abs(top - this.#written) < 0.01 && Math.abs(scroller.scrollTop - this.#written) < 1) return;
    scroller.scrollTop = top;
    this.#written = scroller.scrollTop;
  }

  /** Pixels of the bar for a pixel of the log. */
  get #scale() {
    const total = this.#total - this.#screen;
    return total > 0 ? (this.#height - this.#screen) / total : 1;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.#frame.screen;
    // On a screen that has grown there is less to scroll, and the browser itself puts the bar back.
    const least = Math.min(this.#written, scrollHeight - clientHeight - 1);
    if (scrollTop > least - 1 && scrollTop < this.#written + 1) return;
    this.#written = scrollTop;
    this.#dragged = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#moved.still(), STILL_MS);
    this.#moved.to(scrollTop / this.#scale, scrollTop >= this.#height - this.#screen - 1);
  }
}
