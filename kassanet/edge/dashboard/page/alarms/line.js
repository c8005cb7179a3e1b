/** One alarm: what it is, about what, since when, until when, what to do, and who does it. */

import { ask, inPath } from "../core/api.js";
import { now } from "../core/clock.js";
import { open } from "../core/dialog.js";
import { h, mark, show, write } from "../core/dom.js";
import { ago, moment, span } from "../core/format.js";
import { named, t } from "../core/language.js";
import { address } from "../core/route.js";
import { doing } from "../core/toast.js";
import { advice } from "../registers/seen.js";

/** @import {Alarm, Context} from "../types.js" */

/** @param {Context} context */
export function line(context) {
  /** @type {Alarm | null} */
  let present = null;
  const [level, words, subject, hint, said, since, due, taken] = [
    h("span", { class: "level" }),
    h("h2"),
    h("a"),
    h("p", { class: "hint" }),
    h("code", { lang: "en" }),
    h("span"),
    h("strong", { class: "due" }),
    h("p", { class: "taken" }),
  ];
  const button = h(
    "button",
    { type: "button", class: "take", onClick: () => present && takeOn(present) },
    t("do_take_on"),
  );
  const may = context.session.role !== "viewer";
  const element = h(
    "li",
    { class: "alarm" },
    level,
    h("div", { class: "about" }, h("header", null, words, subject), hint, said, taken),
    h("div", { class: "when" }, due, since, may && button),
  );

  /** @param {Alarm} alarm */
  function update(alarm) {
    present = alarm;
    mark(element, "data-tone", alarm.level === "critical" ? "bad" : "warn");
    mark(element, "data-taken", String(Boolean(alarm.acknowledged)));
    write(level, named("level", alarm.level));
    write(words, named("alarm", alarm.code));
    writeSubject(subject, context, alarm);
    write(hint, advice(alarm.code));
    write(said, alarm.text);
    write(since, `${moment(alarm.since)} · ${ago(alarm.since)}`);
    write(due, alarm.due_at === undefined ? "" : dueWords(alarm.due_at));
    write(taken, takenWords(alarm));
    show(button, !alarm.acknowledged);
  }
  return { element, update };
}

/** @param {HTMLAnchorElement} link @param {Context} context @param {Alarm} alarm */
function writeSubject(link, context, alarm) {
  const { href, words } = subjectOf(context, alarm);
  mark(link, "href", href);
  write(link, words);
}

/** What an alarm is about, and where that is shown. @param {Context} context @param {Alarm} alarm */
function subjectOf({ store }, { key, receipt_id: receipt, kkt, circuit_id: circuit }) {
  if (receipt !== undefined) {
    return { href: address("receipts", { open: receipt }), words: t("receipt_number", { id: receipt }) };
  }
  if (kkt !== undefined) return { href: address("registers", { open: kkt }), words: kkt };
  const [kind = "", ...rest] = key.split("/").slice(0, -1);
  const known = SUBJECTS[kind]?.(rest.join("/"));
  if (known) return known;
  const title = circuit === undefined ? t("service") : (store.all("circuit").get(String(circuit))?.title ?? "");
  return { href: address("circuits"), words: title };
}

/** By the first word of an alarm's key. @type {Record<string, (name: string) => {href: string, words: string}>} */
const SUBJECTS = {
  pinpad: (id) => ({ href: address("pinpads", { open: id }), words: t("pinpad_number", { id }) }),
  prro: (id) => ({ href: address("prro", { open: id }), words: t("prro_number", { id }) }),
  key: (name) => ({ href: address("prro", { view: "keys" }), words: name }),
  agent: (name) => ({ href: address("prro", { view: "keys" }), words: name }),
  site: (name) => ({ href: address("sites"), words: name }),
  billing: (name) => ({ href: address("payments", { billing: name, state: "open" }), words: name }),
};

/** @param {number} at */
function dueWords(at) {
  const left = at - now();
  return left > 0 ? t("due_in", { span: span(left) }) : t("overdue", { span: span(-left) });
}

/** @param {Alarm} alarm */
function takenWords(alarm) {
  const taken = alarm.acknowledged;
  if (!taken) return "";
  return [t("taken_on", { by: taken.by, moment: moment(taken.at) }), taken.note].filter(Boolean).join(": ");
}

/** @param {Alarm} alarm */
function takeOn(alarm) {
  const note = h("input", { name: "note", maxlength: 500, autocomplete: "off" });
  const button = h("button", { class: "primary" }, t("do_take_on"));
  const form = h(
    "form",
    {
      class: "body",
      onSubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        void send();
      },
    },
    h("p", null, named("alarm", alarm.code)),
    h("label", null, h("span", null, t("note")), note),
    h("div", { class: "actions" }, button),
  );
  const dialog = open({ title: t("do_take_on"), kind: "box", body: form });
  note.focus();

  async function send() {
    const said = note.value.trim() ? { note: note.value.trim() } : {};
    await doing(
      button,
      () => ask("POST", `/api/v1/alarms/${inPath(alarm.key)}/acknowledge`, said),
      () => t("done"),
    );
    dialog.close();
  }
}
