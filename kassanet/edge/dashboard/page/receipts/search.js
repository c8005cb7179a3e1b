/** Finding receipts: filters in the address, a search at the service, a table for a spreadsheet. */

import { get } from "../core/api.js";
import { h } from "../core/dom.js";
import { language, named, t } from "../core/language.js";
import { refine } from "../core/route.js";

/** @import {Context, Moved, Receipt} from "../types.js" */

const STATUSES = /** @type {const} */ ([
  "queued",
  "assigned",
  "unknown",
  "manual",
  "fiscalized",
  "refused",
  "cancelled",
]);
const NAMES = /** @type {const} */ (["external_id", "fd", "total", "status", "circuit_id", "kkt", "since", "until"]);

/** What the address asks of the service; null when it asks for nothing in particular. @param {URLSearchParams} query */
export function filters(query) {
  const asked = new URLSearchParams();
  for (const name of NAMES) {
    const text = query.get(name)?.trim();
    if (text) asked.set(name, asSaid(name, text));
  }
  return asked.size ? asked : null;
}

/** Sums are typed in roubles, times without a zone. @param {typeof NAMES[number]} name @param {string} text */
function asSaid(name, text) {
  if (name === "total") return String(Math.round(Number(text.replace(/\s/g, "").replace(",", ".")) * 100));
  if (name === "since" || name === "until") return new Date(text).toISOString();
  return text;
}

/** @param {Context} context */
export function search(context) {
  const inputs = {
    external_id: field("search", t("external_id")),
    fd: field("text", t("fd"), { inputmode: "numeric", pattern: "[0-9]*" }),
    total: field("text", t("total"), { inputmode: "decimal" }),
    status: choice(t("status"), [
      ["", t("any_status")],
      ...STATUSES.map((each) => /** @type {[string, string]} */ ([each, named("status", each)])),
    ]),
    circuit_id: choice(t("circuit"), circuitsOf(context)),
    since: field("datetime-local", t("since")),
    until: field("datetime-local", t("until")),
  };
  const names = /** @type {(keyof typeof inputs)[]} */ (Object.keys(inputs));
  const submit = () => refine(Object.fromEntries(names.map((name) => [name, inputs[name].value])));
  const clear = h(
    "button",
    { type: "button", onClick: () => refine(Object.fromEntries(NAMES.map((name) => [name, ""]))) },
    t("clear"),
  );
  const csv = h("a", { class: "button", download: "receipts.csv" }, t("csv"));
  const element = h(
    "form",
    {
      class: "controls",
      role: "search",
      onSubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        submit();
      },
      onChange: submit,
    },
    names.map((name) => h("label", { class: `field ${name}` }, h("span", null, labelOf(inputs[name])), inputs[name])),
    h("button", { class: "primary" }, t("find")),
    clear,
    csv,
  );
  return {
    element,
    circuits() {
      const kept = inputs.circuit_id.value;
      inputs.circuit_id.replaceChildren(...circuitsOf(context).map(([value, text]) => h("option", { value }, text)));
      inputs.circuit_id.value = kept;
    },
    /** @param {URLSearchParams} query */
    follow(query) {
      for (const name of names) if (inputs[name] !== document.activeElement) inputs[name].value = query.get(name) ?? "";
      csv.href = csvAddress(filters(query) ?? new URLSearchParams());
    },
    find,
  };
}

/** @param {string} asked @param {string} cursor */
async function find(asked, cursor) {
  const query = new URLSearchParams(asked);
  query.set("limit", "100");
  if (cursor) query.set("cursor", cursor);
  const page = await get(`/api/v1/receipts?${query}`);
  return { receipts: page.receipts.map(moved), cursor: String(page.next_cursor ?? "") };
}

/** A receipt in full as one that moves. @param {Receipt} receipt @returns {Moved} */
function moved(receipt) {
  return { ...receipt, at: Date.parse(receipt.changed_at) / 1000 };
}

/** @param {URLSearchParams} asked */
function csvAddress(asked) {
  const query = new URLSearchParams(asked);
  query.set("separator", language() === "en" ? "comma" : "semicolon");
  query.set("zone", String(-new Date().getTimezoneOffset()));
  return `/api/v1/receipts.csv?${query}`;
}

/** @param {string} type @param {string} label @param {Record<string, unknown>} [props] */
function field(type, label, props) {
  return h("input", { type, autocomplete: "off", "data-label": label, ...props });
}

/** @param {string} label @param {[string, string][]} options */
function choice(label, options) {
  return h(
    "select",
    { "data-label": label },
    options.map(([value, text]) => h("option", { value }, text)),
  );
}

/** @param {HTMLElement} input */
function labelOf(input) {
  return input.dataset["label"] ?? "";
}

/** @param {Context} context @returns {[string, string][]} */
function circuitsOf(context) {
  return [
    ["", t("all_circuits")],
    ...[...context.store.all("circuit").values()].map(
      (each) => /** @type {[string, string]} */ ([String(each.id), `${each.title} · ${each.sinn}`]),
    ),
  ];
}
