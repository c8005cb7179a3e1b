/** Making a circuit, a register in it, an integration. What the service finds wrong is said at the form. */

import { ask } from "../core/api.js";
import { open } from "../core/dialog.js";
import { h, write } from "../core/dom.js";
import { t } from "../core/language.js";
import { toast } from "../core/toast.js";

/** @import {Session} from "../types.js" */
/** @typedef {{name: string, label: string, hint?: string, props?: Record<string, unknown>, known?: string[], number?: boolean}} Field */

/** @param {string} title @param {Field[]} fields @param {(said: Record<string, unknown>) => Promise<Node | string>} send */
function form(title, fields, send) {
  const refusal = h("p", { class: "refusal", role: "alert" });
  const button = h("button", { class: "primary" }, title);
  const made = h("form", { class: "body", onSubmit: (/** @type {Event} */ event) => { event.preventDefault(); void submit(); } },
    fields.map(input), refusal, h("div", { class: "actions" }, button));
  const dialog = open({ title, kind: "box", body: made });
  /** @type {HTMLElement | null} */ (made.querySelector("input"))?.focus();

  async function submit() {
    button.disabled = true;
    try {
      const answer = await send(read(made, fields));
      if (typeof answer !== "string") return made.replaceChildren(answer);
      dialog.close();
      toast(answer);
    } catch (error) {
      write(refusal, error instanceof Error ? error.message : String(error));
    }
    button.disabled = false;
  }
}

/** @param {Field} field */
function input(field) {
  const list = field.known ? `known-${field.name}` : null;
  return h("label", null, h("span", null, field.label), h("input", { name: field.name, autocomplete: "off", spellcheck: "false", list, ...field.props }),
    list && h("datalist", { id: list }, (field.known ?? []).map((value) => h("option", { value }))), field.hint && h("small", null, field.hint));
}

/** @param {HTMLFormElement} made @param {Field[]} fields */
function read(made, fields) {
  /** @type {Record<string, unknown>} */
  const said = {};
  for (const { name, number } of fields) {
    const text = /** @type {HTMLInputElement} */ (made.elements.namedItem(name)).value.trim();
    if (text) said[name] = number ? Number(text) : text;
  }
  return said;
}

/** @param {Session} session */
export function newCircuit(session) {
  form(t("new_circuit"), [
    { name: "inn", label: t("inn"), props: { required: true, inputmode: "numeric", pattern: "[0-9]{10}|[0-9]{12}", value: session.inn ?? "" } },
    { name: "title", label: t("title"), props: { required: true, maxlength: 256 } },
    { name: "max_wait", label: t("max_wait"), hint: t("max_wait_hint"), props: { type: "number", min: 1 }, number: true },
  ], async (said) => {
    const made = await ask("POST", "/fcircuit", said);
    return t("circuit_made", { sinn: made.sinn });
  });
}

/** @param {number} circuit */
export function newRegister(circuit) {
  form(t("add_register"), [
    { name: "type", label: t("type"), props: { required: true, value: "terminalfa" }, known: ["terminalfa", "pkfa12"] },
    { name: "eip", label: t("address"), hint: t("address_hint"), props: { required: true, placeholder: "10.55.0.96:7777" } },
  ], async (said) => {
    const made = await ask("POST", `/fcircuit/${circuit}/fr`, said);
    return t("register_added", { eip: made.eip });
  });
}

/** @param {number} circuit @param {() => Promise<void>} done */
export function newIntegration(circuit, done) {
  form(t("add_integration"), [
    { name: "type", label: t("type"), props: { required: true, value: "api" }, known: ["api", "paykeeper", "osmp"] },
    { name: "param1", label: t("integration_name"), props: { maxlength: 1024 } },
  ], async (said) => {
    const made = await ask("POST", `/fcircuit/${circuit}/int`, said);
    await done();
    return made.token ? secrets(made) : t("done");
  });
}

/** The only time that they are shown. @param {{token: string, callback_key: string}} made */
function secrets(made) {
  return h("div", { class: "secrets" }, h("p", null, t("shown_once")),
    h("label", null, h("span", null, t("token")), h("input", { readonly: true, value: made.token, onFocus: selectAll })),
    h("label", null, h("span", null, t("callback_key")), h("input", { readonly: true, value: made.callback_key, onFocus: selectAll })));
}

/** @param {Event} event */
function selectAll(event) {
  /** @type {HTMLInputElement} */ (event.target).select();
}
