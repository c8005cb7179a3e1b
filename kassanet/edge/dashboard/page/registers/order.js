/** Which registers are shown, in which groups and order. Plain functions of states and of the address's query. */

import { named, t } from "../core/language.js";
import { STATES, stateOf, toneOf, wantsAttention } from "./seen.js";

/** @import {Circuit, Kkt} from "../types.js" */
/** @import {Section} from "../core/list.js" */

export const GROUPS = /** @type {const} */ (["none", "circuit", "organisation", "site", "state"]);
export const SORTS = /** @type {const} */ (["address", "trouble"]);

/** @typedef {{text: string, state: string, circuit: string, site: string, group: string, sort: string}} Wanted */

/** @param {URLSearchParams} query @returns {Wanted} */
export function wantedOf(query) {
  return {
    text: (query.get("q") ?? "").trim().toLowerCase(),
    state: query.get("state") ?? "",
    circuit: query.get("circuit") ?? "",
    site: query.get("site") ?? "",
    group: query.get("group") ?? "circuit",
    sort: query.get("sort") ?? "address",
  };
}

const natural = new Intl.Collator("en", { numeric: true });
/** @type {Record<string, number>} */
const RANK = { bad: 0, warn: 1, busy: 2, good: 2, quiet: 3 };

/**
 * @param {ReadonlyMap<string, Kkt>} kkts
 * @param {ReadonlyMap<string, Circuit>} circuits
 * @param {Wanted} wanted
 * @returns {Section[]}
 */
export function arrange(kkts, circuits, wanted) {
  const found = [...kkts.values()].filter((kkt) => fits(kkt, circuits.get(String(kkt.circuit_id)), wanted));
  found.sort((a, b) => natural.compare(a.eip, b.eip));
  if (wanted.sort === "trouble") found.sort((a, b) => (RANK[toneOf(a)] ?? 9) - (RANK[toneOf(b)] ?? 9));
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const kkt of found) {
    const title = groupOf(kkt, circuits.get(String(kkt.circuit_id)), wanted.group);
    const keys = groups.get(title);
    if (keys) keys.push(kkt.eip);
    else groups.set(title, [kkt.eip]);
  }
  const sections = [...groups].map(([title, keys]) => ({ title, keys }));
  return sections.sort((a, b) => natural.compare(a.title, b.title));
}

/** @param {Kkt} kkt @param {Circuit | undefined} circuit @param {string} group */
function groupOf(kkt, circuit, group) {
  if (group === "circuit") {
    if (circuit) return `${circuit.title} · ${circuit.sinn}`;
    return kkt.circuit_id === null ? siteOf(kkt) : t("circuit_number", { id: kkt.circuit_id });
  }
  if (group === "organisation") return t("inn_number", { inn: kkt.inn ?? circuit?.sinn.split("-")[0] ?? "—" });
  if (group === "site") return siteOf(kkt);
  return group === "state" ? named("state", stateOf(kkt)) : "";
}

/** @param {Kkt} kkt */
function siteOf(kkt) {
  return kkt.site ? t("site_named", { name: kkt.site }) : t("of_this_server");
}

/** @param {Kkt} kkt @param {Circuit | undefined} circuit @param {Wanted} wanted */
function fits(kkt, circuit, wanted) {
  if (wanted.circuit && String(kkt.circuit_id) !== wanted.circuit) return false;
  if (wanted.site && kkt.site !== wanted.site) return false;
  if (wanted.state === "attention" ? !wantsAttention(kkt) : wanted.state && stateOf(kkt) !== wanted.state) return false;
  if (!wanted.text) return true;
  const known = [kkt.eip, kkt.identity?.serial, kkt.identity?.fn, kkt.identity?.rnm, circuit?.title, circuit?.sinn];
  return known.some((each) => each?.toLowerCase().includes(wanted.text));
}

/** Whatever decides about place and filter: while it is the same, a change moves nothing. @param {Kkt} kkt */
export function place(kkt) {
  const tone = toneOf(kkt) === "busy" ? "good" : toneOf(kkt);
  return `${kkt.circuit_id} ${stateOf(kkt)} ${tone} ${kkt.identity?.fn}`;
}

/** @param {Iterable<Kkt>} kkts @returns {Record<typeof STATES[number], number>} */
export function counted(kkts) {
  const counts = { attention: 0, working: 0, settling: 0, away: 0, out: 0, off: 0 };
  for (const kkt of kkts) {
    counts[stateOf(kkt)]++;
    if (wantsAttention(kkt)) counts.attention++;
  }
  return counts;
}
