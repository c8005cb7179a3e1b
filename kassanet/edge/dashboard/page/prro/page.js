/** Software registers of the tax service, live, by organisation; and, as a second view, the keys that sign for them. */

import { get } from "../core/api.js";
import { everySecond } from "../core/clock.js";
import { h, mark, show, write } from "../core/dom.js";
import { number } from "../core/format.js";
import { named, t } from "../core/language.js";
import { List } from "../core/list.js";
import { changed, here, refine } from "../core/route.js";
import { openPrro } from "./drawer.js";
import { addPrro } from "./forms.js";
import { Keys } from "./keys.js";
import { CONDITIONS, prroTone } from "./seen.js";
import { TILE, tile } from "./tile.js";

/** @import {Context, Page, PrroState, ShownPrro} from "../types.js" */
/** @import {Section} from "../core/list.js" */

const natural = new Intl.Collator("en", { numeric: true });

/** @param {Context} context @returns {Page} */
export function prroPage(context) {
  const page = new PrroPage(context);
  return {
    element: page.element,
    topics: () => ["prro", "keys", "agents"],
    follow: (query) => page.follow(query),
    dispose: () => page.dispose(),
  };
}

class PrroPage {
  /** @param {Context} context */
  constructor(context) {
    this._context = context;
    /** @type {Map<string, ShownPrro>} */
    this._rows = new Map();
    this._asking = false;
    this._open = "";
    this._query = new URLSearchParams();
    this._keys = new Keys(context, () => this._rows.values());
    this._views = views();
    this._controls = controls();
    this._wall = h("div", { class: "wall", role: "group", "aria-label": t("page_prro") });
    this._holder = h("div", { class: "holder" }, this._wall);
    this._empty = h("p", { class: "empty", role: "status" });
    const may = context.session.role !== "viewer";
    const add = h(
      "button",
      { type: "button", class: "primary", onClick: () => addPrro(() => this._read()) },
      t("add_prro"),
    );
    this.element = h(
      "section",
      { class: "page prros", "aria-label": t("page_prro") },
      h("header", { class: "head" }, h("h1", null, t("page_prro")), this._views.element, may && add),
      this._controls.element,
      this._holder,
      this._keys.element,
      this._empty,
    );
    const known = (/** @type {string} */ id) => this._known(id);
    this._list = new List({
      scroller: /** @type {HTMLElement} */ (document.querySelector("main")),
      element: this._wall,
      head: sectionHead,
      headHeight: 38,
      index: "data-index",
      item: TILE,
      create: (id) => tile(known, id),
    });
    const { store } = context;
    this._ends = [
      store.on("prro", (ids) => this._changed(ids)),
      store.on("keys", () => this._list.touchAll()),
      everySecond(() => this._list.touchAll()),
    ];
    void this._read();
  }

  dispose() {
    for (const end of this._ends) end();
    this._keys.dispose();
    this._list.dispose();
  }

  /** @param {URLSearchParams} query */
  follow(query) {
    this._query = query;
    const keys = query.get("view") === "keys";
    this._views.follow(keys);
    this._controls.follow(query);
    for (const element of [this._controls.element, this._holder, this._empty]) show(element, !keys);
    this._keys.show(keys);
    this._arrange();
    this._list.touchAll();
    this._show(query.get("open") ?? "");
  }

  /** @param {string} id */
  _known(id) {
    const prro = this._rows.get(id);
    return { prro, state: this._context.store.all("prro").get(id), key: prro ? this._keys.words(prro.key_id) : "" };
  }

  /** Whose a register is and with which key it signs does not move: it is read when there is a new one. */
  async _read() {
    if (this._asking) return;
    this._asking = true;
    try {
      /** @type {ShownPrro[]} */
      const rows = await get("/api/v1/prro");
      this._rows = new Map(rows.map((row) => [String(row.id), row]));
      this._arrange();
      this._list.touchAll();
    } catch (error) {
      write(this._empty, error instanceof Error ? error.message : String(error));
    } finally {
      this._asking = false;
    }
  }

  /** @param {Set<string>} ids */
  _changed(ids) {
    if ([...ids].some((id) => this._context.store.all("prro").has(id) && !this._rows.has(id))) void this._read();
    this._arrange();
    this._list.touch(ids);
  }

  _arrange() {
    const states = /** @type {Map<string, PrroState>} */ (this._context.store.all("prro"));
    /** @type {Map<string, string[]>} */
    const groups = new Map();
    for (const [id, state] of states) {
      if (!this._fits(id, state)) continue;
      const desk = this._rows.get(id)?.desk;
      const title = desk ? `${desk.org_name} · ${desk.tin}` : "—";
      groups.set(title, [...(groups.get(title) ?? []), id]);
    }
    const sections = [...groups].map(([title, keys]) => ({ title, keys: keys.sort(natural.compare) }));
    this._list.show(sections.sort((a, b) => natural.compare(a.title, b.title)));
    write(this._empty, sections.length ? "" : t(states.size ? "nothing_found" : "no_prro"));
  }

  /** @param {string} id @param {PrroState} state */
  _fits(id, state) {
    const wanted = this._query.get("state") ?? "";
    const tone = prroTone(state);
    if (wanted === "attention" ? tone === "good" || tone === "busy" : wanted && state.condition !== wanted)
      return false;
    const text = (this._query.get("q") ?? "").trim().toLowerCase();
    const row = this._rows.get(id);
    const told = [state.register, row?.desk.point_name, row?.desk.org_name, row?.desk.tin, row?.key_id, row?.cashier];
    return told.some((each) =>
      String(each ?? "")
        .toLowerCase()
        .includes(text),
    );
  }

  /** @param {string} id */
  _show(id) {
    if (id === this._open) return;
    this._open = id;
    this._drawer?.close();
    if (!id) return;
    this._drawer = openPrro(
      this._context,
      id,
      (each) => this._known(each),
      () => {
        if (here().query.get("open") === id) refine({ open: "" });
        this._list.focus(id);
      },
    );
  }
}

function views() {
  const links = /** @type {const} */ (["", "keys"]).map((view) => ({
    view,
    element: h("a", { class: "chip" }, t(view ? "signing_keys" : "registers_of_tax")),
  }));
  return {
    element: h(
      "nav",
      { class: "views", "aria-label": t("as_table") },
      links.map((each) => each.element),
    ),
    /** @param {boolean} keys */
    follow(keys) {
      for (const { view, element } of links) {
        mark(element, "href", changed({ view, open: "" }));
        mark(element, "aria-current", (view === "keys") === keys ? "true" : "false");
      }
    },
  };
}

function controls() {
  const search = h("input", {
    type: "search",
    placeholder: t("search_prro"),
    "aria-label": t("search_prro"),
    onInput: () => refine({ q: search.value }),
  });
  const state = h(
    "select",
    { "aria-label": t("state"), onChange: () => refine({ state: state.value }) },
    h("option", { value: "" }, t("any_state")),
    h("option", { value: "attention" }, t("state_attention")),
    CONDITIONS.map((each) => h("option", { value: each }, named("prro_condition", each))),
  );
  return {
    element: h("div", { class: "controls", role: "search" }, search, state),
    /** @param {URLSearchParams} query */
    follow(query) {
      if (document.activeElement !== search) search.value = query.get("q") ?? "";
      state.value = query.get("state") ?? "";
    },
  };
}

/** @param {Section} section */
function sectionHead(section) {
  const count = h("span", { class: "count" }, number(section.keys.length));
  return h("div", { class: "section-head" }, h("h2", null, section.title, " ", count));
}
