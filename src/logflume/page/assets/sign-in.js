/**
 * Signing in: a token for a cookie, and back to the page that was asked for.
 *
 * Owns the form of `/sign-in`. The token is sent once and kept nowhere.
 */

import { byId, say } from "./dom.js";

/**
 * Where to go afterwards: a path of this site, whatever the address says.
 * @param {Location} here
 */
function nextPlace(here) {
  const asked = new URLSearchParams(here.search).get("next") ?? "/";
  try {
    const there = new URL(asked, here.origin);
    const isOurs = there.origin === here.origin && !there.pathname.startsWith("//"); // names a host
    if (isOurs) return there.pathname + there.search + here.hash;
  } catch {
    // no address at all
  }
  return "/";
}

/** What is said to who was not let in, by the provider or by a share link. @type {Record<string, string>} */
const PROBLEMS = {
  "not-mapped": "You are signed in there, but none of your groups may do anything here. Whoever runs this server can change that.",
  failed: "Signing in did not work. Try it again; this server's log says more.",
  share: "This share link is unknown, was revoked, or its time is over. Ask for a new one, or sign in.",
};

const said = new URLSearchParams(location.search).get("problem") ?? "";
if (Object.hasOwn(PROBLEMS, said)) say(byId("notice"), PROBLEMS[said]);

byId("sign-on").hidden = !("signOn" in document.body.dataset);
const provided = /** @type {HTMLAnchorElement} */ (byId("sign-on-link"));
provided.href = `/sign-in/oidc?${new URLSearchParams({ next: nextPlace(location) })}`;

const form = /** @type {HTMLFormElement} */ (byId("sign-in"));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = String(new FormData(form).get("token") ?? "");
  const notice = byId("notice");
  say(notice, "");
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/v1/session", { method: "POST", headers, body: JSON.stringify({ token }) });
    if (answer.ok) return location.replace(nextPlace(location));
    const { detail = "" } = await answer.json().catch(() => ({}));
    say(notice, answer.status === 401 ? "This token is unknown, was revoked, or its time is over." : String(detail));
  } catch {
    say(notice, "The server does not answer.");
  }
});
