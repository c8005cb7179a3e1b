/** What a register has made lately, and what people asked of it. */

import { h } from "../core/dom.js";
import { moment, money } from "../core/format.js";
import { named, t } from "../core/language.js";
import { address } from "../core/route.js";

/** @import {Receipt} from "../types.js" */
/** @typedef {{at: string, by: string, method: string, target: string, status: number | null}} Line */

/** @param {Receipt[]} receipts */
export function receiptsOf(receipts) {
  return h(
    "section",
    null,
    h("h3", null, t("page_receipts")),
    receipts.length === 0 ? h("p", { class: "empty" }, t("nothing_yet")) : null,
    h(
      "ul",
      { class: "lines" },
      receipts.map((each) =>
        h(
          "li",
          null,
          h("a", { href: address("receipts", { open: each.id }) }, each.external_id),
          h("span", { "data-status": each.status }, named("status", each.status)),
          h("span", { class: "number" }, money(each.total)),
          h("time", null, moment(Date.parse(each.changed_at) / 1000)),
        ),
      ),
    ),
  );
}

/** @param {Line[]} lines */
export function journalOf(lines) {
  return h(
    "section",
    null,
    h("h3", null, t("journal")),
    lines.length === 0 ? h("p", { class: "empty" }, t("nothing_yet")) : null,
    h(
      "ul",
      { class: "lines" },
      lines.map((each) =>
        h(
          "li",
          null,
          h("code", null, each.target.split("/").at(-1) ?? each.method),
          h("span", null, each.by),
          h(
            "span",
            { "data-tone": each.status === null ? "warn" : each.status < 400 ? "good" : "bad" },
            each.status ?? "?",
          ),
          h("time", null, moment(Date.parse(each.at) / 1000)),
        ),
      ),
    ),
  );
}
