/** One receipt as a row. */

import { h, mark, write } from "../core/dom.js";
import { moment, money } from "../core/format.js";
import { named } from "../core/language.js";
import { changed } from "../core/route.js";

/** @import {Moved} from "../types.js" */
/** @import {View} from "../core/list.js" */

export const HEIGHT = 34;
const COLUMNS = /** @type {const} */ (["receipt", "kind", "total", "status", "register", "fd", "changed"]);

export function tableHead() {
  return h(
    "div",
    { role: "rowgroup" },
    h(
      "div",
      { class: "row head", role: "row" },
      COLUMNS.map((each) => h("div", { role: "columnheader" }, named("column", each))),
    ),
  );
}

/** @param {(key: string) => Moved | undefined} receiptOf @param {string} id @returns {View} */
export function line(receiptOf, id) {
  const link = h("a", { class: "name" });
  const cells = COLUMNS.slice(1).map(() => h("span"));
  const element = h(
    "div",
    { class: "row", role: "row" },
    [link, ...cells].map((cell) => h("div", { role: "cell" }, cell)),
  );
  return {
    element,
    update() {
      const receipt = receiptOf(id);
      if (receipt === undefined) return;
      mark(link, "href", changed({ open: id }));
      write(link, receipt.external_id);
      link.title = `№ ${receipt.id}`;
      const { kind, total, status, reason, kkt, fiscal, at } = receipt;
      const texts = [
        named("kind", kind),
        money(total),
        reason && status !== "fiscalized" ? `${named("status", status)}: ${reason}` : named("status", status),
        kkt ?? "",
        fiscal ? String(fiscal.fd) : "",
        moment(at),
      ];
      texts.forEach((text, place) => write(/** @type {HTMLElement} */ (cells[place]), text));
      mark(element, "data-status", status);
    },
  };
}
