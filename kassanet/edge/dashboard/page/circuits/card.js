/** One circuit: its figures live, its registers as lamps, its integrations when somebody looks into it. */

import { ask, get } from "../core/api.js";
import { now } from "../core/clock.js";
import { h, mark, write } from "../core/dom.js";
import { number, percent, span } from "../core/format.js";
import { n, named, t } from "../core/language.js";
import { address } from "../core/route.js";
import { doing } from "../core/toast.js";
import { bar } from "../registers/glyphs.js";
import { toneOf } from "../registers/seen.js";
import { newIntegration, newRegister } from "./forms.js";

/** @import {Circuit, Context, Kkt, Tone} from "../types.js" */
/** @typedef {{id: number, type: string, param1: string | null, is_active: 0 | 1, working?: boolean}} Integration */

const OLD = 300; // seconds in the queue after which somebody should look

/** @param {Context} context @param {number} id */
export function card(context, id) {
  const title = h("h2");
  const sinn = h("span", { class: "sinn" });
  const figures = { queued: h("b"), oldest: h("b"), use: h("b"), pace: h("b") };
  const fill = bar();
  const lamps = h("a", { class: "lamps", href: address("registers", { circuit: id }) });
  const inside = inner(context, id);
  const element = h(
    "article",
    { class: "card" },
    h("header", null, title, sinn),
    h(
      "dl",
      { class: "figures" },
      figure(t("queued"), figures.queued),
      figure(t("oldest"), figures.oldest),
      figure(t("utilisation"), figures.use, fill.element),
      figure(t("documents_per_minute"), figures.pace),
    ),
    lamps,
    inside.element,
  );

  /** @param {Circuit} circuit */
  function update(circuit) {
    write(title, circuit.title);
    write(sinn, circuit.sinn);
    inside.sinn = circuit.sinn;
    write(figures.queued, number(circuit.queued));
    const age = circuit.queued && circuit.oldest_at !== null ? now() - circuit.oldest_at : null;
    write(figures.oldest, age === null ? "—" : span(age));
    mark(figures.oldest, "data-tone", age !== null && age > OLD ? "bad" : "quiet");
    const working = circuit.idle + circuit.busy;
    write(figures.use, working ? percent(circuit.busy / working) : "—");
    fill.update(working ? circuit.busy / working : 0, "good");
    const kkts = [...context.store.all("kkt").values()].filter((kkt) => kkt.circuit_id === id);
    write(figures.pace, number(kkts.reduce((sum, kkt) => sum + context.pace.rate(kkt.eip), 0)));
    writeLamps(lamps, kkts);
  }
  return { element, update };
}

/** @param {string} title @param {...HTMLElement} values */
function figure(title, ...values) {
  return h("div", null, h("dt", null, title), h("dd", null, values));
}

/** How many registers are well, and how many are not. @param {HTMLElement} element @param {Kkt[]} kkts */
export function writeLamps(element, kkts) {
  /** @type {Record<Tone, number>} */
  const counts = { good: 0, busy: 0, warn: 0, bad: 0, quiet: 0 };
  for (const kkt of kkts) counts[toneOf(kkt)]++;
  const told = Object.entries(counts).filter(([, count]) => count);
  const text = told.map(([tone, count]) => `${named("tone", tone)} ${count}`).join(", ");
  if (element.dataset["told"] === text && element.childElementCount) return;
  element.dataset["told"] = text;
  element.replaceChildren(
    h("span", { class: "count" }, n("registers", kkts.length)),
    ...told.map(([tone, count]) =>
      h(
        "span",
        { class: "lamp-count", "data-tone": tone },
        h("span", { class: "lamp", "aria-hidden": "true" }),
        `${named("tone", tone)} ${number(count)}`,
      ),
    ),
  );
}

/** @param {Context} context @param {number} id */
function inner(context, id) {
  const list = h("ul", { class: "integrations" });
  const may = context.session.role !== "viewer";
  const details = h(
    "details",
    { onToggle: () => details.open && void load() },
    h("summary", null, t("integrations")),
    list,
    may &&
      h(
        "div",
        { class: "actions" },
        h("button", { type: "button", onClick: () => newRegister(id) }, t("add_register")),
        h("button", { type: "button", onClick: () => newIntegration(id, load) }, t("add_integration")),
      ),
  );
  const view = { element: details, sinn: "" };

  async function load() {
    const [circuit] = await get(`/fcircuit/${view.sinn}`);
    const lines = circuit.integrations.map((/** @type {Integration} */ each) => integration(each, may, load));
    list.replaceChildren(...(lines.length ? lines : [h("li", { class: "empty" }, t("no_integrations"))]));
  }
  return view;
}

/** @param {Integration} each @param {boolean} may @param {() => Promise<void>} load */
function integration(each, may, load) {
  const on = each.is_active === 1;
  const button = h("button", {
    type: "button",
    role: "switch",
    "aria-checked": String(on),
    "aria-label": t("integration_number", { id: each.id }),
    disabled: !may,
    onClick: () => void turn(),
  });
  async function turn() {
    await doing(
      button,
      () => ask("PATCH", `/int/${each.id}/${on ? "deactivate" : "activate"}`),
      () => t("done"),
    );
    await load();
  }
  return h(
    "li",
    null,
    button,
    h("span", null, `№ ${each.id}`),
    h("code", null, each.type),
    h("span", null, each.param1 ?? ""),
    each.working === false && h("em", null, t("no_channel")),
  );
}
