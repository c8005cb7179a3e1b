/** What stands around every page: where one can go, whether what is shown is fresh, who is signed in. */

import { everySecond } from "./core/clock.js";
import { h, mark, show, write } from "./core/dom.js";
import { number, span, time } from "./core/format.js";
import { n, named, t } from "./core/language.js";
import { address, PAGES } from "./core/route.js";
import { ringOn } from "./alarms/notify.js";
import { switches } from "./switches.js";

/** @import {Context} from "./types.js" */
/** @import {PageName} from "./core/route.js" */

/** Pages that only some may see. @param {Context} context @param {PageName} name */
export function maySee({ session }, name) {
  return name !== "actors" || (session.role !== "viewer" && session.inn === null);
}

/** @param {Context} context @param {{again: () => void, signOut: () => void}} said */
export function shell(context, { again, signOut }) {
  const links = PAGES.filter((name) => maySee(context, name)).map((name) => link(name));
  const alarms = links.find((each) => each.name === "alarms");
  const fresh = freshness(context);
  const { session } = context;
  const who = h(
    "span",
    { class: "who" },
    session.name,
    " · ",
    named("role", session.role),
    session.inn && ` · ${t("inn_number", { inn: session.inn })}`,
  );
  const main = h("main", { id: "main", tabindex: "-1" });
  const element = h(
    "div",
    { class: "shell" },
    h(
      "a",
      {
        class: "skip",
        href: "#main",
        onClick: (/** @type {Event} */ event) => {
          event.preventDefault();
          main.focus();
        },
      },
      t("skip"),
    ),
    h(
      "header",
      { class: "top-bar" },
      h("a", { class: "brand", href: address("registers") }, "kassanet"),
      h(
        "nav",
        { "aria-label": t("pages") },
        links.map((each) => each.element),
      ),
      fresh.element,
      h(
        "div",
        { class: "account" },
        switches(again),
        who,
        h("button", { type: "button", class: "sign-out", onClick: signOut }, t("sign_out")),
      ),
    ),
    main,
  );
  const ends = [fresh.end, ringOn(context, (count, tone) => alarms?.badge(count, tone))];
  return {
    element,
    main,
    /** @param {PageName} name */
    at: (name) => links.forEach((each) => each.at(name)),
    dispose: () => ends.forEach((end) => end()),
  };
}

/** @param {PageName} name */
function link(name) {
  const badge = h("b", { class: "badge", hidden: true });
  const element = h("a", { href: address(name) }, named("page", name), badge);
  return {
    name,
    element,
    /** @param {PageName} here */
    at(here) {
      mark(element, "aria-current", here === name ? "page" : "false");
      if (here === name) bringIntoSight(element);
    },
    /** @param {number} count @param {string} tone */
    badge(count, tone) {
      write(badge, number(count));
      mark(badge, "data-tone", tone);
      badge.title = n("open_alarms", count);
      show(badge, count > 0);
    },
  };
}

/** On a phone the row of links is wider than the screen. Only the row moves. @param {HTMLElement} link */
function bringIntoSight(link) {
  requestAnimationFrame(() => {
    const row = link.parentElement;
    if (!row) return;
    const [inner, outer] = [link.getBoundingClientRect(), row.getBoundingClientRect()];
    row.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  });
}

/** @param {Context} context */
function freshness({ live }) {
  const text = h("span");
  const element = h(
    "p",
    { class: "freshness", role: "status" },
    h("span", { class: "lamp", "aria-hidden": "true" }),
    text,
  );
  function update() {
    mark(element, "data-state", live.state);
    const since = live.staleSince / 1000;
    if (live.state === "live") write(text, t("live"));
    else
      write(
        text,
        live.rev || live.state === "stale"
          ? t("stale_since", { time: time(since), span: span(Date.now() / 1000 - since) })
          : t("connecting"),
      );
    document.documentElement.dataset["live"] = live.state;
  }
  live.listeners.add(update);
  const ticking = everySecond(() => live.state !== "live" && update());
  update();
  return {
    element,
    end: () => {
      live.listeners.delete(update);
      ticking();
    },
  };
}
