/**
 * What the list is narrowed to: project, environment and status, as the address says.
 *
 * Owns the form and the address's query, which say the same at any moment, also after Back. Whoever
 * has the list is told when they change, and asks whether a deployment belongs to it.
 */

import { make } from "./dom.js";

/** @typedef {import("./api.js").Deployment} Deployment */
/** @typedef {"project" | "environment" | "status"} Name */

/** @type {Name[]} */
const NAMES = ["project", "environment", "status"];
const TYPED_MS = 250; // after the last key; each change is a reading of the list
const MAX_OFFERED = 50; // names to choose from; more are not read by anybody

export class Filters {
  #form;
  #changed;
  #typing = 0;

  /** @param {HTMLFormElement} form with a field for each name @param {() => void} changed */
  constructor(form, changed) {
    this.#form = form;
    this.#changed = changed;
    this.#fill();
    form.addEventListener("submit", (event) => (event.preventDefault(), this.#take()));
    form.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#take(), TYPED_MS);
    });
    form.addEventListener("reset", () => setTimeout(() => this.#take())); // the fields are empty then
    addEventListener("popstate", () => (this.#fill(), this.#changed()));
  }

  /** Whether anything is left out. */
  get active() {
    return this.query.size > 0;
  }

  /** What the server is asked for, and what stands in the address. */
  get query() {
    const query = new URLSearchParams();
    for (const name of NAMES) {
      const value = this.#field(name).value.trim();
      if (value !== "") query.set(name, value);
    }
    return query;
  }

  /** Whether the list should have it. @param {Deployment} deployment */
  admits(deployment) {
    return [...this.query].every(([name, value]) => deployment[/** @type {Name} */ (name)] === value);
  }

  /** Offer the names that these deployments have. @param {Iterable<Deployment>} deployments */
  offer(deployments) {
    const known = [...deployments];
    for (const name of /** @type {Name[]} */ (["project", "environment"])) {
      const names = [...new Set(known.map((deployment) => deployment[name]))].filter((value) => value !== null);
      const list = /** @type {HTMLInputElement} */ (this.#field(name)).list;
      const offered = names.sort().slice(0, MAX_OFFERED);
      if (list?.childElementCount === offered.length && offered.every((value, at) => list.options[at].value === value)) continue;
      list?.replaceChildren(...offered.map((value) => make("option", { value })));
    }
  }

  #take() {
    clearTimeout(this.#typing);
    const query = String(this.query);
    if (query === String(stated())) return;
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    this.#changed();
  }

  #fill() {
    const query = stated();
    for (const name of NAMES) this.#field(name).value = query.get(name) ?? "";
    const status = /** @type {HTMLSelectElement} */ (this.#field("status"));
    if (status.selectedIndex === -1) status.value = ""; // none of its words: nothing is left out
  }

  /** @param {Name} name */
  #field(name) {
    return /** @type {HTMLInputElement | HTMLSelectElement} */ (this.#form.elements.namedItem(name));
  }
}

/** What the address says of it, in the order that ours has. */
function stated() {
  const said = new URLSearchParams(location.search);
  return new URLSearchParams(NAMES.flatMap((name) => {
    const value = said.get(name);
    return value ? [[name, value]] : [];
  }));
}
