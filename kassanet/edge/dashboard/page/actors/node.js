/** One actor as a row of the tree. */

import { get, inPath } from "../core/api.js";
import { actorMoment, now } from "../core/clock.js";
import { open } from "../core/dialog.js";
import { h, mark, show, write } from "../core/dom.js";
import { dateTime, number, span } from "../core/format.js";
import { named, t } from "../core/language.js";
import { bar } from "../registers/glyphs.js";

/** @import {ActorNode, Context} from "../types.js" */
/** @import {View} from "../core/list.js" */
/** @import {Place} from "./page.js" */

export const HEIGHT = 32;
const COLUMNS = /** @type {const} */ (["actor", "state", "for", "mailbox", "restarts", "failure"]);

export function tableHead() {
  return h(
    "div",
    { role: "rowgroup" },
    h(
      "div",
      { class: "row head", role: "row" },
      COLUMNS.map((each) => h("div", { role: "columnheader" }, named("column", each))),
    ),
  );
}

/**
 * @param {Context} context
 * @param {string} name
 * @param {() => Place | undefined} placeOf
 * @param {(folded: boolean) => void} fold
 * @returns {View}
 */
export function node(context, name, placeOf, fold) {
  const folding = h(
    "button",
    {
      type: "button",
      class: "fold",
      "aria-expanded": "true",
      "aria-label": name,
      onClick: () => fold(folding.getAttribute("aria-expanded") === "true"),
    },
    "▾",
  );
  const title = h(
    "span",
    { class: "name", tabindex: "-1" },
    h("span", null, name.includes("/") ? name.slice(name.indexOf("/") + 1) : name),
  );
  const kind = h("span", { class: "kind" });
  const [state, since, depth, restarts] = [h("span"), h("span"), h("span"), h("span")];
  const fill = bar();
  const failure = h("button", { type: "button", class: "failure", onClick: () => void showFailure(name) });
  const plain = h("span", { class: "failure" });
  title.prepend(folding);
  title.append(kind);
  const may = context.session.role === "admin";
  const cells = [
    title,
    state,
    since,
    h("span", { class: "with-bar" }, fill.element, depth),
    restarts,
    may ? failure : plain,
  ];
  const element = h(
    "div",
    { class: "row", role: "row" },
    cells.map((cell) => h("div", { role: "cell" }, cell)),
  );
  let known = -1;

  function update() {
    /** @type {ActorNode | undefined} */
    const actor = context.store.all("actors").get(name);
    const place = placeOf();
    if (!actor || !place) return;
    element.style.setProperty("--depth", String(place.depth));
    show(folding, place.children > 0);
    write(kind, actor.kind);
    write(state, named("actor_state", actor.state));
    mark(element, "data-state", actor.state);
    write(since, span(now() - actorMoment(actor.since)));
    write(depth, actor.work ? `${number(actor.work.depth)} / ${number(actor.work.capacity)}` : "");
    show(fill.element, actor.work !== null);
    if (actor.work)
      fill.update(
        actor.work.depth / actor.work.capacity,
        actor.work.depth * 5 > actor.work.capacity * 4 ? "bad" : "good",
      );
    write(restarts, actor.restarts ? number(actor.restarts) : "");
    writeFailure(may ? failure : plain, actor);
    if (known >= 0 && actor.restarts > known) flash(element);
    known = actor.restarts;
  }
  return { element, update };
}

/** @param {HTMLElement} element @param {ActorNode} actor */
function writeFailure(element, actor) {
  write(element, actor.last_error ?? "");
  show(element, actor.last_error !== null);
}

/** @param {HTMLElement} element */
function flash(element) {
  element.classList.remove("restarted");
  void element.offsetWidth; // so that the animation begins anew
  element.classList.add("restarted");
}

/** @param {string} name */
async function showFailure(name) {
  const body = h("div", { class: "body" }, h("p", { class: "empty" }, t("loading")));
  open({ title: name, kind: "drawer", body }).classList.add("wide");
  try {
    const failure = await get(`/api/v1/actors/${inPath(name)}/failure`);
    body.replaceChildren(
      ...(failure
        ? [
            h("p", null, dateTime(actorMoment(failure.at))),
            h("p", null, h("strong", null, failure.error)),
            h("pre", { tabindex: "0", lang: "en" }, failure.traceback),
          ]
        : [h("p", { class: "empty" }, t("nothing_yet"))]),
    );
  } catch (error) {
    body.replaceChildren(h("p", { class: "empty" }, error instanceof Error ? error.message : String(error)));
  }
}
