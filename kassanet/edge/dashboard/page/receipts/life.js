/** A receipt's life as a line of time: accepted, queued, given to a register, made, told to the integrator. */

import { ask } from "../core/api.js";
import { h } from "../core/dom.js";
import { moment, number, span } from "../core/format.js";
import { named, t } from "../core/language.js";
import { address } from "../core/route.js";
import { doing } from "../core/toast.js";
import { exchange } from "./exchange.js";

/** @import {Context, Receipt, Status} from "../types.js" */
/** @typedef {{revision: number, status: Status, at: number, detail: string | null}} HistoryLine */
/**
 * @typedef {{id: number, kkt: string, fn: string, fd_before: number, state: string, fd: number | null, reason: string
 *   | null, at: number, ended_at: number | null}} Attempt
 */
/**
 * @typedef {{id: number, revision: number, url: string, state: string, tries: number, delivered_at?: string, next_at?:
 *   string, last_error?: string}} Callback
 */
/** @typedef {{at: number, element: HTMLElement}} Event */

/**
 * @param {Context} context
 * @param {Receipt} receipt
 * @param {HistoryLine[]} history
 * @param {Attempt[]} attempts
 * @param {Callback[]} callbacks
 */
export function life(context, receipt, history, attempts, callbacks) {
  /** @type {Event[]} */
  const events = [
    ...history.map(step),
    ...attempts.map((each) => attempt(context, receipt, each)),
    ...callbacks.map((each) => callback(context, receipt, each)),
  ];
  events.sort((a, b) => a.at - b.at);
  const took = (history.at(-1)?.at ?? 0) - (history[0]?.at ?? 0);
  return h(
    "section",
    null,
    h("h3", null, t("life")),
    h(
      "ol",
      { class: "life" },
      events.map((each) => each.element),
    ),
    history.length > 1 &&
      h(
        "p",
        { class: "note" },
        t("took", { span: took < 60 ? t("span_seconds", { s: number(took, 1) }) : span(took) }),
      ),
  );
}

/**
 * @param {number} at
 * @param {string} tone
 * @param {...(Node | string | null | false | undefined)} children
 * @returns {Event}
 */
function event(at, tone, ...children) {
  return { at, element: h("li", { "data-tone": tone }, h("time", null, moment(at)), h("div", null, children)) };
}

/** @param {HistoryLine} line @param {number} place */
function step(line, place) {
  const words = place === 0 ? t("accepted") : named("status", line.status);
  const tone = {
    fiscalized: "good",
    refused: "bad",
    cancelled: "quiet",
    unknown: "warn",
    manual: "bad",
    queued: "quiet",
    assigned: "quiet",
  }[line.status];
  return event(line.at, tone, h("strong", null, words), line.detail && h("code", null, line.detail));
}

/** @param {Context} context @param {Receipt} receipt @param {Attempt} each */
function attempt(context, receipt, each) {
  const ended =
    each.ended_at === null
      ? t("attempt_open")
      : `${named("attempt", each.state)} · ${t("span_seconds", { s: number(each.ended_at - each.at, 2) })}`;
  return event(
    each.at + 0.0001,
    each.state === "fiscalized" ? "good" : each.ended_at === null ? "warn" : "quiet",
    h("strong", null, t("attempt_number", { id: each.id })),
    " ",
    h("a", { href: address("registers", { open: each.kkt }) }, each.kkt),
    h("small", null, t("attempt_from", { fn: each.fn, fd: each.fd_before }), " ", ended),
    each.reason && h("code", { lang: "en" }, each.reason),
    context.session.role !== "viewer" && exchange(receipt.id, each.id),
  );
}

/** @param {Context} context @param {Receipt} receipt @param {Callback} each */
function callback(context, receipt, each) {
  const at = Date.parse(each.delivered_at ?? each.next_at ?? receipt.changed_at) / 1000;
  const button =
    context.session.role !== "viewer" &&
    each.state !== "delivered" &&
    h("button", { type: "button", onClick: () => void again() }, t("do_retry"));
  async function again() {
    if (button)
      await doing(
        button,
        () => ask("POST", `/api/v1/receipts/${receipt.id}/callbacks/${each.id}/retry`, {}),
        () => t("done"),
      );
  }
  return event(
    at + 0.0002,
    each.state === "delivered" ? "good" : each.state === "waiting" ? "warn" : "bad",
    h("strong", null, named("callback", each.state)),
    " ",
    t("tries", { count: each.tries }),
    h("code", null, each.url),
    each.last_error && h("code", { lang: "en" }, each.last_error),
    button,
  );
}
