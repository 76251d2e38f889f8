/**
 * The sections of a log, from the records that open and close them.
 *
 * Records may come in any order and more than once; the sections are those of all of them in the
 * order of their numbers. GitLab's sections have a name and may stand within each other; those of
 * GitHub and Buildkite have none, and such a one ends the one before it. Pure.
 */

/**
 * A record that opens or closes a section, or wants the one before it unfolded.
 * @typedef {import("./api.js").LogRecord & {ends?: string[], expands?: boolean}} Marker
 */

/**
 * @typedef {object} Section
 * @property {number} n the record that opens it
 * @property {number | null} last its last record; null while it is open
 * @property {string} title
 * @property {string | undefined} name
 * @property {string} text the raw line
 * @property {number} opened in milliseconds since 1970
 * @property {number | null} closed
 * @property {boolean} collapsed whether whoever wrote it wants it folded
 * @property {number} depth 0 for one that is in no other
 * @property {Section | null} within
 */

export class SectionTree {
  /** In the order in which they open. @type {Section[]} */
  sections = [];
  /** @type {Map<number, Marker>} */
  #records = new Map();
  #latest = 0;
  /** Those that are open after the latest record, the outermost first. @type {Section[]} */
  #open = [];
  /** From each of these records on, which section a line is in. @type {{n: number, section: Section | null}[]} */
  #edges = [];

  /** Take records in; whether anything is new. @param {Marker[]} records */
  add(records) {
    const fresh = records.filter(({ n, kind }) => kind === "group" && !this.#records.has(n));
    for (const record of fresh) this.#records.set(record.n, record);
    const follow = fresh.every(({ n }, at) => n > (at ? fresh[at - 1].n : this.#latest));
    if (follow) fresh.forEach((record) => this.#take(record));
    else this.#again();
    return fresh.length > 0;
  }

  /** The innermost section that record `n` is in; the record that opens one is in it. @param {number} n */
  at(n) {
    let low = 0;
    let high = this.#edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#edges[middle].n <= n) low = middle + 1;
      else high = middle;
    }
    return this.#edges[low - 1]?.section ?? null;
  }

  /** The section that record `n` opens. @param {number} n */
  openedBy(n) {
    const section = this.at(n);
    return section?.n === n ? section : null;
  }

  /** The section that record `n` closes, the outermost of several. @param {number} n */
  closedBy(n) {
    if (this.#records.get(n)?.open !== false) return null;
    let section = this.at(n);
    while (section?.within?.last === n) section = section.within;
    return section?.last === n ? section : null;
  }

  #again() {
    this.sections = [];
    this.#open = [];
    this.#edges = [];
    for (const n of [...this.#records.keys()].sort((a, b) => a - b)) {
      this.#take(/** @type {Marker} */ (this.#records.get(n)));
    }
  }

  /** The next record in order. @param {Marker} record */
  #take(record) {
    this.#latest = record.n;
    const { n, time, open, expands } = record;
    const last = open ? n - 1 : n; // a line that opens a section is not of the one it ends
    for (const name of record.ends ?? []) this.#end(name, last, time);
    if (open) this.#begin(record);
    else if (expands) this.#expand();
    else this.#end(record.section, last, time);
    const section = this.#open.at(-1) ?? null;
    this.#edges.push({ n: open ? n : n + 1, section });
  }

  /** @param {Marker} record */
  #begin({ n, time, group = "", section: name, collapsed = false, text = "" }) {
    const before = this.#open.at(-1);
    if (before && before.name === name) this.#end(name, n - 1, time);
    const section = {
      n, last: null, title: group || name || "section", name, text, collapsed,
      within: this.#open.at(-1) ?? null,
      opened: Date.parse(time), closed: null, depth: this.#open.length,
    };
    this.sections.push(section);
    this.#open.push(section);
  }

  /** The last one that was opened is to be seen after all. */
  #expand() {
    const last = this.#open.findLast((section) => section.name === undefined);
    if (last) last.collapsed = false;
  }

  /**
   * Close the innermost open section of this name, and those within it.
   * @param {string | undefined} name @param {number} last @param {string} time
   */
  #end(name, last, time) {
    const at = this.#open.findLastIndex((open) => open.name === name);
    if (at === -1) return; // it closes nothing that is open
    for (const section of this.#open.splice(at)) {
      section.last = last;
      section.closed = Date.parse(time);
    }
  }
}
