// `node event-source.mjs URL`: the npm package `eventsource` follows a log until the server tells it
// to stop. Says, a JSON object a line, each answer, each record and each control event it got.

import { EventSource } from "eventsource";

function say(what) {
  console.log(JSON.stringify(what));
}

async function request(input, options) {
  const answer = await fetch(input, options);
  say({ status: answer.status, live: "sse" });
  return answer;
}

const source = new EventSource(process.argv[2], { fetch: request });
source.addEventListener("data", (event) => {
  for (const record of JSON.parse(event.data)) say({ n: record.n });
});
source.addEventListener("control", (event) => say({ control: JSON.parse(event.data) }));
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) say({ ended: true });
});
