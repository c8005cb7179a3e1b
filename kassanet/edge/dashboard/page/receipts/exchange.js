/** The bytes of an attempt as they went over the wire, for support: asked for when somebody wants to see them. */

import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { time } from "../core/format.js";
import { t } from "../core/language.js";

/** @typedef {{at: number, sent: boolean, hex: string}} Piece */

/** @param {number} receipt @param {number} attempt */
export function exchange(receipt, attempt) {
  const shown = h("div", { class: "exchange" });
  const details = h(
    "details",
    { onToggle: () => details.open && void load() },
    h("summary", null, t("exchange")),
    shown,
  );

  async function load() {
    try {
      const told = await get(`/api/v1/receipts/${receipt}/attempts/${attempt}/exchange`);
      shown.replaceChildren(
        ...(told.pieces.length ? told.pieces.map(piece) : [h("p", { class: "note" }, t("exchange_gone"))]),
      );
    } catch (error) {
      shown.replaceChildren(h("p", { class: "note" }, error instanceof Error ? error.message : String(error)));
    }
  }
  return details;
}

/** @param {Piece} each */
function piece(each) {
  const thousandths = String(Math.floor(each.at * 1000) % 1000).padStart(3, "0");
  return h(
    "p",
    { "data-sent": String(each.sent) },
    h("time", null, `${time(each.at)}.${thousandths}`),
    h("b", null, each.sent ? "→" : "←"),
    h("code", null, each.hex.replace(/(..)/g, "$1 ")),
  );
}
