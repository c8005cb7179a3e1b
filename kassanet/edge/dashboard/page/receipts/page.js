/** Receipts: live as they move, or found by a search; each opens as a slip with its life beside it. */

import { h, mark, show, write } from "../core/dom.js";
import { t } from "../core/language.js";
import { List } from "../core/list.js";
import { here, refine } from "../core/route.js";
import { HEIGHT, line, tableHead } from "./line.js";
import { filters, search } from "./search.js";
import { openReceipt } from "./sheet.js";

/** @import {Context, Moved, Page} from "../types.js" */

const KEPT = 500; // the newest that the live list holds
const TOPICS = 200; // circuits followed at once: a subscription has its limits

/** @param {Context} context @returns {Page} */
export function receiptsPage(context) {
  const page = new ReceiptsPage(context);
  return {
    element: page.element,
    topics: () => page.topics(),
    follow: (query) => page.follow(query),
    dispose: () => page.dispose(),
  };
}

class ReceiptsPage {
  /** @param {Context} context */
  constructor(context) {
    this._context = context;
    /** @type {Map<string, Moved>} */
    this._receipts = new Map();
    /** @type {Map<string, () => void>} */
    this._ends = new Map();
    this._asked = "live";
    this._open = "";
    this._paused = false;
    this._search = search(context);
    this._pause = h(
      "button",
      { type: "button", class: "pause", "aria-pressed": "false", onClick: () => this._turn() },
      t("pause"),
    );
    this._live = h("p", { class: "live-note" }, h("span", null, t("live_feed")), this._pause);
    this._more = h("button", { type: "button", class: "more", onClick: () => void this._next() }, t("more"));
    this._empty = h("p", { class: "empty", role: "status" });
    const rows = h("div", { class: "rows", role: "rowgroup" });
    this.element = h(
      "section",
      { class: "page receipts", "aria-label": t("page_receipts") },
      h("h1", { class: "unseen" }, t("page_receipts")),
      this._search.element,
      this._live,
      h("div", { class: "table", role: "table", "aria-label": t("page_receipts") }, tableHead(), rows),
      this._empty,
      this._more,
    );
    const scroller = /** @type {HTMLElement} */ (document.querySelector("main"));
    this._list = new List({
      scroller,
      element: rows,
      head: () => h("div"),
      headHeight: 0,
      index: "aria-rowindex",
      item: { height: HEIGHT, width: 0, gap: 0 },
      create: (key) => line((wanted) => this._receipts.get(wanted), key),
    });
    this._ends.set(
      "circuit",
      context.store.on("circuit", () => {
        this._search.circuits();
        this._followCircuits();
      }),
    );
  }

  topics() {
    return [...this._context.store.all("circuit").keys()].slice(0, TOPICS).map((id) => `receipts:${id}`);
  }

  /** @param {URLSearchParams} query */
  follow(query) {
    this._search.follow(query);
    const asked = filters(query)?.toString() ?? "live";
    const live = asked === "live";
    show(this._live, live);
    if (asked !== this._asked || this._receipts.size === 0) {
      this._asked = asked;
      this._receipts.clear();
      show(this._more, false);
      if (live) this._followCircuits();
      else void this._find("");
    }
    this._show(query.get("open") ?? "");
  }

  dispose() {
    for (const end of this._ends.values()) end();
    this._list.dispose();
  }

  // Live

  _followCircuits() {
    const { store, live } = this._context;
    const topics = this.topics();
    live.want([...live.base, ...topics]);
    for (const topic of topics) {
      if (!this._ends.has(topic))
        this._ends.set(
          topic,
          store.on(topic, (keys) => this._moved(topic, keys)),
        );
      if (this._asked === "live") this._moved(topic, store.all(topic).keys());
    }
    if (topics.length === 0) this._arrange();
  }

  /** @param {string} topic @param {Iterable<string>} keys */
  _moved(topic, keys) {
    const states = this._context.store.all(topic);
    const wanted = [...keys];
    for (const key of wanted) {
      const moved = states.get(key);
      if (moved && (this._receipts.has(key) || (this._asked === "live" && !this._paused)))
        this._receipts.set(key, moved);
    }
    this._list.touch(wanted);
    if (this._asked === "live" && !this._paused) this._arrange();
  }

  _turn() {
    this._paused = !this._paused;
    mark(this._pause, "aria-pressed", String(this._paused));
    write(this._pause, t(this._paused ? "go_on" : "pause"));
    if (!this._paused) this._followCircuits();
  }

  // Found

  /** @param {string} cursor */
  async _find(cursor) {
    const asked = this._asked;
    try {
      const found = await this._search.find(asked, cursor);
      if (asked !== this._asked) return;
      for (const receipt of found.receipts) this._receipts.set(String(receipt.id), receipt);
      this._cursor = found.cursor;
      show(this._more, found.cursor !== "");
      this._arrange();
    } catch (error) {
      write(this._empty, error instanceof Error ? error.message : String(error));
    }
  }

  async _next() {
    if (this._cursor) await this._find(this._cursor);
  }

  _arrange() {
    const keys = [...this._receipts.keys()].sort((a, b) => Number(b) - Number(a));
    if (this._asked === "live") for (const key of keys.splice(KEPT)) this._receipts.delete(key);
    this._list.show([{ title: "", keys }]);
    write(this._empty, keys.length ? "" : t(this._asked === "live" ? "nothing_yet" : "nothing_found"));
  }

  /** @param {string} id */
  _show(id) {
    if (id === this._open) return;
    this._open = id;
    this._sheet?.close();
    if (!id) return;
    this._sheet = openReceipt(this._context, id, () => {
      if (here().query.get("open") === id) refine({ open: "" });
      this._list.focus(id);
    });
  }
}
