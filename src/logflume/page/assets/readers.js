/**
 * The workers that read logs, one for each log that is shown, and what each log begins with.
 *
 * Both may have begun before the rest of the page is there.
 */

import { readFirst } from "./first-read.js";

/** @typedef {import("./first-read.js").First} First */
/** @typedef {{worker: Worker, first: Promise<First>}} Reader */

/** Those that nobody has taken over yet, by the address of the log. @type {Map<string, Reader>} */
const begun = new Map();

/**
 * Begin to read a log that is about to be shown.
 * @param {string} src as it will be given to LogData
 */
export function begin(src) {
  const { href } = new URL(src, document.baseURI);
  if (!begun.has(href)) begun.set(href, makeReader(href));
}

/** What reads the log; it may have begun before. @param {string} href the log's address */
export function reader(href) {
  const made = begun.get(href) ?? makeReader(href);
  begun.delete(href);
  return made;
}

/** @param {string} href @returns {Reader} */
function makeReader(href) {
  const first = readFirst(href);
  const worker = makeWorker();
  worker.addEventListener("error", () => begun.get(href)?.worker === worker && begun.delete(href));
  worker.postMessage({ open: href });
  first.then((answer) => worker.postMessage({ first: answer }));
  return { worker, first };
}

/**
 * No page may begin a worker of another origin, but one of its own that imports it: so it is where
 * the page that shows the log is not of the server that has it.
 */
function makeWorker() {
  const url = new URL("./log-worker.js", import.meta.url);
  if (url.origin === location.origin) return new Worker(url, { type: "module" });
  const text = `import ${JSON.stringify(url.href)};`;
  const own = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  return new Worker(own, { type: "module" });
}
