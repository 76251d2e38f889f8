/**
 * Movements: what each key does that moves a log or changes how its lines are shown.
 */

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {import("./viewer.js").Key} Key */

/**
 * @param {Viewer} viewer
 * @returns {[string, Key][]}
 */
export function movements(viewer) {
  /** @param {string} does @param {() => void} act @returns {Key} */
  const move = (does, act) => ({ group: "Moving", does, do: act });
  const down = move("one line down", () => viewer.move(1));
  const up = move("one line up", () => viewer.move(-1));
  const pageDown = move("one page down", () => viewer.page(1));
  const pageUp = move("one page up", () => viewer.page(-1));
  const start = move("to the first line", () => viewer.toStart());
  const end = move("to the end, and follow", () => viewer.follow());
  const follow = move("follow, or stop following", () => {
    viewer.following = !viewer.following;
  });
  const wrap = {
    group: "Showing",
    does: "wrap long lines, or not",
    do() {
      viewer.wrap = !viewer.wrap;
    },
  };
  const times = {
    group: "Showing",
    does: "show the time of each line, or not",
    do() {
      viewer.times = !viewer.times;
    },
  };
  return [
    ["j", down], ["k", up], ["ArrowDown", down], ["ArrowUp", up],
    ["PageDown", pageDown], ["PageUp", pageUp], ["Space", pageDown], ["Shift+Space", pageUp],
    ["g", start], ["Home", start], ["G", end], ["End", end],
    ["f", follow], ["w", wrap], ["T", times],
  ];
}
