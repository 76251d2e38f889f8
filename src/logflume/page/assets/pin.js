/**
 * Pin: a scrolling area that stays at its end while it grows, until its reader scrolls up.
 *
 * Following ends with any move up, however small (a wheel's smooth scrolling begins with a pixel),
 * and begins again at the very end. It says so through `changed`; it knows nothing of logs.
 */

const END_PIXELS = 2; // fractions of a pixel are lost when the page is zoomed

export class Pin {
  following = true;
  #scroller;
  #changed;
  #top = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {{changed: () => void, mayFollow: () => boolean}} owner
   */
  constructor(scroller, { changed, mayFollow }) {
    this.#scroller = scroller;
    this.#changed = changed;
    scroller.addEventListener("scroll", () => {
      const up = scroller.scrollTop < this.#top - 0.5;
      this.#top = scroller.scrollTop;
      if (up) this.release();
      else if (this.#atEnd && mayFollow()) this.#set(true);
    });
    scroller.addEventListener("wheel", ({ deltaY }) => {
      if (deltaY < 0 && scroller.scrollTop > 0) this.release();
    }, { passive: true });
    new ResizeObserver(() => this.following && this.toEnd()).observe(scroller);
  }

  get #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < END_PIXELS;
  }

  /** Stop following, where it is. */
  release() {
    this.#set(false);
  }

  /** Go to the end and follow. */
  toEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#top = this.#scroller.scrollTop;
    this.#set(true);
  }

  /**
   * Change what is in the area so that `element` stays where it is on the screen.
   * @param {Element | undefined} element @param {() => void} change
   */
  hold(element, change) {
    const before = element?.getBoundingClientRect().top ?? 0;
    change();
    if (!element?.isConnected) return;
    this.#scroller.scrollTop += element.getBoundingClientRect().top - before;
    this.#top = this.#scroller.scrollTop;
  }

  /** @param {boolean} following */
  #set(following) {
    if (following === this.following) return;
    this.following = following;
    this.#changed();
  }
}
