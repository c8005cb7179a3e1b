/** The order of alarms, the same as the service has it: not taken on, worst, soonest due, oldest. */

/** @import {Alarm} from "../types.js" */

/** @param {Alarm[]} alarms */
export function byUrgency(alarms) {
  return alarms.sort(
    (a, b) =>
      Number(Boolean(a.acknowledged)) - Number(Boolean(b.acknowledged)) ||
      Number(b.level === "critical") - Number(a.level === "critical") ||
      compared(a.due_at, b.due_at) ||
      a.since - b.since ||
      a.key.localeCompare(b.key),
  );
}

/** Those that nobody has taken on. @param {Iterable<Alarm>} alarms */
export function open(alarms) {
  return [...alarms].filter((alarm) => !alarm.acknowledged);
}

/** Infinity less infinity is no number. @param {number | undefined} a @param {number | undefined} b */
function compared(a, b) {
  return a === b ? 0 : (a ?? Infinity) - (b ?? Infinity);
}
