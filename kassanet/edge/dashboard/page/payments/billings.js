/** The billings above the payments: which answers, which is away, what waits for each and since when. */

import { everySecond } from "../core/clock.js";
import { h, keyed, mark, show, write } from "../core/dom.js";
import { named, t } from "../core/language.js";
import { address } from "../core/route.js";
import { backlogWords, billingState, billingTone } from "../topology/place.js";

/** @import {BillingLive, Context} from "../types.js" */

/** @param {Context} context */
export function billingsStrip(context) {
  const list = h("ul", { class: "billings", "aria-label": named("layer", "billing") });
  /** @type {Map<string, ReturnType<typeof billing>>} */
  const views = new Map();
  function draw() {
    const present = [...context.store.all("billings").values()].sort((a, b) => a.name.localeCompare(b.name));
    keyed(
      list,
      views,
      present,
      (each) => each.name,
      () => billing(),
    );
    show(list, present.length > 0);
  }
  const ends = [context.store.on("billings", draw), everySecond(draw)];
  draw();
  return { element: list, dispose: () => ends.forEach((end) => end()) };
}

function billing() {
  const [name, state, waits] = [h("a", { class: "name" }), h("span", { class: "state" }), h("span", { class: "note" })];
  const element = h("li", null, h("span", { class: "lamp", "aria-hidden": "true" }), name, state, waits);

  /** @param {BillingLive} live */
  function update(live) {
    mark(element, "data-tone", billingTone(live));
    mark(name, "href", address("payments", { billing: live.name, state: live.backlog ? "open" : "" }));
    write(name, live.name);
    write(state, billingState(live));
    write(waits, backlogWords(live));
    element.title = live.last ? t("billing_said", { said: live.last }) : "";
  }
  return { element, update };
}
