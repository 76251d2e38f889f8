/**
 * Who is signed in, a way out, and what is said when a session is over.
 *
 * Nothing of it is there on a server that lets everybody in: it says so in the page itself, so that
 * nobody need ask.
 */

import { get } from "./api.js";
import { make } from "./dom.js";

/** The way to sign in, and back to here. */
function signInAddress() {
  const here = location.pathname + location.search;
  return `/sign-in?${new URLSearchParams({ next: here })}${location.hash}`;
}

/** Show who asks, and let him leave. */
export async function showSession() {
  if (!("tokens" in document.body.dataset)) return;
  const answer = await get("/v1/session").catch(() => null);
  if (answer === null || answer.body.deployment !== null) return;
  const leave = make("button", { type: "button", className: "sign-out", id: "sign-out" }, "Sign out");
  leave.addEventListener("click", signOut);
  document.querySelector(".top nav")?.append(make("span", { className: "who" }, answer.body.name), leave);
}

async function signOut() {
  await fetch("/v1/session", { method: "DELETE" }).catch(() => null);
  location.assign("/sign-in");
}

/** Say that the session is over. What is shown stays. */
export function signInAgain() {
  if (document.getElementById("session-over") !== null) return;
  const link = make("a", { href: signInAddress() }, "Sign in again");
  const said = make("p", { id: "session-over", className: "session-over", role: "alert" }, "You are not signed in any more. ", link);
  document.querySelector("main")?.prepend(said);
}
