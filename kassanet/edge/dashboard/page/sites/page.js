/** Sites: local servers that dial in. Which are there, how old what is shown of each may be, what waits between us. */

import { everySecond } from "../core/clock.js";
import { h, keyed, write } from "../core/dom.js";
import { t } from "../core/language.js";
import { card } from "./card.js";
import { newSite } from "./forms.js";

/** @import {Context, Page, SiteState} from "../types.js" */

/** @type {Record<string, number>} */
const RANK = { away: 0, revoked: 1, never: 2, connected: 3 };

/** @param {Context} context @returns {Page} */
export function sitesPage(context) {
  const { store, session } = context;
  const cards = h("div", { class: "cards" });
  const empty = h("p", { class: "empty", role: "status" });
  const make =
    session.role === "admin" && session.inn === null
      ? h("button", { type: "button", class: "primary", onClick: () => newSite() }, t("add_site"))
      : null;
  const element = h(
    "section",
    { class: "page sites", "aria-label": t("page_sites") },
    h("header", { class: "head" }, h("h1", null, t("page_sites")), make),
    cards,
    empty,
  );
  /** @type {Map<string, ReturnType<typeof card>>} */
  const views = new Map();

  function all() {
    /** @type {SiteState[]} */
    const sites = [...store.all("sites").values()];
    sites.sort((a, b) => (RANK[a.condition] ?? 9) - (RANK[b.condition] ?? 9) || a.name.localeCompare(b.name));
    keyed(
      cards,
      views,
      sites,
      (site) => site.name,
      () => card(context),
    );
    write(empty, sites.length ? "" : t("no_sites"));
  }

  const ends = [store.on("sites", all), everySecond(all)];
  all();
  return { element, topics: () => ["sites"], follow: () => {}, dispose: () => ends.forEach((end) => end()) };
}
