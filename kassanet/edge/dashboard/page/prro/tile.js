/** One software register on the wall: where it stands with the tax service, its shift, its offline hours, its key. */

import { h, mark, show, write } from "../core/dom.js";
import { number, span } from "../core/format.js";
import { named, t } from "../core/language.js";
import { changed } from "../core/route.js";
import { ring } from "../registers/glyphs.js";
import { shiftTone } from "../registers/seen.js";
import { budgetBar } from "./budget.js";
import { monthBudget, prroShiftAge, prroTone, sessionBudget } from "./seen.js";

/** @import {PrroState, ShownPrro} from "../types.js" */
/** @import {View} from "../core/list.js" */

export const TILE = { height: 198, width: 300, gap: 10 };

/** @typedef {(id: string) => {prro: ShownPrro | undefined, state: PrroState | undefined, key: string}} Known */

/** @param {Known} known @param {string} id @returns {View} */
export function tile(known, id) {
  const [title, subject, condition, local, waiting, key, reason] = [
    h("span", { class: "eip" }),
    h("span", { class: "note" }),
    h("span", { class: "condition" }),
    h("span"),
    h("span"),
    h("span", { class: "note key" }),
    h("span", { class: "trouble" }),
  ];
  const shift = h("span");
  const shiftRing = ring();
  const budgets = { session: budgetBar("offline_session"), month: budgetBar("offline_month") };
  const link = h(
    "a",
    { class: "tile prro" },
    h("span", { class: "top" }, h("span", { class: "lamp", "aria-hidden": "true" }), title),
    subject,
    condition,
    h(
      "span",
      { class: "figures" },
      figure(t("local_number"), local),
      figure(t("shift"), shift),
      figure(t("waiting_documents"), waiting),
    ),
    budgets.session.element,
    budgets.month.element,
    key,
    reason,
  );
  link.append(shiftRing.element);
  const element = h("div", { class: "slot prro-slot" }, link);

  function update() {
    const { prro, state, key: signer } = known(id);
    if (state === undefined) return;
    const age = prroShiftAge(state);
    mark(link, "href", changed({ open: id }));
    mark(link, "data-tone", prroTone(state));
    write(title, prro?.desk.point_name ?? String(state.register));
    write(subject, `${state.register}${prro ? ` · ${prro.desk.org_name}` : ""}`);
    write(condition, named("prro_condition", state.condition));
    shiftRing.update(age, shiftTone(age));
    write(shift, age === null ? t("shift_closed") : span(age));
    write(local, state.next_local ? number(state.next_local) : "—");
    write(waiting, number(state.waiting ?? 0));
    budgets.session.update(sessionBudget(state));
    budgets.month.update(monthBudget(state));
    const said = state.warning ?? state.reason ?? "";
    write(reason, said);
    show(reason, said !== "");
    write(key, signer);
    show(key, said === "");
  }
  return { element, update };
}

/** @param {string} title @param {...HTMLElement} values */
function figure(title, ...values) {
  return h("span", { class: "figure" }, h("span", { class: "label" }, title), ...values);
}
