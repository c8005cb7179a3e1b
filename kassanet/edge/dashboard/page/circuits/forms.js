/** Making a circuit, a register in it, an integration. */

import { ask } from "../core/api.js";
import { h } from "../core/dom.js";
import { form } from "../core/form.js";
import { t } from "../core/language.js";

/** @import {Session} from "../types.js" */

/** @param {Session} session */
export function newCircuit(session) {
  form(
    t("new_circuit"),
    [
      {
        name: "inn",
        label: t("inn"),
        props: { required: true, inputmode: "numeric", pattern: "[0-9]{10}|[0-9]{12}", value: session.inn ?? "" },
      },
      { name: "title", label: t("title"), props: { required: true, maxlength: 256 } },
      {
        name: "max_wait",
        label: t("max_wait"),
        hint: t("max_wait_hint"),
        props: { type: "number", min: 1 },
        number: true,
      },
    ],
    async (said) => {
      const made = await ask("POST", "/fcircuit", said);
      return t("circuit_made", { sinn: made.sinn });
    },
  );
}

/** @param {number} circuit */
export function newRegister(circuit) {
  form(
    t("add_register"),
    [
      {
        name: "type",
        label: t("type"),
        props: { required: true, value: "terminalfa" },
        known: ["terminalfa", "pkfa12"],
      },
      {
        name: "eip",
        label: t("address"),
        hint: t("address_hint"),
        props: { required: true, placeholder: "10.55.0.96:7777" },
      },
    ],
    async (said) => {
      const made = await ask("POST", `/fcircuit/${circuit}/fr`, said);
      return t("register_added", { eip: made.eip });
    },
  );
}

/** @param {number} circuit @param {() => Promise<void>} done */
export function newIntegration(circuit, done) {
  form(
    t("add_integration"),
    [
      { name: "type", label: t("type"), props: { required: true, value: "api" }, known: ["api", "paykeeper", "osmp"] },
      { name: "param1", label: t("integration_name"), props: { maxlength: 1024 } },
    ],
    async (said) => {
      const made = await ask("POST", `/fcircuit/${circuit}/int`, said);
      await done();
      return made.token ? secrets(made) : t("done");
    },
  );
}

/** The only time that they are shown. @param {{token: string, callback_key: string}} made */
function secrets(made) {
  return h(
    "div",
    { class: "secrets" },
    h("p", null, t("shown_once")),
    h(
      "label",
      null,
      h("span", null, t("token")),
      h("input", { readonly: true, value: made.token, onFocus: selectAll }),
    ),
    h(
      "label",
      null,
      h("span", null, t("callback_key")),
      h("input", { readonly: true, value: made.callback_key, onFocus: selectAll }),
    ),
  );
}

/** @param {Event} event */
function selectAll(event) {
  /** @type {HTMLInputElement} */ (event.target).select();
}
