/** One receipt in full: the slip as on paper, its life beside it, and what a person may do about it. */

import { ask, get } from "../core/api.js";
import { confirm, open } from "../core/dialog.js";
import { h } from "../core/dom.js";
import { named, t } from "../core/language.js";
import { doing } from "../core/toast.js";
import { life } from "./life.js";
import { settling } from "./settling.js";
import { slip } from "./slip.js";

/** @import {Context, Moved, Receipt} from "../types.js" */

/** @param {Context} context @param {string} id @param {() => void} onClose */
export function openReceipt(context, id, onClose) {
  const body = h("div", { class: "body sheet" }, h("p", { class: "empty" }, t("loading")));
  let revision = 0;

  async function load() {
    try {
      const told = await Promise.all(
        ["", "/history", "/attempts", "/callbacks"].map((part) => get(`/api/v1/receipts/${id}${part}`)),
      );
      const [receipt, history, attempts, callbacks] = told;
      revision = receipt.revision;
      body.replaceChildren(
        slip(receipt),
        h(
          "div",
          { class: "beside" },
          status(receipt),
          actions(context, receipt, load),
          life(context, receipt, history, attempts, callbacks),
        ),
      );
    } catch (error) {
      body.replaceChildren(h("p", { class: "empty" }, error instanceof Error ? error.message : String(error)));
    }
  }

  /** @param {string} topic @param {string} key @param {Moved | null} _former @param {Moved | null} state */
  function witness(topic, key, _former, state) {
    if (key === id && topic.startsWith("receipts:") && state && state.revision > revision) void load();
  }

  context.store.witnesses.add(witness);
  const dialog = open({
    title: t("receipt_number", { id }),
    kind: "drawer",
    body,
    onClose: () => {
      context.store.witnesses.delete(witness);
      onClose();
    },
  });
  dialog.classList.add("wide");
  void load();
  return dialog;
}

/** @param {Receipt} receipt */
function status(receipt) {
  return h(
    "p",
    { class: "condition", role: "status", "data-status": receipt.status },
    named("status", receipt.status),
    receipt.reason && h("code", { lang: "en" }, receipt.reason),
  );
}

/** @param {Context} context @param {Receipt} receipt @param {() => Promise<void>} load */
function actions(context, receipt, load) {
  if (context.session.role === "viewer") return null;
  if (receipt.status === "manual") return settling(receipt, load);
  if (receipt.status !== "queued") return null;
  const button = h("button", { type: "button", onClick: () => void cancel() }, t("do_cancel"));
  async function cancel() {
    if (!(await confirm(t("do_cancel"), t("ask_cancel", { id: receipt.external_id }), t("do_cancel")))) return;
    await doing(
      button,
      () => ask("POST", `/api/v1/receipts/${receipt.id}/cancel`, { reason: t("cancelled_by_hand") }),
      () => t("done"),
    );
    await load();
  }
  return h("div", { class: "actions" }, button);
}
