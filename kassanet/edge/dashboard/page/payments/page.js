/**
 * Payments between channels, billings and registers: what came, whether it was credited, and its receipt. There is no
 * stream of them, so the list is read again every few seconds while somebody looks.
 */

import { get } from "../core/api.js";
import { everySecond } from "../core/clock.js";
import { h, mark, write } from "../core/dom.js";
import { moment, money } from "../core/format.js";
import { named, t } from "../core/language.js";
import { List } from "../core/list.js";
import { changed, here, refine } from "../core/route.js";
import { openPayment } from "./drawer.js";

/** @import {Context, Page, Payment} from "../types.js" */
/** @import {View} from "../core/list.js" */

const EVERY = 5; // seconds between two readings
const COLUMNS = /** @type {const} */ (["payment", "channel", "account", "total", "credit", "receipt", "changed"]);
const STATES = /** @type {const} */ (["open", "give_back", "given_back", "stuck"]);
const FILTERS = /** @type {const} */ (["txn_id", "account", "state"]);

/** @param {Context} context @returns {Page} */
export function paymentsPage(context) {
  const page = new PaymentsPage(context);
  return { element: page.element, follow: (query) => page.follow(query), dispose: () => page.dispose() };
}

class PaymentsPage {
  /** @param {Context} context */
  constructor(context) {
    this._context = context;
    /** @type {Map<string, Payment>} */
    this._payments = new Map();
    this._asked = "";
    this._open = "";
    this._seconds = 0;
    this._controls = controls();
    this._empty = h("p", { class: "empty", role: "status" });
    const rows = h("div", { class: "rows", role: "rowgroup" });
    const table = h("div", { class: "table", role: "table", "aria-label": t("page_payments") }, tableHead(), rows);
    const heading = h("h1", { class: "unseen" }, t("page_payments"));
    const props = { class: "page payments", "aria-label": t("page_payments") };
    this.element = h("section", props, heading, this._controls.element, table, this._empty);
    this._list = new List({
      scroller: /** @type {HTMLElement} */ (document.querySelector("main")),
      element: rows,
      head: () => h("div"),
      headHeight: 0,
      index: "aria-rowindex",
      item: { height: 34, width: 0, gap: 0 },
      create: (key) => line((id) => this._payments.get(id), key),
    });
    this._end = everySecond(() => void (++this._seconds % EVERY === 0 && this._read()));
  }

  dispose() {
    this._end();
    this._list.dispose();
  }

  /** @param {URLSearchParams} query */
  follow(query) {
    this._controls.follow(query);
    const asked = new URLSearchParams(
      FILTERS.flatMap((name) => (query.get(name) ? [[name, query.get(name) ?? ""]] : [])),
    );
    asked.set("limit", "200");
    if (asked.toString() !== this._asked) {
      this._asked = asked.toString();
      void this._read();
    }
    this._show(query.get("open") ?? "");
  }

  async _read() {
    const asked = this._asked;
    try {
      const page = await get(`/api/v1/payments?${asked}`);
      if (asked !== this._asked) return;
      this._payments = new Map(page.payments.map((/** @type {Payment} */ each) => [String(each.id), each]));
      this._list.show([{ title: "", keys: [...this._payments.keys()] }]);
      this._list.touchAll();
      write(this._empty, this._payments.size ? "" : t("nothing_yet"));
    } catch (error) {
      write(this._empty, error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {string} id */
  _show(id) {
    if (id === this._open) return;
    this._open = id;
    this._drawer?.close();
    if (!id) return;
    this._drawer = openPayment(this._context, id, () => {
      if (here().query.get("open") === id) refine({ open: "" });
      void this._read();
    });
  }
}

function controls() {
  const txn = h("input", { type: "search", "aria-label": t("txn_id"), placeholder: t("txn_id") });
  const account = h("input", { type: "search", "aria-label": t("account"), placeholder: t("account") });
  const states = STATES.map((each) => h("option", { value: each }, named("payment_state", each)));
  const state = h("select", { "aria-label": t("state") }, h("option", { value: "" }, t("any_state")), states);
  const submit = () => refine({ txn_id: txn.value.trim(), account: account.value.trim(), state: state.value });
  const element = h("div", { class: "controls", role: "search", onChange: submit }, txn, account, state);
  return {
    element,
    /** @param {URLSearchParams} query */
    follow(query) {
      for (const [name, input] of /** @type {const} */ ([
        ["txn_id", txn],
        ["account", account],
        ["state", state],
      ])) {
        if (input !== document.activeElement) input.value = query.get(name) ?? "";
      }
    },
  };
}

function tableHead() {
  const heads = COLUMNS.map((each) => h("div", { role: "columnheader" }, named("column", each)));
  return h("div", { role: "rowgroup" }, h("div", { class: "row head", role: "row" }, heads));
}

/** @param {(id: string) => Payment | undefined} paymentOf @param {string} id @returns {View} */
function line(paymentOf, id) {
  const link = h("a", { class: "name" });
  const cells = COLUMNS.slice(1).map(() => h("span"));
  const row = [link, ...cells].map((cell) => h("div", { role: "cell" }, cell));
  const element = h("div", { class: "row", role: "row" }, row);
  return {
    element,
    update() {
      const payment = paymentOf(id);
      if (payment === undefined) return;
      mark(link, "href", changed({ open: id }));
      write(link, payment.txn_id);
      const owed = payment.give_back === "owed" ? ` · ${t("owed_to_payer")}` : "";
      const texts = [
        payment.channel,
        payment.account,
        money(payment.kind === "refund" ? -payment.sum : payment.sum),
        `${named("credit", payment.credit)}${owed}`,
        named(payment.receipt_id ? "status" : "payment_receipt", payment.receipt),
        moment(Date.parse(payment.changed_at) / 1000),
      ];
      texts.forEach((text, place) => write(/** @type {HTMLElement} */ (cells[place]), text));
      mark(
        element,
        "data-tone",
        owed ? "bad" : payment.credit === "done" || payment.credit === "none" ? "good" : "warn",
      );
    },
  };
}
