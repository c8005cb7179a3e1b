/** Making a site: its token is shown once. */

import { ask } from "../core/api.js";
import { h } from "../core/dom.js";
import { form } from "../core/form.js";
import { t } from "../core/language.js";

export function newSite() {
  form(
    t("add_site"),
    [
      {
        name: "name",
        label: t("site_name"),
        hint: t("site_name_hint"),
        props: { required: true, pattern: "[a-z0-9][a-z0-9_\\-]{0,31}" },
      },
      { name: "inn", label: t("inn"), props: { inputmode: "numeric", pattern: "[0-9]{10}|[0-9]{12}" } },
    ],
    async (said) => secret(await ask("POST", "/api/v1/sites", said)),
  );
}

/** @param {{token: string}} made */
function secret(made) {
  const input = h("input", { readonly: true, value: made.token, onFocus: () => input.select() });
  return h(
    "div",
    { class: "secrets" },
    h("p", null, t("shown_once")),
    h("label", null, h("span", null, t("token")), input),
  );
}
