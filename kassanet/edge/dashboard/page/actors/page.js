/** The supervisor tree, live: who lives, with how much before them, and what went wrong last. A restart flashes. */

import { get } from "../core/api.js";
import { everySecond } from "../core/clock.js";
import { h, write } from "../core/dom.js";
import { n, t } from "../core/language.js";
import { List } from "../core/list.js";
import { HEIGHT, node, tableHead } from "./node.js";

/** @import {ActorNode, Context, Page} from "../types.js" */
/** @typedef {{name: string, depth: number, parents: string[], children: number}} Place */

/** @param {Context} context @returns {Page} */
export function actorsPage(context) {
  const page = new ActorsPage(context);
  return { element: page.element, topics: () => ["actors"], follow: () => {}, dispose: () => page.dispose() };
}

class ActorsPage {
  /** @param {Context} context */
  constructor(context) {
    this._context = context;
    /** @type {Map<string, Place>} */
    this._places = new Map();
    /** @type {Set<string>} */
    this._folded = new Set();
    this._asking = false;
    this._count = h("span", { class: "count" });
    this._empty = h("p", { class: "empty", role: "status" });
    const rows = h("div", { class: "rows", role: "rowgroup" });
    this.element = h(
      "section",
      { class: "page actors", "aria-label": t("page_actors") },
      h("header", { class: "head" }, h("h1", null, t("page_actors"), " ", this._count)),
      h("div", { class: "table", role: "table", "aria-label": t("page_actors") }, tableHead(), rows),
      this._empty,
    );
    const scroller = /** @type {HTMLElement} */ (document.querySelector("main"));
    this._list = new List({
      scroller,
      element: rows,
      head: () => h("div"),
      headHeight: 0,
      index: "aria-rowindex",
      item: { height: HEIGHT, width: 0, gap: 0 },
      create: (key) =>
        node(
          context,
          key,
          () => this._places.get(key),
          (folded) => this._fold(key, folded),
        ),
    });
    this._ends = [context.store.on("actors", (keys) => this._changed(keys)), everySecond(() => this._list.touchAll())];
    void this._load();
  }

  dispose() {
    for (const end of this._ends) end();
    this._list.dispose();
  }

  /** The stream tells of each actor alone; who stands under whom is asked when somebody is new. */
  async _load() {
    if (this._asking) return;
    this._asking = true;
    try {
      /** @type {ActorNode} */
      const root = await get("/api/v1/actors");
      this._places.clear();
      this._walk(root, 0, []);
      this._arrange();
    } catch (error) {
      write(this._empty, error instanceof Error ? error.message : String(error));
    } finally {
      setTimeout(() => (this._asking = false), 500);
    }
  }

  /** @param {ActorNode} found @param {number} depth @param {string[]} parents */
  _walk(found, depth, parents) {
    this._places.set(found.name, { name: found.name, depth, parents, children: found.children.length });
    for (const child of found.children) this._walk(child, depth + 1, [...parents, found.name]);
  }

  /** @param {Set<string>} keys */
  _changed(keys) {
    const known = this._context.store.all("actors");
    let moved = false;
    for (const key of keys) moved ||= known.has(key) !== this._places.has(key);
    if (moved) void this._load();
    this._list.touch(keys);
  }

  /** @param {string} name @param {boolean} folded */
  _fold(name, folded) {
    if (folded) this._folded.add(name);
    else this._folded.delete(name);
    this._arrange();
    this._list.touch([name]);
  }

  _arrange() {
    const shown = [...this._places.values()].filter(
      (place) => !place.parents.some((parent) => this._folded.has(parent)),
    );
    this._list.show([{ title: "", keys: shown.map((place) => place.name) }]);
    write(this._count, n("actors", this._places.size));
    write(this._empty, "");
  }
}
