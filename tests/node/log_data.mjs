/**
 * The modules that hold a log's data in the page, asked from Python: a line of JSON in, a line out.
 * The folder that they are in is the argument.
 */

import { createInterface } from "node:readline";

const assets = process.argv[2];
const { History } = await import(`${assets}/check.js`);
const { linesOf, LOOK_AHEAD, LOOK_BACK } = await import(`${assets}/joins.js`);
const { Order } = await import(`${assets}/numbers.js`);
const { Sha256 } = await import(`${assets}/sha256.js`);
const { Windows } = await import(`${assets}/windows.js`);

const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));

const doing = {
  sha256({ pieces }) {
    const hash = new Sha256();
    for (const piece of pieces) hash.update(bytes(piece));
    return hash.hex();
  },

  history({ pieces, end }) {
    const history = new History();
    for (const piece of pieces) history.take(bytes(piece));
    return history.endsWith(end);
  },

  lines({ records, spans }) {
    return spans.map(([first, last]) =>
      linesOf(records.slice(Math.max(0, first - 1 - LOOK_BACK), last + LOOK_AHEAD)).filter(
        (line) => (line.n ?? line.record.n) <= last && (line.last ?? line.n) >= first,
      ),
    );
  },

  order({ begin, records, checked }) {
    const order = new Order();
    order.begin(begin);
    const taken = order.take(records).map(({ n }) => n);
    for (const [numbers, first, before] of checked ?? [])
      order.check(numbers.map((n) => (n.n ? n : { n })), first, before);
    return { taken, faults: order.faults };
  },

  windows({ limit, steps, looks }) {
    const windows = new Windows(limit);
    for (const [step, ...more] of steps) {
      if (step === "put") windows.put(Array.from({ length: more[1] }, (_, at) => recordOf(more[0] + at)));
      if (step === "holes") windows.markHoles(more[0], more[1]);
      if (step === "pin") windows.pin([{ first: more[0], last: more[1] }]);
    }
    return {
      bytes: windows.bytes,
      looks: looks.map(([first, last]) => ({
        missing: windows.missing(first, last),
        runs: windows.runs(first, last).map((run) => run.map(({ n }) => n)),
        at: windows.at(first)?.n ?? null,
      })),
    };
  },
};

function recordOf(n) {
  return { n, time: "2026-11-24T03:33:51.538017Z", stream: "stdout", text: "x".repeat(n % 500) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...about } = JSON.parse(line);
  console.log(JSON.stringify(doing[name](about)));
}
