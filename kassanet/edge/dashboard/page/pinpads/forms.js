/** Adding a pinpad; what is rarer than this is set over the API. */

import { ask } from "../core/api.js";
import { form } from "../core/form.js";
import { t } from "../core/language.js";

/** @import {Session} from "../types.js" */

/** @param {Session} session */
export function addPinpad(session) {
  form(
    t("add_pinpad"),
    [
      {
        name: "address",
        label: t("address"),
        hint: t("address_hint"),
        props: { required: true, placeholder: "10.55.0.70:7000" },
      },
      {
        name: "driver",
        label: t("type"),
        props: { required: true, value: "smartsale" },
        known: ["smartsale", "privatbank", "dc2"],
      },
      { name: "terminal_id", label: t("terminal_id") },
      {
        name: "inn",
        label: t("inn"),
        props: { inputmode: "numeric", pattern: "[0-9]{10}|[0-9]{12}", value: session.inn ?? "" },
      },
    ],
    async (said) => {
      const made = await ask("POST", "/api/v1/pinpads", said);
      return t("pinpad_added", { id: made.id });
    },
  );
}
