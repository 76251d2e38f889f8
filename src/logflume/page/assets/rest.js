/**
 * Rest: when the reader has the lines that he wants, and what he did not ask for may be asked.
 *
 * To search a long log takes the server and the browser half a second, and whoever opens it or jumps
 * in it waits for his lines meanwhile. So the search waits for them.
 */

/** @typedef {import("./viewer.js").Viewer} Viewer */

const REST_MS = 200; // since a line was last waited for: between two jumps by hand

/** Records that are searched at once: some milliseconds, and folds do not close under a reader's eyes. */
const SHORT = 20_000;

/**
 * Resolves when no line has been waited for for a while; at once, if the log is short. Never, once the
 * signal is given.
 * @param {Viewer} viewer @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function rest(viewer, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return;
    if (viewer.state.tail <= SHORT) return resolve();
    const listening = new AbortController();
    let timer = 0;
    const stop = () => {
      clearTimeout(timer);
      listening.abort();
    };
    const look = () => {
      if (viewer.waiting) {
        clearTimeout(timer);
        timer = 0;
      } else {
        timer ||= setTimeout(() => {
          stop();
          resolve();
        }, REST_MS);
      }
    };
    signal.addEventListener("abort", stop, { signal: listening.signal });
    viewer.addEventListener("moved", look, { signal: listening.signal });
    look();
  });
}
