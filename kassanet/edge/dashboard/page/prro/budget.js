/** A bar of offline hours with the words beside it: how much is left, of how much. */

import { h, mark, show, write } from "../core/dom.js";
import { span } from "../core/format.js";
import { t } from "../core/language.js";
import { bar } from "../registers/glyphs.js";

/** @import {Word} from "../core/language.js" */
/** @import {Budget} from "./seen.js" */

/** @param {Word} title */
export function budgetBar(title) {
  const words = h("span", { class: "left" });
  const fill = bar();
  const element = h("span", { class: "budget" }, h("span", { class: "label" }, t(title)), fill.element, words);
  return {
    element,
    /** @param {Budget | null} budget */
    update(budget) {
      show(element, budget !== null);
      if (budget === null) return;
      fill.update(budget.used / budget.limit, budget.tone);
      mark(element, "data-tone", budget.tone);
      write(words, t("offline_left", { left: hours(budget.left), limit: hours(budget.limit) }));
    },
  };
}

/** The law counts in hours; only the last one in minutes. @param {number} seconds */
function hours(seconds) {
  return seconds < 3600 ? span(seconds) : t("hours_short", { h: Math.floor(seconds / 3600) });
}
