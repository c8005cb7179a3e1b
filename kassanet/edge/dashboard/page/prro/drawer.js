/** One software register in full: its state, what may be done, its offline hours, its desk and key, its documents. */

import { everySecond } from "../core/clock.js";
import { open } from "../core/dialog.js";
import { h, mark, show, write } from "../core/dom.js";
import { moment, number, percent, span } from "../core/format.js";
import { named, t } from "../core/language.js";
import { advice } from "../registers/seen.js";
import { budgetBar } from "./budget.js";
import { prroCommands } from "./commands.js";
import { documentsOf } from "./documents.js";
import { monthBudget, offlineFor, prroShiftAge, prroTone, sessionBudget } from "./seen.js";

/** @import {Context, PrroState, ShownPrro} from "../types.js" */
/** @import {Word} from "../core/language.js" */
/** @import {Known} from "./tile.js" */

/** What is to be done is said by the alarm of the same trouble. @type {Record<string, string>} */
const ALARMS = { blocked: "prro_blocked", settling: "prro_unknown", offline: "prro_offline" };

/** @param {Context} context @param {string} id @param {Known} known @param {() => void} onClose */
export function openPrro(context, id, known, onClose) {
  const condition = h("p", { class: "condition", role: "status" });
  const reason = h("code", { lang: "en" });
  const hint = h("p", { class: "note" });
  const budgets = { session: budgetBar("offline_session"), month: budgetBar("offline_month") };
  const facts = h("dl", { class: "facts" });
  const documents = documentsOf(id);
  const buttons = prroCommands(context, id, () => void documents.load());
  const body = h(
    "div",
    { class: "body prro-drawer" },
    condition,
    reason,
    hint,
    buttons.element,
    h("div", { class: "budgets" }, budgets.session.element, budgets.month.element),
    facts,
    documents.element,
  );
  let seen = "";
  /** @type {HTMLElement} */
  let heading;

  function update() {
    const { prro, state, key } = known(id);
    write(heading, titleOf(prro, id));
    mark(condition, "data-tone", state ? prroTone(state) : "quiet");
    write(condition, state ? named("prro_condition", state.condition) : t("register_gone"));
    write(reason, state?.warning ?? state?.reason ?? "");
    show(buttons.element, state !== undefined);
    if (!state) return;
    write(hint, advice(state.warning ? "prro_offline_ends" : (ALARMS[state.condition] ?? "")));
    buttons.update(state);
    budgets.session.update(sessionBudget(state));
    budgets.month.update(monthBudget(state));
    writeFacts(facts, factsOf(state, prro, key));
    const present = `${state.next_local} ${state.waiting} ${state.condition}`;
    if (present !== seen) void documents.load();
    seen = present;
  }

  const ends = [context.store.on("prro", (keys) => keys.has(id) && update()), everySecond(update)];
  const dialog = open({
    title: titleOf(known(id).prro, id),
    kind: "drawer",
    body,
    onClose: () => {
      for (const end of ends) end();
      onClose();
    },
  });
  dialog.classList.add("wide");
  heading = /** @type {HTMLElement} */ (dialog.querySelector("h2"));
  update();
  return dialog;
}

/** @param {ShownPrro | undefined} prro @param {string} id */
function titleOf(prro, id) {
  return prro ? `${prro.desk.point_name} · ${prro.desk.register}` : t("prro_number", { id });
}

/** @param {PrroState} state @param {ShownPrro | undefined} prro @param {string} key @returns {[Word, string][]} */
function factsOf(state, prro, key) {
  const age = prroShiftAge(state);
  const away = offlineFor(state);
  /** @type {[Word, string | undefined | null | false][]} */
  const told = [
    ["shift", age === null ? t("shift_closed") : t("open_for", { span: span(age) })],
    ["local_number", state.next_local ? number(state.next_local) : "—"],
    ["waiting_documents", number(state.waiting ?? 0)],
    ["offline_since", away !== null && `${moment(state.offline_since ?? 0)} · ${span(away)}`],
    ["signing_key", key],
    ["organisation", prro?.desk.org_name],
    ["tin", prro?.desk.tin],
    ["point", prro?.desk.point_address ?? prro?.desk.point_name],
    ["desk_number", prro && String(prro.desk.number)],
    ["cashier", prro?.cashier],
    ["taxes", prro?.desk.taxes?.map((each) => `${each.letter} ${percent(each.percent / 10_000)}`).join(", ")],
    ["test_mode", prro?.desk.testing && t("yes")],
  ];
  return /** @type {[Word, string][]} */ (told.filter(([, text]) => text));
}

/** @param {HTMLElement} element @param {[Word, string][]} told */
function writeFacts(element, told) {
  if (element.childElementCount !== told.length) {
    element.replaceChildren(...told.map(() => h("div", null, h("dt"), h("dd"))));
  }
  told.forEach(([word, text], place) => {
    const [title, value] = element.children[place]?.children ?? [];
    if (title && value) {
      write(title, t(word));
      write(value, text);
    }
  });
}
