/** One site: its link, its registers as lamps, what waits on either side. */

import { now } from "../core/clock.js";
import { h, mark, write } from "../core/dom.js";
import { moment, number, span } from "../core/format.js";
import { named, t } from "../core/language.js";
import { address } from "../core/route.js";
import { writeLamps } from "../circuits/card.js";

/** @import {Context, Kkt, SiteState, Tone} from "../types.js" */
/** @import {Word} from "../core/language.js" */

/** @type {Record<string, Tone>} */
const TONES = { connected: "good", away: "bad", never: "quiet", revoked: "quiet" };

/** @param {Context} context */
export function card(context) {
  const [title, state, inn] = [h("h2"), h("p", { class: "state" }), h("span", { class: "sinn" })];
  const lamps = h("a", { class: "lamps" });
  const facts = h("dl", { class: "facts" });
  const element = h("article", { class: "card site" }, h("header", null, title, inn), state, lamps, facts);

  /** @param {SiteState} site */
  function update(site) {
    mark(element, "data-tone", TONES[site.condition] ?? "quiet");
    write(title, site.name);
    write(inn, site.inn ? t("inn_number", { inn: site.inn }) : "");
    write(state, linkWords(site));
    mark(lamps, "href", address("registers", { site: site.name, group: "site" }));
    /** @type {Kkt[]} */
    const kkts = [...context.store.all("kkt").values()].filter((kkt) => kkt.site === site.name);
    writeLamps(lamps, kkts);
    writeFacts(facts, site);
  }
  return { element, update };
}

/** @param {SiteState} site */
function linkWords(site) {
  const condition = named("site_condition", site.condition);
  const { connected_since: since, away_since: away } = site;
  if (site.condition === "connected" && since !== null) {
    return `${condition} ${t("connected_for", { span: span(now() - since) })}`;
  }
  if (site.condition === "away" && away !== null) {
    return `${condition} ${t("away_for", { moment: moment(away), span: span(now() - away) })}`;
  }
  return condition;
}

/** @param {HTMLElement} element @param {SiteState} site */
function writeFacts(element, site) {
  /** @type {[Word, string | null | false][]} */
  const told = [
    ["lag", site.lag !== null && t("span_seconds", { s: number(site.lag, 1) })],
    ["site_receipts", site.receipts && named("site_policy", site.receipts)],
    ["site_owed", number(site.owed)],
    ["site_behind", number(site.behind)],
    ["site_unknown_commands", site.unknown_commands > 0 && number(site.unknown_commands)],
    ["site_commands", site.commands.length ? site.commands.map((each) => commandWord(each)).join(", ") : t("none")],
    ["site_reconnects", number(site.reconnects)],
    ["address", site.address],
    ["site_version", site.version],
  ];
  const shown = /** @type {[Word, string][]} */ (told.filter(([, text]) => text));
  if (element.childElementCount !== shown.length) {
    element.replaceChildren(...shown.map(() => h("div", null, h("dt"), h("dd"))));
  }
  shown.forEach(([word, text], place) => {
    const [title, value] = element.children[place]?.children ?? [];
    if (title) write(title, t(word));
    if (value) write(value, text);
  });
}

/** @param {string} name */
function commandWord(name) {
  return named("do", name);
}
