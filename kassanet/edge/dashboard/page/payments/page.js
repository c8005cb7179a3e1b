/**
 * Payments between channels, billings and registers, live: what came, whether it was credited, and its receipt. What
 * the stream tells goes into the list where it fits; where only the service can say what fits, it is asked again.
 */

import { get } from "../core/api.js";
import { h, show, write } from "../core/dom.js";
import { named, t } from "../core/language.js";
import { List } from "../core/list.js";
import { here, refine } from "../core/route.js";
import { billingsStrip } from "./billings.js";
import { controls } from "./controls.js";
import { openPayment } from "./drawer.js";
import { COLUMNS, line } from "./line.js";

/** @import {Context, Page, Payment} from "../types.js" */

const AGAIN = 1000; // milliseconds between two questions while a list is filtered by what only the service knows
const FILTERS = /** @type {const} */ (["txn_id", "account", "channel", "billing", "state"]);
const PAGE = 200;
const KEPT = 1000; // payments in a list that grows by itself

/** @param {Context} context @returns {Page} */
export function paymentsPage(context) {
  const page = new PaymentsPage(context);
  return {
    element: page.element,
    topics: () => ["payments", "billings"],
    follow: (query) => page.follow(query),
    dispose: () => page.dispose(),
  };
}

class PaymentsPage {
  /** @param {Context} context */
  constructor(context) {
    this._context = context;
    /** @type {Map<string, Payment>} */
    this._payments = new Map();
    this._query = new URLSearchParams();
    this._asked = "";
    this._open = "";
    this._due = 0;
    this._controls = controls();
    this._billings = billingsStrip(context);
    this._empty = h("p", { class: "empty", role: "status" });
    this._more = h(
      "button",
      { type: "button", class: "more", hidden: true, onClick: () => void this._next() },
      t("more"),
    );
    this._cursor = "";
    const rows = h("div", { class: "rows", role: "rowgroup" });
    const table = h("div", { class: "table", role: "table", "aria-label": t("page_payments") }, tableHead(), rows);
    this.element = h(
      "section",
      { class: "page payments", "aria-label": t("page_payments") },
      h("h1", { class: "unseen" }, t("page_payments")),
      this._billings.element,
      this._controls.element,
      table,
      this._empty,
      this._more,
    );
    this._list = new List({
      scroller: /** @type {HTMLElement} */ (document.querySelector("main")),
      element: rows,
      head: () => h("div"),
      headHeight: 0,
      index: "aria-rowindex",
      item: { height: 34, width: 0, gap: 0 },
      create: (key) => line((id) => this._payments.get(id), key),
    });
    this._end = context.store.on("payments", (keys) => this._moved(keys));
  }

  dispose() {
    this._end();
    this._billings.dispose();
    this._list.dispose();
    clearTimeout(this._due);
  }

  /** @param {URLSearchParams} query */
  follow(query) {
    this._query = query;
    this._controls.follow(query);
    const asked = new URLSearchParams(
      FILTERS.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? ""]] : [])),
    ).toString();
    if (asked !== this._asked || this._payments.size === 0) {
      this._asked = asked;
      this._payments.clear();
      void this._read("");
    }
    this._list.touchAll();
    this._show(query.get("open") ?? "");
  }

  /** @param {Set<string>} keys */
  _moved(keys) {
    if (this._query.get("state")) {
      this._due ||= setTimeout(() => void this._read(""), AGAIN);
      return;
    }
    for (const key of keys) {
      /** @type {Payment | undefined} */
      const payment = this._context.store.all("payments").get(key);
      if (payment && this._fits(payment)) this._payments.set(key, payment);
    }
    this._arrange();
    this._list.touch(keys);
  }

  /** @param {Payment} payment */
  _fits(payment) {
    const names = /** @type {const} */ (["txn_id", "account", "channel", "billing"]);
    return names.every((name) => !this._query.get(name) || payment[name] === this._query.get(name));
  }

  /** @param {string} cursor where to go on; empty reads what is newest */
  async _read(cursor) {
    clearTimeout(this._due);
    this._due = 0;
    const asked = this._asked;
    try {
      const page = await get(`/api/v1/payments?${asked}${asked && "&"}limit=${PAGE}${cursor && `&cursor=${cursor}`}`);
      if (asked !== this._asked) return;
      if (!cursor && this._query.get("state")) this._payments.clear();
      for (const each of page.payments) this._take(each);
      this._cursor = String(page.next_cursor ?? "");
      this._arrange();
      this._list.touchAll();
    } catch (error) {
      write(this._empty, error instanceof Error ? error.message : String(error));
    }
  }

  /** The stream may have been faster than the answer. @param {Payment} payment */
  _take(payment) {
    const known = this._payments.get(String(payment.id));
    if (!known || known.changed_at <= payment.changed_at) this._payments.set(String(payment.id), payment);
  }

  async _next() {
    if (this._cursor) await this._read(this._cursor);
  }

  _arrange() {
    const keys = [...this._payments.keys()].sort((a, b) => Number(b) - Number(a));
    for (const key of keys.splice(KEPT)) this._payments.delete(key);
    this._list.show([{ title: "", keys }]);
    show(this._more, this._cursor !== "" && keys.length < KEPT);
    write(this._empty, keys.length ? "" : t("nothing_yet"));
  }

  /** @param {string} id */
  _show(id) {
    if (id === this._open) return;
    this._open = id;
    this._drawer?.close();
    if (!id) return;
    this._drawer = openPayment(this._context, id, () => {
      if (here().query.get("open") === id) refine({ open: "" });
      this._list.focus(id);
    });
  }
}

function tableHead() {
  const heads = COLUMNS.map((each) => h("div", { role: "columnheader" }, named("column", each)));
  return h("div", { role: "rowgroup" }, h("div", { class: "row head", role: "row" }, heads));
}
