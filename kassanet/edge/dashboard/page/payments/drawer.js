/** One payment: what happened to it and when, its receipt, and what a person may say where no billing can. */

import { ask, get } from "../core/api.js";
import { open } from "../core/dialog.js";
import { h } from "../core/dom.js";
import { dateTime, moment, money } from "../core/format.js";
import { named, t } from "../core/language.js";
import { address } from "../core/route.js";
import { doing } from "../core/toast.js";

/** @import {Context, Payment} from "../types.js" */
/** @import {Word} from "../core/language.js" */
/** @typedef {{event: string, at: number, by?: string, answer?: string}} Step */

const UNDECIDED = ["waiting", "due", "unknown"];

/** @param {Context} context @param {string} id @param {() => void} onClose */
export function openPayment(context, id, onClose) {
  const body = h("div", { class: "body" }, h("p", { class: "empty" }, t("loading")));

  async function load() {
    try {
      const [payment, history] = await Promise.all([
        get(`/api/v1/payments/${id}`),
        get(`/api/v1/payments/${id}/history`),
      ]);
      const may = context.session.role !== "viewer";
      body.replaceChildren(facts(payment), ...(may ? verdicts(payment, load) : []), life(history));
    } catch (error) {
      body.replaceChildren(h("p", { class: "empty" }, error instanceof Error ? error.message : String(error)));
    }
  }

  const dialog = open({ title: t("payment_number", { id }), kind: "drawer", body, onClose });
  void load();
  return dialog;
}

/** @param {Payment} payment */
function facts(payment) {
  /** @type {[Word, string | Node | undefined][]} */
  const told = [
    ["total", money(payment.sum)],
    ["txn_id", payment.txn_id],
    ["channel", payment.channel],
    ["account", payment.account],
    ["billing", payment.billing],
    ["credited", named("credit", payment.credit)],
    ["billing_answer", payment.answer],
    ["receipt_of_it", receiptOf(payment)],
    ["inn", payment.inn],
    ["since", dateTime(Date.parse(payment.accepted_at) / 1000)],
  ];
  return h(
    "dl",
    { class: "facts" },
    told
      .filter(([, value]) => value)
      .map(([word, value]) => h("div", null, h("dt", null, t(word)), h("dd", null, value))),
  );
}

/** @param {Payment} payment */
function receiptOf(payment) {
  if (!payment.receipt_id) return named("payment_receipt", payment.receipt);
  return h("a", { href: address("receipts", { open: payment.receipt_id }) }, named("status", payment.receipt));
}

/** @param {Payment} payment @param {() => Promise<void>} load */
function verdicts(payment, load) {
  const path = `/api/v1/payments/${payment.id}`;
  const found = [];
  if (UNDECIDED.includes(payment.credit)) {
    const choices = /** @type {const} */ (["credited", "refused"]).map((verdict) => ({
      word: named("payment_verdict", verdict),
      send: (/** @type {string} */ reason) => ask("POST", `${path}/resolve`, { verdict, reason }),
    }));
    found.push(decision(t("decide_credit"), choices, load));
  }
  if (payment.give_back === "owed") {
    const send = (/** @type {string} */ reason) => ask("POST", `${path}/given-back`, { reason });
    found.push(decision(t("owed_to_payer"), [{ word: t("do_given_back"), send }], load));
  }
  return found;
}

/**
 * @param {string} title @param {{word: string, send: (reason: string) => Promise<any>}[]} choices
 * @param {() => Promise<void>} load
 */
function decision(title, choices, load) {
  const reason = h("textarea", { required: true, maxlength: 1000, rows: 2 });
  const buttons = choices.map(({ word, send }) => {
    const button = h("button", { type: "button", onClick: () => void run() }, word);
    async function run() {
      if (!reason.reportValidity()) return;
      await doing(
        button,
        () => send(reason.value.trim()),
        () => t("settled"),
      );
      await load();
    }
    return button;
  });
  const field = h("label", null, h("span", null, t("reason")), reason);
  return h("div", { class: "settling" }, h("h3", null, title), field, h("div", { class: "actions" }, buttons));
}

/** @param {Step[]} history */
function life(history) {
  const steps = history.map((step) =>
    h(
      "li",
      null,
      h("time", null, moment(step.at)),
      h(
        "div",
        null,
        h("strong", null, named("payment_event", step.event)),
        step.by && ` ${step.by}`,
        step.answer && h("code", null, step.answer),
      ),
    ),
  );
  return h("section", null, h("h3", null, t("life_of_payment")), h("ol", { class: "life" }, steps));
}
