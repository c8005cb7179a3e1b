/**
 * A new critical alarm rings: in the title always, by the browser where it may. What is there at first does not ring.
 */

import { named } from "../core/language.js";
import { address } from "../core/route.js";
import { open } from "./urgency.js";

/** @import {Alarm, Context} from "../types.js" */

export function mayAsk() {
  return "Notification" in window && Notification.permission === "default";
}

export async function askLeave() {
  if (mayAsk()) await Notification.requestPermission();
}

/** @param {Context} context @param {(count: number, worst: string) => void} shown */
export function ringOn({ store, live }, shown) {
  /** @type {Set<string> | null} */
  let rung = null; // until the first snapshot nothing is new

  function look() {
    const alarms = open(store.all("alarms").values());
    const critical = alarms.filter((alarm) => alarm.level === "critical");
    if (rung) for (const alarm of critical) if (!rung.has(alarm.key)) ring(alarm);
    if (rung || live.state === "live") rung = new Set(critical.map((alarm) => alarm.key));
    document.title = `${alarms.length ? `(${alarms.length}) ` : ""}kassanet`;
    shown(alarms.length, critical.length ? "bad" : "warn");
  }

  const end = store.on("alarms", look);
  live.listeners.add(look);
  look();
  return () => {
    end();
    live.listeners.delete(look);
  };
}

/** @param {Alarm} alarm */
function ring(alarm) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const about = alarm.kkt ?? (alarm.receipt_id === undefined ? "" : String(alarm.receipt_id));
  const note = new Notification(named("alarm", alarm.code), {
    body: [about, alarm.text].filter(Boolean).join("\n"),
    tag: alarm.key,
  });
  note.onclick = () => {
    window.focus();
    location.hash = address("alarms");
    note.close();
  };
}
