/** A receipt as it looks on paper. What was sold stands there for as long as the service keeps it. */

import { h } from "../core/dom.js";
import { number, printed, sum } from "../core/format.js";
import { named, t } from "../core/language.js";

/** @import {Fiscal, Item, Receipt} from "../types.js" */

/** @param {Receipt} receipt */
export function slip(receipt) {
  const { request, fiscal } = receipt;
  return h(
    "article",
    { class: "slip", "aria-label": t("slip") },
    h("h3", null, t("slip_title")),
    h("p", { class: "centre" }, named("kind", receipt.kind)),
    request ? request.items.map(item) : h("p", { class: "note" }, t("content_dropped")),
    h("p", { class: "total" }, h("span", null, t("total_caps")), h("span", null, sum(receipt.total))),
    Object.entries(request?.payments ?? {})
      .filter(([, paid]) => paid)
      .map(([how, paid]) => pair(named("paid", how), sum(paid))),
    request && pair(t("tax_system"), named("tax", request.tax_system)),
    request?.customer &&
      pair(t("customer"), request.customer.email ?? request.customer.phone ?? request.customer.name ?? ""),
    request?.cashier && pair(t("cashier"), request.cashier),
    pair(t("external_id"), receipt.external_id),
    fiscal ? document(receipt, fiscal) : h("p", { class: "note centre" }, t("no_document_yet")),
  );
}

/** @param {Item} item */
function item(item) {
  const total = item.sum ?? Math.floor((item.price * Math.round(Number(item.quantity) * 1000) + 500) / 1000);
  return h(
    "div",
    { class: "item" },
    h("p", null, item.name),
    h(
      "p",
      { class: "pair" },
      h("span", null, `${number(Number(item.quantity), 3)} ${item.measurement_unit ?? ""} × ${sum(item.price)}`),
      h("span", null, `= ${sum(total)}`),
    ),
    h("p", { class: "pair small" }, h("span", null, named("vat", item.vat))),
  );
}

/** @param {Receipt} receipt @param {Fiscal} fiscal */
function document(receipt, fiscal) {
  return h(
    "div",
    { class: "document" },
    h(
      "div",
      null,
      pair(t("fn_short"), fiscal.fn),
      pair(t("fd_short"), String(fiscal.fd)),
      pair(t("fpd_short"), String(fiscal.fpd)),
      pair(t("shift"), String(fiscal.shift)),
      pair(t("receipt_short"), String(fiscal.receipt_number)),
      pair(t("printed_at"), printed(fiscal.at)),
    ),
    h("img", {
      class: "qr",
      src: `/api/v1/receipts/${receipt.id}/qr.svg`,
      alt: t("qr", { text: fiscal.qr }),
      width: 132,
      height: 132,
    }),
  );
}

/** @param {string} name @param {string} value */
function pair(name, value) {
  return h("p", { class: "pair" }, h("span", null, name), h("span", null, value));
}
