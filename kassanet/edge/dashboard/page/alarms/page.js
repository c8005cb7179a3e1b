/** Alarms: what needs a person now, most urgent first, and who has taken it on. */

import { everySecond } from "../core/clock.js";
import { h, keyed, show, write } from "../core/dom.js";
import { t } from "../core/language.js";
import { line } from "./line.js";
import { mayAsk, askLeave } from "./notify.js";
import { byUrgency } from "./urgency.js";

/** @import {Alarm, Context, Page} from "../types.js" */

/** @param {Context} context @returns {Page} */
export function alarmsPage(context) {
  const list = h("ol", { class: "alarms" });
  const empty = h("p", { class: "empty well", role: "status" });
  const leave = h(
    "button",
    { type: "button", onClick: () => void askLeave().then(() => show(leave, mayAsk())) },
    t("notify_me"),
  );
  show(leave, mayAsk());
  const element = h(
    "section",
    { class: "page alarms-page", "aria-label": t("page_alarms") },
    h("header", { class: "head" }, h("h1", null, t("page_alarms")), leave),
    list,
    empty,
  );
  /** @type {Map<string, ReturnType<typeof line>>} */
  const views = new Map();

  function all() {
    /** @type {Alarm[]} */
    const alarms = byUrgency([...context.store.all("alarms").values()]);
    keyed(
      list,
      views,
      alarms,
      (alarm) => alarm.key,
      () => line(context),
    );
    show(list, alarms.length > 0);
    write(empty, alarms.length ? "" : t("all_is_well"));
  }

  const ends = [context.store.on("alarms", all), everySecond(all)];
  all();
  return { element, dispose: () => ends.forEach((end) => end()) };
}
