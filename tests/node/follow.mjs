// `node follow.mjs LOG sse|long-poll`: the official Durable Streams client reads a log from its
// start and follows it to its end. Says, a JSON object a line, each answer and each record it got.

import { stream } from "@durable-streams/client";

const [url, live] = process.argv.slice(2);

function say(what) {
  console.log(JSON.stringify(what));
}

async function request(input, options) {
  const answer = await fetch(input, options);
  say({ status: answer.status, live: new URL(input).searchParams.get("live") });
  return answer;
}

const log = await stream({ url, live, fetch: request });
for await (const record of log.jsonStream()) say({ n: record.n });
say({ ended: log.streamClosed });
