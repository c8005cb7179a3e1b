/** Circuits: what waits, how busy the registers are, how much comes out; and making and changing them. */

import { everySecond } from "../core/clock.js";
import { h, keyed, write } from "../core/dom.js";
import { t } from "../core/language.js";
import { card } from "./card.js";
import { newCircuit } from "./forms.js";

/** @import {Context, Page} from "../types.js" */

/** @param {Context} context @returns {Page} */
export function circuitsPage(context) {
  const { store, session } = context;
  const cards = h("div", { class: "cards" });
  const empty = h("p", { class: "empty" });
  const make =
    session.role === "viewer"
      ? null
      : h("button", { type: "button", class: "primary", onClick: () => newCircuit(session) }, t("new_circuit"));
  const element = h(
    "section",
    { class: "page circuits", "aria-label": t("page_circuits") },
    h("header", { class: "head" }, h("h1", null, t("page_circuits")), make),
    cards,
    empty,
  );
  /** @type {Map<string, ReturnType<typeof card>>} */
  const views = new Map();

  function all() {
    const circuits = [...store.all("circuit").values()].sort((a, b) => a.title.localeCompare(b.title) || a.id - b.id);
    keyed(
      cards,
      views,
      circuits,
      (circuit) => String(circuit.id),
      (circuit) => card(context, circuit.id),
    );
    write(empty, circuits.length ? "" : t("no_circuits"));
  }

  /** @param {Iterable<string>} keys */
  function some(keys) {
    for (const key of keys) {
      const circuit = store.all("circuit").get(key);
      const view = views.get(key);
      if (!circuit || !view) return all();
      view.update(circuit);
    }
  }

  const ends = [store.on("circuit", some), everySecond(() => some(views.keys()))];
  all();
  return { element, dispose: () => ends.forEach((end) => end()) };
}
