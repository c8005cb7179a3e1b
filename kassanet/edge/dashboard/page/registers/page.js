/** The registers: a wall of tiles or a dense table, found by filters that live in the address. */

import { everySecond } from "../core/clock.js";
import { h, mark, unseen, write } from "../core/dom.js";
import { number } from "../core/format.js";
import { named, t } from "../core/language.js";
import { List } from "../core/list.js";
import { here, refine } from "../core/route.js";
import { chip, controls } from "./controls.js";
import { openRegister } from "./drawer.js";
import { arrange, counted, place, wantedOf } from "./order.js";
import { STATES } from "./seen.js";
import { ROW, rows, TILE, tiles } from "./tile.js";

/** @import {Context, Page} from "../types.js" */
/** @import {Section} from "../core/list.js" */

const COLUMNS = /** @type {const} */ (["register", "state", "shift", "fn", "ofd", "pace", "trouble"]);
const REORDER = 300; // milliseconds between two looks at who stands where

/** @param {Context} context @returns {Page} */
export function registersPage(context) {
  const page = new RegistersPage(context);
  return {
    element: page.element,
    topics: () => ["sites"],
    follow: (query) => page.follow(query),
    dispose: () => page.dispose(),
  };
}

class RegistersPage {
  /** @param {Context} context */
  constructor(context) {
    this._context = context;
    /** @type {Map<string, string>} */
    this._places = new Map();
    this._view = "";
    this._names = "";
    this._due = 0;
    this._open = "";
    this._empty = h("p", { class: "empty" });
    this._chips = STATES.map((state) => chip(state));
    this._holder = h("div", { class: "holder" });
    this._controls = controls(context);
    this.element = h(
      "section",
      { class: "page registers", "aria-label": t("page_registers") },
      h("h1", { class: "unseen" }, t("page_registers")),
      h(
        "div",
        { class: "chips", role: "group", "aria-label": t("state") },
        this._chips.map((each) => each.element),
      ),
      this._controls.element,
      this._holder,
      this._empty,
    );
    const { store } = context;
    this._ends = [
      store.on("kkt", (keys) => this._changed(keys)),
      store.on("circuit", (keys) => this._named(keys)),
      everySecond(() => this._list?.touchAll()),
    ];
  }

  /** @param {URLSearchParams} query */
  follow(query) {
    const view = query.get("view") === "table" ? "table" : "wall";
    if (view !== this._view) this._build(view);
    this._wanted = wantedOf(query);
    this._controls.follow(query, view);
    for (const each of this._chips) each.follow(query.get("state") ?? "");
    this._reorder();
    this._list?.touchAll();
    this._show(query.get("open") ?? "");
  }

  dispose() {
    for (const end of this._ends) end();
    this._list?.dispose();
    clearTimeout(this._due);
  }

  /** @param {string} view */
  _build(view) {
    this._view = view;
    this._list?.dispose();
    const wall = view === "wall";
    const element = wall
      ? h("div", { class: "wall", role: "group", "aria-label": t("page_registers") })
      : h("div", { class: "rows", role: "rowgroup" });
    this._holder.replaceChildren(
      wall
        ? element
        : h("div", { class: "table", role: "table", "aria-label": t("page_registers") }, tableHead(), element),
    );
    mark(this._holder, "data-view", view);
    const scroller = /** @type {HTMLElement} */ (document.querySelector("main"));
    this._list = new List({
      scroller,
      element,
      head: (section) => sectionHead(section, wall),
      headHeight: 38,
      create: wall ? tiles(this._context) : rows(this._context),
      item: wall ? TILE : ROW,
      index: wall ? "data-index" : "aria-rowindex",
    });
  }

  /** @param {Set<string>} keys */
  _changed(keys) {
    const kkts = this._context.store.all("kkt");
    let moved = false;
    for (const key of keys) {
      const kkt = kkts.get(key);
      const now = kkt === undefined ? "" : place(kkt);
      if (now === (this._places.get(key) ?? "")) continue;
      moved = true;
      if (now) this._places.set(key, now);
      else this._places.delete(key);
    }
    this._list?.touch(keys);
    if (moved && !this._due) this._due = setTimeout(() => this._reorder(), REORDER);
  }

  /** Of circuits only the names matter here. @param {Set<string>} keys */
  _named(keys) {
    const circuits = this._context.store.all("circuit");
    const names = [...circuits.values()].map((circuit) => `${circuit.id} ${circuit.title}`).join("\n");
    if (names === this._names || keys.size === 0) return;
    this._names = names;
    this._controls.circuits(circuits);
    this._reorder();
  }

  _reorder() {
    clearTimeout(this._due);
    this._due = 0;
    const { store } = this._context;
    const kkts = store.all("kkt");
    const sections = arrange(kkts, store.all("circuit"), this._wanted ?? wantedOf(here().query));
    const counts = counted(kkts.values());
    STATES.forEach((state, place) => this._chips[place]?.count(counts[state]));
    this._list?.show(sections);
    write(this._empty, sections.length ? "" : kkts.size ? t("nothing_found") : t("no_registers"));
  }

  /** @param {string} eip */
  _show(eip) {
    if (eip === this._open) return;
    this._open = eip;
    this._drawer?.close();
    if (!eip) return;
    this._drawer = openRegister(this._context, eip, () => {
      if (here().query.get("open") === eip) refine({ open: "" });
      this._list?.focus(eip);
    });
  }
}

/** @param {Section} section @param {boolean} wall */
function sectionHead(section, wall) {
  const inside = h("h2", null, section.title, " ", h("span", { class: "count" }, number(section.keys.length)));
  return wall
    ? h("div", { class: "section-head" }, inside)
    : h("div", { class: "section-head", role: "row" }, h("div", { role: "cell" }, inside));
}

function tableHead() {
  return h(
    "div",
    { role: "rowgroup" },
    h(
      "div",
      { class: "row head", role: "row" },
      COLUMNS.map((each) =>
        h(
          "div",
          { role: "columnheader" },
          named("column", each),
          each === "pace" ? unseen(t("documents_per_minute")) : null,
        ),
      ),
    ),
  );
}
