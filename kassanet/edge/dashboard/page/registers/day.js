/** The last day of a register: a bar for each hour, and when it was not at work. */

import { now } from "../core/clock.js";
import { h, svg } from "../core/dom.js";
import { clock, dateTime, moment, number } from "../core/format.js";
import { named, t } from "../core/language.js";

/** @typedef {{since: number, hours: number[], turns: {at: number, condition: string, reason: string | null}[]}} Day */

const SHOWN = 12;

/** @param {Day} day */
export function dayOf(day) {
  const turns = day.turns.slice(-SHOWN).reverse();
  return h(
    "section",
    null,
    h("h3", null, t("last_day")),
    bars(day.hours),
    h("p", { class: "note" }, t("known_since", { moment: dateTime(day.since) })),
    h(
      "ol",
      { class: "turns" },
      turns.map((turn) =>
        h(
          "li",
          { "data-condition": turn.condition },
          h("time", null, moment(turn.at)),
          " ",
          named("condition", turn.condition),
          turn.reason && h("code", { lang: "en" }, turn.reason),
        ),
      ),
    ),
  );
}

/** @param {number[]} hours the present one last */
function bars(hours) {
  const top = Math.max(1, ...hours);
  const first = 24 - hours.length;
  const made = hours.map((count, place) => {
    const height = (count / top) * 40;
    return svg("rect", {
      x: (first + place) * 10 + 1,
      y: 42 - height,
      width: 8,
      height: Math.max(count ? 1 : 0, height),
    });
  });
  const total = hours.reduce((sum, count) => sum + count, 0);
  const label = t("documents_in_a_day", { count: number(total), most: number(top) });
  return h(
    "figure",
    { class: "hours" },
    svg(
      "svg",
      { viewBox: "0 0 240 44", role: "img", "aria-label": label, preserveAspectRatio: "none" },
      svg("line", { x1: 0, x2: 240, y1: 42.5, y2: 42.5 }),
      ...made,
    ),
    h(
      "figcaption",
      null,
      h("span", null, clock(now() - 86_400)),
      h("span", null, label),
      h("span", null, clock(now())),
    ),
  );
}
