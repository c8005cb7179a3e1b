/** One place of the graph as a box that leads to its page: what it is, how it is, what waits there. */

import { now } from "../core/clock.js";
import { h, mark, write } from "../core/dom.js";
import { number, span } from "../core/format.js";
import { n, named, t } from "../core/language.js";
import { address } from "../core/route.js";
import { toneOf } from "../registers/seen.js";
import { BOX } from "./layout.js";

/** @import {BillingLive, Circuit, Context, Kkt, Tone} from "../types.js" */
/** @import {Placed} from "./layout.js" */
/** @typedef {{tone: Tone, state: string, more: string, href: string, title?: string}} Seen */

const OLD = 300; // seconds in a queue after which somebody should look

/** @param {Context} context @param {Placed} first */
export function place(context, first) {
  const [title, state, more] = [h("strong"), h("span", { class: "state" }), h("span", { class: "note" })];
  const element = h("a", { class: "place", "data-kind": first.kind }, title, state, more);
  element.style.width = `${BOX.width}px`;
  element.style.height = `${BOX.height}px`;

  /** @param {Placed} placed */
  function update(placed) {
    const transform = `translate(${placed.left}px, ${placed.top}px)`;
    if (element.style.transform !== transform) element.style.transform = transform;
    const seen = SEE[/** @type {keyof typeof SEE} */ (placed.kind)]?.(context, placed) ?? bare(placed);
    write(title, seen.title ?? placed.title);
    write(state, seen.state);
    write(more, seen.more);
    element.title = [seen.state, seen.more].filter(Boolean).join(". ");
    mark(element, "href", seen.href);
    mark(element, "data-tone", placed.is_active === false ? "quiet" : seen.tone);
  }
  return { element, update };
}

const SEE = { channel, billing, circuit, register };

/** @param {Context} _ @param {Placed} placed @returns {Seen} */
function channel(_, placed) {
  const state = placed.is_active === false ? t("switched_off") : named("channel_kind", placed.state ?? "");
  return { tone: "good", state, more: "", href: address("payments", { channel: placed.title }) };
}

/** @param {Context} context @param {Placed} placed @returns {Seen} */
function billing({ store }, placed) {
  /** @type {BillingLive | undefined} */
  const live = store.all("billings").get(placed.title);
  const href = address("payments", { billing: placed.title });
  if (live === undefined) return { tone: "quiet", state: placed.state ?? "", more: "", href };
  return { tone: billingTone(live), state: billingState(live), more: backlogWords(live), href };
}

/** @param {BillingLive} live @returns {Tone} */
export function billingTone(live) {
  if (live.is_active === false) return "quiet";
  if (live.state === "open") return "bad";
  return live.state === "half-open" || isOld(live) ? "warn" : "good";
}

/** @param {BillingLive} live */
export function billingState(live) {
  return live.is_active === false ? t("switched_off") : named("breaker", live.state.replace("-", "_"));
}

/** @param {BillingLive} live */
export function backlogWords(live) {
  if (!live.backlog) return "";
  const oldest = live.oldest_at ? t("oldest_for", { span: span(now() - live.oldest_at) }) : "";
  return [t("backlog", { count: number(live.backlog) }), oldest].filter(Boolean).join(", ");
}

/** @param {BillingLive} live */
function isOld(live) {
  return Boolean(live.backlog && live.oldest_at && now() - live.oldest_at > OLD);
}

/** @param {Context} context @param {Placed} placed @returns {Seen} */
function circuit({ store }, placed) {
  const id = placed.id.split("/")[1] ?? "";
  /** @type {Circuit | undefined} */
  const live = store.all("circuit").get(id);
  const href = address("receipts", { circuit_id: id });
  if (live === undefined) return { tone: "quiet", state: "", more: "", href };
  const age = live.queued && live.oldest_at !== null ? now() - live.oldest_at : 0;
  const stuck = live.queued > 0 && live.idle + live.busy === 0;
  const waits = live.queued ? `${t("queued")}: ${number(live.queued)}${age > 1 ? `, ${span(age)}` : ""}` : "";
  const state = stuck ? t("alarm_no_register") : live.sinn;
  return { tone: stuck ? "bad" : age > OLD ? "warn" : "good", state, more: waits, href };
}

/** @param {Context} context @param {Placed} placed @returns {Seen} */
function register({ store }, placed) {
  const kkts = placed.members.map((eip) => /** @type {Kkt | undefined} */ (store.all("kkt").get(eip)));
  const known = kkts.filter((kkt) => kkt !== undefined);
  /** @type {Record<Tone, number>} */
  const counts = { bad: 0, warn: 0, busy: 0, good: 0, quiet: 0 };
  for (const kkt of known) counts[toneOf(kkt)]++;
  const told = Object.entries(counts).filter(([, count]) => count);
  const tone = /** @type {Tone} */ (told[0]?.[0] ?? "quiet");
  if (placed.members.length === 1) {
    const condition = known[0] ? named("condition", known[0].condition) : "";
    return { tone, state: condition, more: "", href: address("registers", { open: placed.members[0] ?? "" }) };
  }
  return {
    tone,
    title: n("registers", placed.members.length),
    state: told.map(([each, count]) => `${named("tone", each)} ${number(count)}`).join(", "),
    more: "",
    href: address("registers", { circuit: placed.id.split("/").at(-1) ?? "" }),
  };
}

/** @param {Placed} placed @returns {Seen} */
function bare(placed) {
  return { tone: "quiet", state: placed.state ?? "", more: "", href: address("topology") };
}
