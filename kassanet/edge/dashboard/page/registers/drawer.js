/** One register in full: its state, what to do about it, commands, its last day, its receipts, who did what to it. */

import { get, inPath } from "../core/api.js";
import { everySecond } from "../core/clock.js";
import { open } from "../core/dialog.js";
import { h, mark, write } from "../core/dom.js";
import { ago, day, fillWords, moment, number, printed, span } from "../core/format.js";
import { n, t } from "../core/language.js";
import { commands } from "./commands.js";
import { dayOf } from "./day.js";
import { journalOf, receiptsOf } from "./past.js";
import { conditionWords, fnDays, shiftAge, toneOf, troubles, unsentAge } from "./seen.js";

/** @import {Context, Kkt} from "../types.js" */
/** @import {Word} from "../core/language.js" */

/** @param {Context} context @param {string} eip @param {() => void} onClose */
export function openRegister(context, eip, onClose) {
  const capacity = context.session.fn_documents;
  const condition = h("p", { class: "condition", role: "status" });
  const trouble = h("ul", { class: "troubles" });
  const facts = h("dl", { class: "facts" });
  const past = h("div", { class: "past" });
  const refresh = () => void fill(context, eip, past);
  const buttons = commands(context, eip, refresh);
  const body = h("div", { class: "body" }, condition, trouble, buttons.element, facts, past);

  function update() {
    const kkt = context.store.all("kkt").get(eip);
    mark(condition, "data-tone", kkt ? toneOf(kkt) : "quiet");
    write(condition, kkt ? conditionWords(kkt) : t("register_gone"));
    if (!kkt) return;
    writeTroubles(trouble, kkt);
    writeFacts(facts, factsOf(kkt, context.store.all("circuit").get(String(kkt.circuit_id))?.title, capacity));
    buttons.update(kkt);
  }

  const ends = [context.store.on("kkt", (keys) => keys.has(eip) && update()), everySecond(update)];
  const dialog = open({
    title: eip,
    kind: "drawer",
    body,
    onClose: () => {
      for (const end of ends) end();
      onClose();
    },
  });
  update();
  refresh();
  return dialog;
}

/** @param {Context} context @param {string} eip @param {HTMLElement} past */
async function fill(context, eip, past) {
  if (context.store.all("kkt").get(eip)?.site) return; // its past is kept at its site
  const since = new Date(Date.now() - 86_400_000).toISOString();
  const parts = [
    get(`/api/v1/kkt/${inPath(eip)}/day`).then(dayOf),
    get(`/api/v1/receipts?limit=15&kkt=${encodeURIComponent(eip)}&since=${encodeURIComponent(since)}`).then((page) =>
      receiptsOf(page.receipts),
    ),
  ];
  if (context.session.role === "admin" && context.session.inn === null) {
    parts.push(get(`/api/v1/audit?limit=15&kkt=${encodeURIComponent(eip)}`).then((page) => journalOf(page.lines)));
  }
  const shown = await Promise.allSettled(parts);
  past.replaceChildren(
    ...shown.map((each) =>
      each.status === "fulfilled" ? each.value : h("p", { class: "empty" }, String(each.reason.message)),
    ),
  );
}

/** @param {HTMLElement} element @param {Kkt} kkt */
function writeTroubles(element, kkt) {
  const found = troubles(kkt);
  const said = found.map((each) => `${each.words}\n${each.said}`).join("\n");
  if (element.dataset["said"] === said) return;
  element.dataset["said"] = said;
  element.replaceChildren(
    ...found.map((each) =>
      h(
        "li",
        { "data-tone": each.tone },
        h("strong", null, each.words),
        each.advice && h("span", null, each.advice),
        each.said && h("code", { lang: "en" }, each.said),
      ),
    ),
  );
}

/** @param {HTMLElement} element @param {[Word, string][]} told */
function writeFacts(element, told) {
  if (element.childElementCount !== told.length) {
    element.replaceChildren(...told.map(([word]) => h("div", null, h("dt", null, t(word)), h("dd"))));
  }
  told.forEach(([word, text], place) => {
    const [title, value] = element.children[place]?.children ?? [];
    if (title && value) {
      write(title, t(word));
      write(value, text);
    }
  });
}

/** @param {Kkt} kkt @param {string | undefined} circuit @param {number} capacity @returns {[Word, string][]} */
function factsOf(kkt, circuit, capacity) {
  const age = shiftAge(kkt);
  const unsent = unsentAge(kkt);
  const days = fnDays(kkt);
  /** @type {[Word, string | null | undefined | false][]} */
  const told = [
    [
      "shift",
      kkt.shift &&
        (age === null ? t("shift_closed") : t("shift_open_for", { number: kkt.shift.number, span: span(age) })),
    ],
    ["receipts_in_shift", kkt.shift && number(kkt.shift.receipts)],
    [
      "last_fd",
      kkt.fn && `${number(kkt.fn.last_fd)}${kkt.fn.last_document_at ? ` · ${printed(kkt.fn.last_document_at)}` : ""}`,
    ],
    ["unsent", kkt.ofd && `${number(kkt.ofd.unsent)}${unsent === null ? "" : ` · ${span(unsent)}`}`],
    ["fn_number", kkt.fn?.fn],
    ["fn_fill", kkt.fn && fillWords(kkt.fn.last_fd, capacity)],
    ["fn_expires", kkt.fn_expires && `${day(kkt.fn_expires)}${days === null ? "" : ` · ${n("days", days)}`}`],
    ["serial", kkt.identity?.serial],
    ["rnm", kkt.identity?.rnm],
    ["inn", kkt.identity?.inn],
    ["circuit", circuit],
    ["site", kkt.site],
    ["type", kkt.type],
    ["clock", kkt.device?.clock && printed(kkt.device.clock)],
    ["read_at", kkt.read_at !== null && `${moment(kkt.read_at)} · ${ago(kkt.read_at)}`],
  ];
  return /** @type {[Word, string][]} */ (told.filter(([, text]) => text));
}
