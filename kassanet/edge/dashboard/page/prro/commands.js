/** What an operator may do with a software register: its shift, its X report, offline work, going on when blocked. */

import { ask, getText } from "../core/api.js";
import { confirm, open } from "../core/dialog.js";
import { h, show } from "../core/dom.js";
import { t } from "../core/language.js";
import { doing } from "../core/toast.js";

/** @import {Context, PrroState} from "../types.js" */
/** @import {Word} from "../core/language.js" */
/**
 * @typedef {{word: Word, name: string, when: (state: PrroState) => boolean, run: (path: string) => Promise<any>,
 *   asks?: Word}} Command
 */

export const WIDTH = 40; // characters of a slip

/** @param {string} verb */
const verb = (verb) => (/** @type {string} */ path) => ask("POST", `${path}/${verb}`, {});
/** Every press is a document of its own. @param {"open_shift" | "close_shift"} kind */
const operation = (kind) => (/** @type {string} */ path) =>
  ask("POST", `${path}/operations`, { external_id: `page-${unique()}`, operation: { kind } });

/** @type {Command[]} */
const COMMANDS = [
  { word: "do_open_shift", name: "open_shift", when: (state) => !state.shift_is_open, run: operation("open_shift") },
  {
    word: "do_close_shift",
    name: "close_shift",
    when: (state) => Boolean(state.shift_is_open),
    run: operation("close_shift"),
    asks: "ask_close_shift",
  },
  {
    word: "do_go_offline",
    name: "go-offline",
    when: (state) => state.condition === "online" || state.condition === "settling",
    run: verb("go-offline"),
    asks: "ask_go_offline",
  },
  {
    word: "do_go_online",
    name: "go-online",
    when: (state) => state.condition === "offline" || state.condition === "returning",
    run: verb("go-online"),
  },
  {
    word: "do_unblock",
    name: "unblock",
    when: (state) => state.condition === "blocked",
    run: verb("unblock"),
    asks: "ask_unblock",
  },
  {
    word: "do_remove",
    name: "remove",
    when: (state) => !state.shift_is_open && state.condition === "online",
    run: (path) => ask("DELETE", path),
    asks: "ask_remove_prro",
  },
];

/** Buttons of one register. A viewer reads the X report, which makes no document. @param {Context} context */
export function prroCommands(context, /** @type {string} */ id, /** @type {() => void} */ done) {
  const path = `/api/v1/prro/${id}`;
  const report = h(
    "button",
    { type: "button", "data-command": "x-report", onClick: () => void xReport() },
    t("do_x_report"),
  );
  const buttons = context.session.role === "viewer" ? [] : COMMANDS.map((each) => button(each, path, id, done));

  async function xReport() {
    const slip = h("pre", { class: "slip tape", tabindex: "0" }, t("loading"));
    open({ title: t("do_x_report"), kind: "box", body: h("div", { class: "body" }, slip) });
    slip.textContent = await getText(`${path}/x-report?width=${WIDTH}`).catch((error) => String(error.message));
  }
  return {
    element: h(
      "div",
      { class: "actions", role: "group", "aria-label": t("commands") },
      report,
      buttons.map((each) => each.element),
    ),
    /** @param {PrroState} state */
    update(state) {
      show(report, Boolean(state.shift_is_open));
      for (const each of buttons) show(each.element, each.command.when(state));
    },
  };
}

/** @param {Command} command @param {string} path @param {string} id @param {() => void} done */
function button(command, path, id, done) {
  const element = h(
    "button",
    { type: "button", "data-command": command.name, onClick: () => void run() },
    t(command.word),
  );
  async function run() {
    if (command.asks && !(await confirm(t(command.word), t(command.asks, { id }), t(command.word)))) return;
    await doing(element, () => command.run(path), said);
    done();
  }
  return { element, command };
}

/** A refused document is an answer like any other, and no success. @param {any} answer */
function said(answer) {
  if (answer?.status === "refused") throw new Error(answer.reason ?? t("document_status_refused"));
  return answer?.local_number ? t("done_prro_document", { number: answer.local_number }) : t("done");
}

function unique() {
  return [...crypto.getRandomValues(new Uint32Array(3))].map((each) => each.toString(36)).join("");
}
