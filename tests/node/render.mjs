// `node render.mjs ASSETS`: the page's modules that need no page; ASSETS is the address of their
// folder. Takes a JSON object a line on stdin, `{"do": …, …}`, and answers each with one on stdout.

import { createInterface } from "node:readline";

import Anser from "anser";

const [folder] = process.argv.slice(2);
const [{ plain, render }, { look }, { linked, links, webAddress }, { DARK, LIGHT }] = await Promise.all(
  ["ansi.js", "colours.js", "links.js", "palette.js"].map((name) => import(`${folder}/${name}`)),
);

/** A text that is too long to be sent: parts and how often each is repeated. */
function joined(parts) {
  return parts.map(([part, times]) => part.repeat(times)).join("");
}

const ANSWERS = {
  render: ({ text, style }) => render(text, style),
  plain: ({ text }) => ({ text: plain(text) }),
  size: ({ parts }) => {
    const { runs, more } = render(joined(parts));
    return { runs: runs.length, characters: runs.reduce((sum, run) => sum + run.text.length, 0), more };
  },
  look: ({ text }) => ({ looks: render(text).runs.map((run) => look(run.style, run.text)) }),
  looks: ({ texts }) => ({ looks: texts.flatMap((text) => ANSWERS.look({ text }).looks) }),
  links: ({ text }) => ({ links: links(text) }),
  count: ({ parts }) => ({ links: links(joined(parts)).length }),
  address: ({ text }) => ({ address: webAddress(text) ?? null, linked: linked(text) }),
  anser: ({ text }) => ({ runs: Anser.ansiToJson(text, { use_classes: true, remove_empty: true }) }),
  palette: () => ({ LIGHT, DARK }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  console.log(JSON.stringify(ANSWERS[question.do](question)));
}
