/** Pinpads: what happens at each right now, as far as it tells; the card payments that are on their way. */

import { everySecond } from "../core/clock.js";
import { h, keyed, mark, show, write } from "../core/dom.js";
import { ago, money } from "../core/format.js";
import { named, t } from "../core/language.js";
import { changed, here, refine } from "../core/route.js";
import { openPinpad } from "./drawer.js";
import { addPinpad } from "./forms.js";

/** @import {Context, Page, PinpadState, Sale, Tone} from "../types.js" */

/** @type {Record<string, Tone>} */
const TONES = { inactive: "quiet", ready: "good", busy: "busy", held: "busy", settling: "warn", blocked: "bad" };

/** @param {Context} context @returns {Page} */
export function pinpadsPage(context) {
  const { store, session } = context;
  const tiles = h("div", { class: "pinpads" });
  const sales = h("ul", { class: "lines sales" });
  const salesPart = h("section", { hidden: true }, h("h2", null, t("sales")), sales);
  const empty = h("p", { class: "empty" });
  const add =
    session.role === "viewer"
      ? null
      : h("button", { type: "button", class: "primary", onClick: () => addPinpad(session) }, t("add_pinpad"));
  const element = h(
    "section",
    { class: "page", "aria-label": t("page_pinpads") },
    h("header", { class: "head" }, h("h1", null, t("page_pinpads")), add),
    tiles,
    empty,
    salesPart,
  );
  /** @type {Map<string, ReturnType<typeof tile>>} */
  const views = new Map();
  /** @type {Map<string, ReturnType<typeof saleLine>>} */
  const lines = new Map();
  let opened = "";
  /** @type {HTMLDialogElement | undefined} */
  let drawer;

  function pinpads() {
    const states = [...store.all("pinpads").values()].sort((a, b) => a.id - b.id);
    keyed(
      tiles,
      views,
      states,
      (state) => String(state.id),
      () => tile(),
    );
    write(empty, states.length ? "" : t("no_pinpads"));
  }

  function onSales() {
    const present = [...store.all("sales").values()].sort((a, b) => b.id - a.id);
    keyed(
      sales,
      lines,
      present,
      (sale) => String(sale.id),
      () => saleLine(),
    );
    show(salesPart, present.length > 0);
  }

  /** @param {URLSearchParams} query */
  function follow(query) {
    pinpads();
    const wanted = query.get("open") ?? "";
    if (wanted === opened) return;
    opened = wanted;
    drawer?.close();
    if (wanted) drawer = openPinpad(context, wanted, () => here().query.get("open") === wanted && refine({ open: "" }));
  }

  const ends = [store.on("pinpads", pinpads), store.on("sales", onSales), everySecond(pinpads)];
  onSales();
  return { element, topics: () => ["pinpads", "sales"], follow, dispose: () => ends.forEach((end) => end()) };
}

function tile() {
  const [title, address, condition, stage, text, waiting, last] = [
    h("span", { class: "eip" }),
    h("span", { class: "note" }),
    h("span", { class: "condition" }),
    h("strong"),
    h("span"),
    h("span", { class: "note" }),
    h("span", { class: "note" }),
  ];
  const element = h(
    "a",
    { class: "pinpad" },
    h("span", { class: "top" }, h("span", { class: "lamp", "aria-hidden": "true" }), title),
    address,
    condition,
    stage,
    text,
    waiting,
    last,
  );
  /** @param {PinpadState} state */
  function update(state) {
    mark(element, "href", changed({ open: String(state.id) }));
    mark(element, "data-tone", TONES[state.condition] ?? "quiet");
    write(title, t("pinpad_number", { id: state.id }));
    write(address, [state.address, state.terminal_id].filter(Boolean).join(" · "));
    write(condition, named("pinpad_condition", state.condition));
    write(
      stage,
      state.kind
        ? [named("operation", state.kind), state.stage && named("stage", state.stage)].filter(Boolean).join(": ")
        : "",
    );
    write(text, state.text ?? state.reason ?? "");
    write(waiting, state.waiting ? t("waiting_behind", { count: state.waiting }) : "");
    write(last, state.last_answer_at ? t("last_answer", { ago: ago(state.last_answer_at) }) : "");
  }
  return { element, update };
}

function saleLine() {
  const [name, status, sum] = [h("span"), h("span"), h("span", { class: "number" })];
  const element = h("li", null, name, status, sum);
  /** @param {Sale} sale */
  function update(sale) {
    write(name, sale.external_id);
    write(status, [named("sale", sale.status), sale.reason].filter(Boolean).join(": "));
    write(sum, money(sale.total, sale.currency));
  }
  return { element, update };
}
