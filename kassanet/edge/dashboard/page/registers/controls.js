/** How one finds registers: chips with counts, a search, groups and orders. All of it is kept in the address. */

import { h, mark, write } from "../core/dom.js";
import { number } from "../core/format.js";
import { named, t } from "../core/language.js";
import { refine } from "../core/route.js";
import { GROUPS, SORTS } from "./order.js";

/** @import {Circuit, Context} from "../types.js" */
/** @import {STATES} from "./seen.js" */

/** @param {typeof STATES[number]} state */
export function chip(state) {
  const count = h("b");
  const element = h(
    "button",
    {
      type: "button",
      class: "chip",
      "data-state": state,
      "aria-pressed": "false",
      onClick: () => refine({ state: element.getAttribute("aria-pressed") === "true" ? "" : state }),
    },
    h("span", null, named("state", state)),
    " ",
    count,
  );
  return {
    element,
    /** @param {number} made */
    count: (made) => {
      write(count, number(made));
      mark(element, "data-some", String(made > 0));
    },
    /** @param {string} present */
    follow: (present) => mark(element, "aria-pressed", String(present === state)),
  };
}

/** @param {Context} context */
export function controls(context) {
  const search = h("input", {
    type: "search",
    name: "q",
    placeholder: t("search_registers"),
    "aria-label": t("search_registers"),
    onInput: () => refine({ q: search.value }),
  });
  const circuit = choice("circuit", t("circuit"), [["", t("all_circuits")]]);
  const group = choice(
    "group",
    t("group"),
    GROUPS.map((each) => [each, named("group", each)]),
  );
  const sort = choice(
    "sort",
    t("sort"),
    SORTS.map((each) => [each, named("sort", each)]),
  );
  const view = h("button", {
    type: "button",
    onClick: () => refine({ view: view.dataset["view"] === "table" ? "" : "table" }),
  });
  const element = h("div", { class: "controls" }, search, circuit.element, group.element, sort.element, view);
  /** @param {ReadonlyMap<string, Circuit>} known */
  const circuits = (known) =>
    circuit.offer([
      ["", t("all_circuits")],
      ...[...known.values()].map(
        (each) => /** @type {[string, string]} */ ([String(each.id), `${each.title} · ${each.sinn}`]),
      ),
    ]);
  circuits(context.store.all("circuit"));
  return {
    element,
    circuits,
    /** @param {URLSearchParams} query @param {string} shown */
    follow(query, shown) {
      if (document.activeElement !== search) search.value = query.get("q") ?? "";
      circuit.set(query.get("circuit") ?? "");
      group.set(query.get("group") ?? "circuit");
      sort.set(query.get("sort") ?? "address");
      mark(view, "data-view", shown);
      write(view, t(shown === "table" ? "as_wall" : "as_table"));
    },
  };
}

/**
 * A choice that goes into the address.
 * @param {string} name
 * @param {string} label
 * @param {[string, string][]} options
 */
function choice(name, label, options) {
  const element = h("select", { name, "aria-label": label, onChange: () => refine({ [name]: element.value }) });
  let wanted = "";
  /** @param {[string, string][]} known */
  const offer = (known) => {
    element.replaceChildren(...known.map(([value, text]) => h("option", { value }, text)));
    element.value = wanted;
  };
  offer(options);
  /** @param {string} value */
  const set = (value) => {
    wanted = value;
    element.value = value;
  };
  return { element, offer, set };
}
