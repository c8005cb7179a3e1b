/** Small pictures of figures: a shift's age as a ring, a minute's work as a line, a share as a bar. */

import { h, mark, svg } from "../core/dom.js";
import { MINUTES } from "./pace.js";

/** @import {Tone} from "../types.js" */

const AROUND = 2 * Math.PI * 9;

/** A ring that fills in a day, with the hours in it. */
export function ring() {
  const arc = svg("circle", { cx: 12, cy: 12, r: 9, class: "arc", "stroke-dasharray": `0 ${AROUND}` });
  const hours = svg("text", { x: 12, y: 12, class: "hours" });
  const element = svg(
    "svg",
    { class: "ring", viewBox: "0 0 24 24", "aria-hidden": "true" },
    svg("circle", { cx: 12, cy: 12, r: 9, class: "track" }),
    arc,
    hours,
  );
  return {
    element,
    /** @param {number | null} age in seconds @param {Tone} tone */
    update(age, tone) {
      const share = age === null ? 0 : Math.min(1, age / 86_400);
      mark(arc, "stroke-dasharray", `${(share * AROUND).toFixed(1)} ${AROUND.toFixed(1)}`);
      mark(element, "data-tone", tone);
      const text = age === null ? "" : String(Math.floor(age / 3600));
      if (hours.textContent !== text) hours.textContent = text;
    },
  };
}

/** The pace of the last half hour. It is drawn anew when the minute is over, not with every document. */
export function spark() {
  const line = svg("polyline", { points: "" });
  const area = svg("polygon", { points: "" });
  const element = svg(
    "svg",
    { class: "spark", viewBox: `0 0 ${MINUTES - 1} 10`, preserveAspectRatio: "none", "aria-hidden": "true" },
    area,
    line,
  );
  return {
    element,
    /** @param {number[]} minutes */
    update(minutes) {
      const top = Math.max(4, ...minutes);
      const first = MINUTES - minutes.length;
      const points = minutes.map((made, place) => `${first + place},${(9.5 - (made / top) * 9).toFixed(1)}`).join(" ");
      mark(line, "points", points);
      mark(area, "points", points && `${first},10 ${points} ${MINUTES - 1},10`);
    },
  };
}

/** A share of something, at a glance. */
export function bar() {
  const fill = h("span", { class: "fill" });
  const element = h("span", { class: "bar", "aria-hidden": "true" }, fill);
  return {
    element,
    /** @param {number} share of 1 @param {Tone} tone */
    update(share, tone) {
      const scale = `scaleX(${Math.max(0, Math.min(1, share)).toFixed(3)})`;
      if (fill.style.transform !== scale) fill.style.transform = scale;
      mark(element, "data-tone", tone);
    },
  };
}
