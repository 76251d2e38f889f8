/**
 * Taking the log elsewhere: copied without numbers and colours, downloaded as text or NDJSON, or
 * followed as plain text in a tab of its own; and what time stands beside its lines.
 */

import { get } from "./api.js";
import { copy } from "./clipboard.js";
import { make } from "./dom.js";
import { counted } from "./format.js";
import { address } from "./hits.js";
import { copyLines } from "./permalinks.js";
import { Popup } from "./popup.js";
import { sinceStart } from "./times.js";

/** @typedef {import("./viewer.js").Viewer} Viewer */
/** @typedef {"off" | "clock" | "start"} Stamps */

const MOST_COPIED = 50_000; // lines of a log that is copied whole; a longer one is downloaded

/** @type {[string, string, Record<string, string>][]} what it is called, how its file ends, how it is asked for */
const FILES = [
  ["Text, with colours", ".log", { format: "text" }],
  ["Text, without colours", ".txt", { format: "text", ansi: "strip" }],
  ["NDJSON, with times", ".ndjson", { format: "ndjson" }],
];

/** @type {[Stamps, string][]} */
const STAMPS = [["off", "none"], ["clock", "time of day"], ["start", "since the start"]];

/** @param {Viewer} viewer */
export function install(viewer) {
  const menu = new Menu(viewer);
  return { remove: () => menu.remove() };
}

class Menu {
  #viewer;
  #popup = new Popup("Save", "save", (panel) => panel.append(...this.#groups()));
  #start = 0; // the time of the first record, in milliseconds
  /** @type {(() => void) | null} */
  #undecorate = null;
  #selected = "";

  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.#viewer = viewer;
    viewer.bar.append(this.#popup.button, this.#popup.panel);
    // What is selected is no longer when the button has been pressed.
    this.#popup.button.addEventListener("pointerdown", () => (this.#selected = selection(viewer.root)));
    // The viewer's own switch is for the time of the day: one time beside a line is enough.
    viewer.addEventListener("layout", () => viewer.times && this.#unstamp());
    viewer.keys.set("s", { group: "Showing", does: "save, copy, times", do: () => this.#open() });
  }

  remove() {
    this.#unstamp();
    this.#popup.remove();
  }

  #unstamp() {
    this.#undecorate?.();
    this.#undecorate = null;
  }

  #open() {
    this.#selected = selection(this.#viewer.root);
    this.#popup.button.click();
  }

  #groups() {
    const { src } = this.#viewer;
    const live = { format: "text", live: "follow", offset: "-1" };
    return [
      group("Copy", this.#copying()),
      group("Download", ...FILES.map(([label, ending, parameters]) => make("a",
        { href: address(src, "", parameters), download: fileName(this.#viewer) + ending }, label))),
      group("Open", make("a", { href: address(src, "", live), target: "_blank", rel: "noopener" }, "Raw text, live")),
      make("fieldset", {}, make("legend", {}, "Times beside the lines"),
        ...STAMPS.map(([stamps, label]) => this.#choice(stamps, label))),
    ];
  }

  #copying() {
    const { marked, state } = this.#viewer;
    const whole = { from: 1, to: state.tail };
    const range = marked ?? whole;
    const what = this.#selected ? "Selection" : marked ? counted(marked.to - marked.from + 1, "marked line") : "Whole log";
    const button = make("button", { type: "button" }, what);
    button.disabled = !this.#selected && !marked && (state.tail === 0 || state.tail > MOST_COPIED);
    if (button.disabled && state.tail) button.title = "The log is long: mark lines by their numbers, or download it";
    button.addEventListener("click", async () => {
      const text = this.#selected;
      this.#popup.close();
      if (!text) return copyLines(this.#viewer, range);
      const copied = await copy(text, this.#viewer.root);
      this.#viewer.say(copied ? "selection copied" : "the browser does not let us copy");
    });
    return button;
  }

  /** @param {Stamps} stamps @param {string} label */
  #choice(stamps, label) {
    const radio = make("input", { type: "radio", name: "stamps", checked: this.#stamps === stamps });
    radio.addEventListener("change", () => this.#stamp(stamps));
    return make("label", {}, radio, label);
  }

  /** @returns {Stamps} */
  get #stamps() {
    return this.#viewer.times ? "clock" : this.#undecorate ? "start" : "off";
  }

  /** @param {Stamps} stamps */
  async #stamp(stamps) {
    const viewer = this.#viewer;
    viewer.times = stamps === "clock";
    this.#unstamp();
    if (stamps !== "start") return;
    this.#undecorate = viewer.decorate(({ time }) => ({ before: [this.#since(time)] }));
    if (this.#start) return;
    const { body } = await get(address(viewer.src, "", { from: 1, limit: 1 }));
    this.#start = Date.parse(body[0]?.time);
    viewer.refresh();
  }

  /** @param {string} time */
  #since(time) {
    const text = this.#start ? sinceStart(Date.parse(time) - this.#start) : "";
    return make("time", { className: "time since", dateTime: time, title: time }, text);
  }
}

/** @param {string} label @param {...Node} items */
function group(label, ...items) {
  return make("div", { className: "group", role: "group", "aria-label": label },
    make("span", { className: "label", "aria-hidden": "true" }, label), ...items);
}

/** How a download's name begins: `shop-production-dep_1k0y…`. @param {Viewer} viewer */
function fileName({ src, host }) {
  const parts = new URL(src, document.baseURI).pathname.split("/").filter(Boolean);
  const last = parts.at(-1) === "log" ? parts.at(-2) : parts.at(-1);
  const name = [host.getAttribute("name"), decodeURIComponent(last ?? "log")].filter(Boolean).join("-");
  return name.replace(/[^\w.-]+/g, "-").slice(0, 150); // file systems take 255 bytes
}

/** What is selected, as text. @param {ShadowRoot} root */
function selection(root) {
  // Only some browsers have a selection of the shadow root's own; elsewhere the document's has it.
  const own = /** @type {{getSelection?: () => Selection | null}} */ (/** @type {unknown} */ (root)).getSelection?.();
  return String(own ?? getSelection() ?? "");
}
