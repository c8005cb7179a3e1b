/** A new critical alarm rings: in the title always, by the browser where it may. What is there at first does not ring. */

import { named } from "../core/language.js";
import { address } from "../core/route.js";
import { open } from "./urgency.js";

/** @import {Store} from "../core/store.js" */
/** @import {Alarm} from "../types.js" */

export function mayAsk() {
  return "Notification" in window && Notification.permission === "default";
}

export async function askLeave() {
  if (mayAsk()) await Notification.requestPermission();
}

/** @param {Store} store @param {(count: number, worst: string) => void} shown */
export function ringOn(store, shown) {
  /** @type {Set<string> | null} */
  let rung = null;
  return store.on("alarms", () => {
    const alarms = open(store.all("alarms").values());
    const critical = alarms.filter((alarm) => alarm.level === "critical");
    if (rung) for (const alarm of critical) if (!rung.has(alarm.key)) ring(alarm);
    rung = new Set(critical.map((alarm) => alarm.key));
    document.title = `${alarms.length ? `(${alarms.length}) ` : ""}kassanet`;
    shown(alarms.length, critical.length ? "bad" : "warn");
  });
}

/** @param {Alarm} alarm */
function ring(alarm) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const about = alarm.kkt ?? (alarm.receipt_id === undefined ? "" : String(alarm.receipt_id));
  const note = new Notification(named("alarm", alarm.code), { body: [about, alarm.text].filter(Boolean).join("\n"), tag: alarm.key });
  note.onclick = () => {
    window.focus();
    location.hash = address("alarms");
    note.close();
  };
}
