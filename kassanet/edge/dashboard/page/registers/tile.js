/** One register on the wall, and the same as a row of the table. Each writes only what differs from what it shows. */

import { h, mark, show, write } from "../core/dom.js";
import { fillWords, number, percent, roughly, span } from "../core/format.js";
import { t } from "../core/language.js";
import { changed } from "../core/route.js";
import { bar, ring, spark } from "./glyphs.js";
import { conditionWords, fnDays, shiftAge, shiftTone, toneOf, troubles, unsentAge } from "./seen.js";

/** @import {Context, Kkt, Tone} from "../types.js" */
/** @import {View} from "../core/list.js" */

export const TILE = { height: 128, width: 236, gap: 10 };
export const ROW = { height: 34, width: 0, gap: 0 };

/** The parts that both have; on a tile there is little room. @param {Context} context @param {boolean} small */
function parts(context, small) {
  const name = h("span", { class: "eip" });
  const condition = h("span", { class: "condition" });
  const shift = h("span", { class: "shift" });
  const fn = h("span", { class: "fn" });
  const ofd = h("span", { class: "ofd" });
  const rate = h("span", { class: "rate" });
  const trouble = h("span", { class: "trouble" });
  const shiftRing = ring();
  const line = spark();
  const fill = bar();
  let drawn = "";

  /** @param {Kkt} kkt */
  function update(kkt) {
    const age = shiftAge(kkt);
    write(name, kkt.eip);
    write(condition, conditionWords(kkt));
    shiftRing.update(age, shiftTone(age));
    write(shift, age === null ? t("shift_closed") : span(age));
    writeFn(fn, fill, kkt, context.session.fn_documents, small);
    writeOfd(ofd, kkt);
    const [worst] = kkt.condition === "inactive" ? [] : troubles(kkt);
    const words = worst?.words === condition.textContent ? "" : worst?.words;
    write(trouble, [words, worst?.advice].filter(Boolean).join(". "));
    trouble.title = worst?.said ?? "";
    const pace = `${kkt.eip} ${context.pace.edition}`;
    if (pace === drawn) return;
    drawn = pace;
    line.update(context.pace.of(kkt.eip));
    write(rate, t("per_minute", { count: number(context.pace.rate(kkt.eip)) }));
  }
  return {
    name,
    condition,
    shift,
    fn,
    ofd,
    rate,
    trouble,
    ring: shiftRing.element,
    spark: line.element,
    bar: fill.element,
    update,
  };
}

/**
 * @param {HTMLElement} element
 * @param {{update: (share: number, tone: Tone) => void}} fill
 * @param {Kkt} kkt
 * @param {number} capacity
 * @param {boolean} small
 */
function writeFn(element, fill, kkt, capacity, small) {
  const days = fnDays(kkt);
  const share = kkt.fn ? kkt.fn.last_fd / capacity : 0;
  const tone = days !== null && days <= 3 ? "bad" : (days !== null && days <= 30) || share > 0.9 ? "warn" : "quiet";
  fill.update(share, tone);
  mark(element, "data-tone", tone);
  const left = days === null ? "" : days < 0 ? t("fn_over") : t("days_short", { d: days });
  const full = [`≈${percent(share)}`, left].filter(Boolean).join(" · ");
  element.title = kkt.fn ? [fillWords(kkt.fn.last_fd, capacity), left].filter(Boolean).join(" · ") : "";
  write(element, kkt.fn ? (small && left) || full : "—");
}

/** @param {HTMLElement} element @param {Kkt} kkt */
function writeOfd(element, kkt) {
  const age = unsentAge(kkt);
  const tone = age === null ? "quiet" : age > 25 * 86_400 ? "bad" : age > 2 * 86_400 ? "warn" : "quiet";
  mark(element, "data-tone", tone);
  write(element, kkt.ofd ? `${number(kkt.ofd.unsent)}${age === null ? "" : ` · ${roughly(age)}`}` : "—");
}

/** @param {Context} context @returns {(key: string) => View} */
export function tiles(context) {
  return (key) => {
    const seen = parts(context, true);
    const link = h(
      "a",
      { class: "tile" },
      h("span", { class: "top" }, h("span", { class: "lamp", "aria-hidden": "true" }), seen.name),
      seen.condition,
      h(
        "span",
        { class: "figures" },
        figure(t("shift"), seen.shift),
        figure(t("fn"), seen.fn, seen.bar),
        figure(t("ofd"), seen.ofd),
      ),
      h("span", { class: "foot" }, seen.rate),
      seen.trouble,
    );
    link.append(seen.ring);
    link.querySelector(".foot")?.prepend(seen.spark);
    const element = h("div", { class: "slot" }, link);
    return { element, update: updater(context, key, link, seen.update, seen.trouble) };
  };
}

/** @param {string} title @param {...HTMLElement} values */
function figure(title, ...values) {
  return h("span", { class: "figure" }, h("span", { class: "label" }, title), ...values);
}

/** @param {Context} context @returns {(key: string) => View} */
export function rows(context) {
  return (key) => {
    const seen = parts(context, false);
    const link = h("a", { class: "name" }, h("span", { class: "lamp", "aria-hidden": "true" }), seen.name);
    const cells = [
      link,
      seen.condition,
      h("span", { class: "with-ring" }, seen.shift),
      h("span", { class: "with-bar" }, seen.bar, seen.fn),
      seen.ofd,
      seen.rate,
      seen.trouble,
    ];
    cells[2]?.prepend(seen.ring);
    const element = h(
      "div",
      { class: "row", role: "row" },
      cells.map((cell) => h("div", { role: "cell" }, cell)),
    );
    return { element, update: updater(context, key, link, seen.update, null, element) };
  };
}

/**
 * @param {Context} context @param {string} key @param {HTMLAnchorElement} link @param {(kkt: Kkt) => void} update
 * @param {HTMLElement | null} trouble @param {HTMLElement} [toned]
 */
function updater(context, key, link, update, trouble, toned = link) {
  return () => {
    const kkt = context.store.all("kkt").get(key);
    if (kkt === undefined) return;
    update(kkt);
    mark(toned, "data-tone", toneOf(kkt));
    mark(link, "href", changed({ open: key }));
    if (trouble) show(trouble, trouble.textContent !== "");
  };
}
