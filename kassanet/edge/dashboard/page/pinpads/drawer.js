/** One pinpad: its operations, and the verdict where only a person can tell whether a card was charged. */

import { ask, get } from "../core/api.js";
import { confirm, open } from "../core/dialog.js";
import { h, mark, show, write } from "../core/dom.js";
import { moment, money } from "../core/format.js";
import { named, t } from "../core/language.js";
import { doing } from "../core/toast.js";

/** @import {Context, Operation, PinpadState} from "../types.js" */

const VERDICTS = /** @type {const} */ (["approved", "refused", "reversed"]);

/** @param {Context} context @param {string} id @param {() => void} onClose */
export function openPinpad(context, id, onClose) {
  const may = context.session.role !== "viewer";
  const condition = h("p", { class: "condition", role: "status" });
  const buttons = { activate: act("activate"), deactivate: act("deactivate"), remove: act("remove") };
  const past = h("div");
  const settling = h("div");
  const body = h(
    "div",
    { class: "body" },
    condition,
    may && h("div", { class: "actions" }, Object.values(buttons)),
    settling,
    past,
  );
  let known = "";

  /** @param {"activate" | "deactivate" | "remove"} verb */
  function act(verb) {
    const button = h("button", { type: "button", "data-command": verb, onClick: () => void run() }, t(`do_${verb}`));
    async function run() {
      if (verb !== "activate" && !(await confirm(t(`do_${verb}`), t(`ask_${verb}_pinpad`, { id }), t(`do_${verb}`))))
        return;
      const send = () =>
        verb === "remove" ? ask("DELETE", `/api/v1/pinpads/${id}`) : ask("POST", `/api/v1/pinpads/${id}/${verb}`, {});
      await doing(button, send, () => t("done"));
    }
    return button;
  }

  async function load() {
    const page = await get(`/api/v1/pinpads/${id}/operations?limit=20`);
    past.replaceChildren(operationsOf(page.operations));
    const manual = page.operations.find((/** @type {Operation} */ each) => each.status === "manual");
    settling.replaceChildren(...(manual && may ? [verdict(id, manual, load)] : []));
  }

  function update() {
    /** @type {PinpadState | undefined} */
    const state = context.store.all("pinpads").get(id);
    mark(condition, "data-tone", state?.condition === "blocked" ? "bad" : "quiet");
    write(condition, state ? named("pinpad_condition", state.condition) : t("pinpad_gone"));
    const off = state?.condition === "inactive";
    show(buttons.activate, Boolean(state) && off);
    show(buttons.deactivate, Boolean(state) && !off);
    show(buttons.remove, Boolean(state) && off);
    const seen = `${state?.operation} ${state?.status} ${state?.condition}`;
    if (seen !== known) void load().catch((error) => write(past, error.message));
    known = seen;
  }

  const end = context.store.on("pinpads", (keys) => keys.has(id) && update());
  const dialog = open({
    title: t("pinpad_number", { id }),
    kind: "drawer",
    body,
    onClose: () => {
      end();
      onClose();
    },
  });
  update();
  return dialog;
}

/** @param {Operation[]} operations */
function operationsOf(operations) {
  return h(
    "section",
    null,
    h("h3", null, t("operations")),
    operations.length === 0 ? h("p", { class: "empty" }, t("nothing_yet")) : null,
    h(
      "ul",
      { class: "lines" },
      operations.map((each) =>
        h(
          "li",
          { title: each.reason ?? "" },
          h("span", null, `${each.id} · ${named("operation", each.kind)}`),
          h("span", null, named("operation_status", each.status)),
          h("span", { class: "number" }, each.amount ? money(each.amount, each.currency) : ""),
          h("time", null, moment(Date.parse(each.changed_at) / 1000)),
        ),
      ),
    ),
  );
}

/** @param {string} pinpad @param {Operation} operation @param {() => Promise<void>} done */
function verdict(pinpad, operation, done) {
  const choices = VERDICTS.map((value) => h("input", { type: "radio", name: "verdict", value, required: true }));
  const reason = h("textarea", { required: true, maxlength: 1000, rows: 2 });
  const button = h("button", { class: "primary" }, t("do_settle"));
  async function send() {
    const said = { verdict: choices.find((each) => each.checked)?.value, reason: reason.value.trim() };
    await doing(
      button,
      () => ask("POST", `/api/v1/pinpads/${pinpad}/operations/${operation.id}/resolve`, said),
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
        void send();
      },
    },
    h("h3", null, t("operation_number", { id: operation.id })),
    h("p", null, operation.reason ?? ""),
    h(
      "fieldset",
      null,
      h("legend", null, t("verdict")),
      choices.map((each) => h("label", null, each, h("span", null, named("pinpad_verdict", each.value)))),
    ),
    h("label", null, h("span", null, t("reason")), reason),
    h("div", { class: "actions" }, button),
  );
}
