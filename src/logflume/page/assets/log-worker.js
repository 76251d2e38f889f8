/**
 * The worker of one log: takes what the page wants, gives it to a `LogReader`, and sends back what
 * that tells. Whatever goes wrong here is said too, because nobody sees a worker fail.
 */

import { LogReader } from "./log-reader.js";

/** @typedef {import("./first-read.js").First} First */
/** @typedef {import("./spans.js").Span} Span */

/**
 * What the page says. Each `tell` lets it be told one thing more.
 * @typedef {{open: string} | {first: First} | {tell: true} | {want: Span[], lacking: Span[]} | {hidden: boolean} | {verify: true}} Order
 */

/** @type {LogReader | null} */
let reader = null;
/** What went wrong. @type {string | null} */
let broken = null;

addEventListener("message", ({ data }) => {
  const order = /** @type {Order} */ (data);
  if ("open" in order) reader = new LogReader(order.open, (push) => postMessage(push));
  else if ("first" in order) reader?.begin(order.first);
  else if ("want" in order) reader?.want(order.want, order.lacking);
  else if ("hidden" in order) reader?.hide(order.hidden);
  else if ("verify" in order) reader?.verify();
  else if (broken !== null) postMessage({ broken });
  else reader?.tell();
});

addEventListener("unhandledrejection", ({ reason }) => {
  broken = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  postMessage({ broken });
});
