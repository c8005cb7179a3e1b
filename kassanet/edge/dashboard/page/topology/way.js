/** One way of the graph: a line as broad as what flows over it, with dots that run; and the same as a row. */

import { h, mark, show, svg, write } from "../core/dom.js";
import { money, number } from "../core/format.js";
import { named, t } from "../core/language.js";

/** @import {Drawn, Placed} from "./layout.js" */
/** @import {curve} from "./layout.js" */

const COLUMNS = /** @type {const} */ (["from", "to", "route", "flow", "passed", "refused"]);
const SLOWEST = 4; // seconds that a dot takes for its step where one payment comes a minute

/** @param {ReturnType<typeof curve>} drawn */
export function wayLine(drawn) {
  const bed = svg("path", { d: drawn.path, class: "bed" });
  const dots = svg("path", { d: drawn.path, class: "dots" });
  const element = svg("g", { class: "way" }, bed, dots);
  const label = h("span", { class: "pulse", "aria-hidden": "true", hidden: true });
  label.style.transform = `translate(${drawn.middle.left}px, ${drawn.middle.top}px) translate(-50%, -50%)`;
  return {
    element,
    label,
    /** @param {number} rate payments a minute */
    update(rate) {
      const flows = rate > 0;
      mark(element, "data-flows", String(flows));
      const breadth = flows ? (1.5 + Math.min(6, Math.log2(1 + rate))).toFixed(1) : "1.5";
      mark(bed, "stroke-width", breadth);
      mark(dots, "stroke-width", Math.max(4, Number(breadth)).toFixed(1));
      const pace = `${Math.max(0.25, SLOWEST / Math.sqrt(1 + rate)).toFixed(2)}s`;
      if (dots.style.animationDuration !== pace) dots.style.animationDuration = pace;
      write(label, flows ? t("per_minute", { count: number(rate) }) : "");
      show(label, flows);
    },
  };
}

export function waysTable() {
  const rows = h("tbody");
  const heads = COLUMNS.map((each) => h("th", { scope: "col" }, named("column", each)));
  const element = h(
    "div",
    { class: "table", tabindex: "0", role: "region", "aria-label": t("ways") },
    h("table", { class: "ways" }, h("thead", null, h("tr", null, heads)), rows),
  );
  return { element, rows };
}

/** @param {Drawn} way @param {Placed} from @param {Placed} to */
export function wayRow(way, from, to) {
  const [flow, passed, refused] = [h("td"), h("td"), h("td")];
  const route = [way.route, way.policy && named("policy", way.policy)].filter(Boolean).join(" · ");
  const element = h(
    "tr",
    null,
    h("th", { scope: "row" }, titleOf(from)),
    h("td", null, titleOf(to)),
    h("td", null, route),
    flow,
    passed,
    refused,
  );
  return {
    element,
    /** @param {number} rate @param {{payments: number, sum: number, refused: number}} all */
    update(rate, all) {
      write(flow, t("flow_per_minute", { count: number(rate) }));
      write(passed, t("passed", { count: number(all.payments), sum: money(all.sum) }));
      write(refused, all.refused ? number(all.refused) : "—");
    },
  };
}

/** @param {Placed} placed */
function titleOf(placed) {
  const title = placed.members.length > 1 ? `${placed.members[0]} … ${placed.members.at(-1)}` : placed.title;
  return `${named("layer", placed.kind)}: ${title}`;
}
