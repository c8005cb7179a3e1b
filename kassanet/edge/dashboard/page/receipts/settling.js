/** Settling a receipt whose outcome only a person can tell: a verdict, the document where there is one, and why. */

import { ask } from "../core/api.js";
import { h, show } from "../core/dom.js";
import { named, t } from "../core/language.js";
import { doing } from "../core/toast.js";

/** @import {Receipt} from "../types.js" */

const VERDICTS = /** @type {const} */ (["fiscalized", "absent", "cancelled"]);

/** @param {Receipt} receipt @param {() => Promise<void>} done */
export function settling(receipt, done) {
  const { window } = receipt;
  const verdicts = VERDICTS.map((value) =>
    h("input", {
      type: "radio",
      name: "verdict",
      value,
      required: true,
      onChange: () => show(document, value === "fiscalized"),
    }),
  );
  const fn = h("input", { name: "fn", value: window?.fn ?? "", inputmode: "numeric", autocomplete: "off" });
  const fd = h("input", {
    name: "fd",
    type: "number",
    min: 1,
    value: window && window.first === window.last ? window.first : "",
  });
  const document = h(
    "div",
    { class: "pairs" },
    h("label", null, h("span", null, t("fn_short")), fn),
    h("label", null, h("span", null, t("fd_short")), fd),
  );
  const reason = h("textarea", { name: "reason", required: true, maxlength: 1000, rows: 2 });
  const button = h("button", { class: "primary" }, t("do_settle"));
  show(document, false);

  async function settle() {
    const verdict = verdicts.find((each) => each.checked)?.value;
    const said = verdict === "fiscalized" ? { verdict, fn: fn.value.trim(), fd: Number(fd.value) } : { verdict };
    await doing(
      button,
      () => ask("POST", `/api/v1/receipts/${receipt.id}/resolve`, { ...said, reason: reason.value.trim() }),
      () => t("settled"),
    );
    await done();
  }

  return h(
    "form",
    {
      class: "settling",
      onSubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        void settle();
      },
    },
    h("h3", null, t("settle_title")),
    h("p", null, t("settle_text")),
    window && h("p", { class: "note" }, t("window", { fn: window.fn, first: window.first, last: window.last })),
    h(
      "fieldset",
      null,
      h("legend", null, t("verdict")),
      verdicts.map((each) => h("label", null, each, h("span", null, named("verdict", each.value)))),
    ),
    document,
    h("label", null, h("span", null, t("reason")), reason),
    h("div", { class: "actions" }, button),
  );
}
