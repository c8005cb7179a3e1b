/** How a software register's state is read by a person: its tone, what of the offline hours is left, what to do. */

import { now } from "../core/clock.js";

/** @import {PrroState, Tone} from "../types.js" */

export const CONDITIONS = /** @type {const} */ (["online", "offline", "returning", "settling", "blocked"]);
const NEARLY = 2 * 3600; // the service itself warns then

/** @type {Record<string, Tone>} */
const TONES = { online: "good", offline: "warn", returning: "busy", settling: "warn", blocked: "bad" };

/** @param {PrroState} state @returns {Tone} */
export function prroTone(state) {
  const tone = TONES[state.condition] ?? "quiet";
  if (state.warning) return "bad";
  return tone === "good" && state.reason ? "warn" : tone;
}

/** @typedef {{used: number, limit: number, left: number, tone: Tone}} Budget seconds of offline work */

/** Of the session that goes on; none while the register is online. @param {PrroState} state @returns {Budget | null} */
export function sessionBudget(state) {
  if (!state.session_limit) return null;
  return budget(offlineFor(state) ?? 0, state.session_limit, "session");
}

/** Of this month. @param {PrroState} state @returns {Budget | null} */
export function monthBudget(state) {
  if (!state.month_limit) return null;
  return budget((state.month_used ?? 0) + (offlineFor(state) ?? 0), state.month_limit, "month");
}

/** Seconds that it has been offline; null while it is online. @param {PrroState} state */
export function offlineFor(state) {
  return state.offline_since === undefined ? null : Math.max(0, now() - state.offline_since);
}

/** @param {number} used @param {number} limit @param {"session" | "month"} kind @returns {Budget} */
function budget(used, limit, kind) {
  const left = Math.max(0, limit - used);
  const early = kind === "session" ? limit / 3 : limit / 4;
  return { used, limit, left, tone: left <= NEARLY ? "bad" : left <= early ? "warn" : "good" };
}

/** Seconds since the shift was opened; null when it is closed. @param {PrroState} state */
export function prroShiftAge(state) {
  return state.shift_opened_at === undefined ? null : Math.max(0, now() - state.shift_opened_at);
}
