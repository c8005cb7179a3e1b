/** A payment as a row of the list. */

import { h, mark, write } from "../core/dom.js";
import { moment, money } from "../core/format.js";
import { named, t } from "../core/language.js";
import { changed } from "../core/route.js";

/** @import {Payment, Tone} from "../types.js" */
/** @import {View} from "../core/list.js" */

export const COLUMNS = /** @type {const} */ ([
  "payment",
  "channel",
  "account",
  "total",
  "credit",
  "receipt",
  "changed",
]);
/** @type {Record<string, Tone>} */
const TONES = { done: "good", none: "good", due: "warn", waiting: "warn", unknown: "warn", refused: "bad" };

/** @param {(id: string) => Payment | undefined} paymentOf @param {string} id @returns {View} */
export function line(paymentOf, id) {
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
      mark(element, "data-tone", owed ? "bad" : (TONES[payment.credit] ?? "quiet"));
    },
  };
}
