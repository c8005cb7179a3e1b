/** How one finds payments: what needs somebody as chips, and by number or party. In the address. */

import { h, mark } from "../core/dom.js";
import { named, t } from "../core/language.js";
import { refine } from "../core/route.js";

const STATES = /** @type {const} */ (["", "open", "give_back", "given_back", "stuck"]);
const FIELDS = /** @type {const} */ (["txn_id", "account", "channel", "billing"]);

export function controls() {
  const chips = STATES.map((state) =>
    h(
      "button",
      { type: "button", class: "chip", "data-value": state, onClick: () => refine({ state }) },
      state ? named("payment_state", state) : t("payments_all"),
    ),
  );
  const fields = FIELDS.map((name) =>
    h("input", { type: "search", name, "aria-label": t(name), placeholder: t(name) }),
  );
  const submit = () => refine(Object.fromEntries(fields.map((field) => [field.name, field.value.trim()])));
  const element = h(
    "div",
    { class: "filters" },
    h("div", { class: "chips", role: "group", "aria-label": t("state") }, chips),
    h("div", { class: "controls", role: "search", onChange: submit }, fields),
  );
  return {
    element,
    /** @param {URLSearchParams} query */
    follow(query) {
      const state = query.get("state") ?? "";
      for (const chip of chips) mark(chip, "aria-pressed", String(chip.dataset["value"] === state));
      for (const field of fields) if (field !== document.activeElement) field.value = query.get(field.name) ?? "";
    },
  };
}
