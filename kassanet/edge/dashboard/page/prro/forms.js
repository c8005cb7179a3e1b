/** Adding a software register that the tax service knows already. */

import { ask } from "../core/api.js";
import { form } from "../core/form.js";
import { t } from "../core/language.js";

/** @param {() => void} done */
export function addPrro(done) {
  form(
    t("add_prro"),
    [
      {
        name: "register",
        label: t("fiscal_register"),
        props: { required: true, inputmode: "numeric", pattern: "[0-9]{1,18}" },
        number: true,
      },
      {
        name: "number",
        label: t("desk_number"),
        props: { required: true, type: "number", min: 1, value: 1 },
        number: true,
      },
      { name: "tin", label: t("tin"), props: { required: true, inputmode: "numeric", pattern: "[0-9]{8,10}" } },
      { name: "org_name", label: t("organisation"), props: { required: true, maxlength: 256 } },
      { name: "point_name", label: t("point"), props: { required: true, maxlength: 256 } },
      { name: "taxes", label: t("taxes"), hint: t("taxes_hint"), props: { placeholder: "А 20, Б 7" } },
      { name: "key_id", label: t("signing_key"), hint: t("key_hint"), props: { required: true, maxlength: 160 } },
      { name: "cashier", label: t("cashier"), props: { maxlength: 128 } },
    ],
    async ({ key_id, cashier, taxes, ...desk }) => {
      const said = { ...desk, ...(taxes ? { taxes: rates(String(taxes)) } : {}) };
      const made = await ask("POST", "/api/v1/prro", { desk: said, key_id, ...(cashier ? { cashier } : {}) });
      done();
      return t("prro_added", { register: made.desk.register });
    },
  );
}

/** `А 20, Б 7` as a table of taxes, in hundredths of a percent. @param {string} text */
function rates(text) {
  return text.split(/[,;]/).map((each) => {
    const [letter = "", percent = ""] = each.trim().split(/[\s=]+/);
    const hundredths = Math.round(Number(percent) * 100);
    if (!letter || !percent || Number.isNaN(hundredths)) throw new Error(`${t("taxes")}: ${each.trim()}`);
    return { letter, percent: hundredths };
  });
}
