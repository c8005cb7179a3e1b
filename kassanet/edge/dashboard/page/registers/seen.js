/**
 * How a register's state is read by a person: its tone, its words, what to do. One place for tiles, rows and drawers.
 */

import { now, registerMoment } from "../core/clock.js";
import { moment, span } from "../core/format.js";
import { hasWord, named, t } from "../core/language.js";

/** @import {Concern, Kkt, Tone} from "../types.js" */

export const DAY = 86_400;
const SHIFT_WARN = 22 * 3600;
const SHIFT_BAD = 23.5 * 3600;

/** @type {Record<string, Tone>} */
const TONES = {
  ready: "good",
  busy: "busy",
  inactive: "quiet",
  connecting: "quiet",
  settling: "warn",
  unreachable: "bad",
  out_of_rotation: "bad",
};

/** What people look for: five states of work, and whatever wants a person. */
export const STATES = /** @type {const} */ (["attention", "working", "settling", "away", "out", "off"]);
/** @typedef {typeof STATES[number]} State */

/** @type {Record<string, State>} */
const STATE_OF = {
  ready: "working",
  busy: "working",
  connecting: "away",
  unreachable: "away",
  settling: "settling",
  out_of_rotation: "out",
  inactive: "off",
};

/** @param {Kkt} kkt @returns {State} */
export function stateOf(kkt) {
  if (kkt.stale_since) return "away";
  return STATE_OF[kkt.condition] ?? "away";
}

/** @param {Kkt} kkt */
export function wantsAttention(kkt) {
  const tone = toneOf(kkt);
  return kkt.condition !== "inactive" && (tone === "bad" || tone === "warn");
}

/** The worse of what it does and what is known of it. @param {Kkt} kkt @returns {Tone} */
export function toneOf(kkt) {
  if (kkt.stale_since) return kkt.condition === "inactive" ? "quiet" : "warn";
  const tone = TONES[kkt.condition] ?? "quiet";
  if (tone === "bad" || kkt.condition === "inactive") return tone;
  const age = shiftAge(kkt);
  if (kkt.level === "critical" || (age !== null && age >= SHIFT_BAD)) return "bad";
  if (kkt.level === "warning" || (age !== null && age >= SHIFT_WARN)) return "warn";
  return tone;
}

/** @param {Kkt} kkt */
export function conditionWords(kkt) {
  if (kkt.stale_since) {
    return t("not_live_since", { moment: moment(kkt.stale_since), span: span(now() - kkt.stale_since) });
  }
  return kkt.condition === "busy" && kkt.receipt_id !== null
    ? t("making", { id: kkt.receipt_id })
    : named("condition", kkt.condition);
}

/** Seconds since the shift was opened; null when it is closed or nobody knows. @param {Kkt} kkt */
export function shiftAge(kkt) {
  return kkt.fn?.shift_is_open && kkt.shift_opened_at !== null ? Math.max(0, now() - kkt.shift_opened_at) : null;
}

/** @param {number | null} age @returns {Tone} */
export function shiftTone(age) {
  if (age === null) return "quiet";
  return age >= SHIFT_BAD ? "bad" : age >= SHIFT_WARN ? "warn" : "good";
}

/** Whole days until the FN expires; null when that is not known. @param {Kkt} kkt */
export function fnDays(kkt) {
  return kkt.fn_expires ? Math.floor((registerMoment(kkt.fn_expires) - now()) / DAY) : null;
}

/** Seconds since the first document that the OFD has not taken; null when there is none. @param {Kkt} kkt */
export function unsentAge(kkt) {
  return kkt.ofd?.unsent && kkt.ofd.first_at ? Math.max(0, now() - registerMoment(kkt.ofd.first_at)) : null;
}

/**
 * What is wrong, worst first: in the reader's language where there are words for it.
 * @param {Kkt} kkt
 * @returns {{words: string, advice: string, tone: Tone, said: string}[]}
 */
export function troubles(kkt) {
  /** @type {{words: string, advice: string, tone: Tone, said: string}[]} */
  const found = [];
  if (kkt.condition === "unreachable" || kkt.condition === "out_of_rotation" || kkt.condition === "settling") {
    found.push({
      words: named("condition", kkt.condition),
      advice: named("advice", kkt.condition),
      tone: TONES[kkt.condition] ?? "bad",
      said: kkt.reason ?? "",
    });
  }
  const rank = { critical: 0, warning: 1, ok: 2 };
  for (const concern of [...kkt.concerns].sort((a, b) => rank[a.level] - rank[b.level])) {
    if (concern.code === "unknown_receipt" && kkt.condition === "settling") continue;
    found.push({
      words: concernWords(concern),
      advice: advice(concern.code),
      tone: concern.level === "critical" ? "bad" : "warn",
      said: concern.text,
    });
  }
  return found;
}

/** @param {Concern} concern */
function concernWords(concern) {
  return hasWord(`alarm_${concern.code}`) ? named("alarm", concern.code) : concern.text;
}

/** What to do about it; nothing where there is no advice. @param {string} code */
export function advice(code) {
  return hasWord(`advice_${code}`) ? named("advice", code) : "";
}
