/** What may be done with a register by hand, by whom and when; each says what came of it. */

import { ask, inPath } from "../core/api.js";
import { confirm } from "../core/dialog.js";
import { h, show } from "../core/dom.js";
import { t } from "../core/language.js";
import { doing } from "../core/toast.js";

/** @import {Context, Kkt, SiteState} from "../types.js" */
/** @import {Word} from "../core/language.js" */

/**
 * @typedef {{word: Word, name: string, when: (kkt: Kkt) => boolean, run: (eip: string) => Promise<any>, asks?: Word}}
 *   Command
 */

/** @param {string} name */
const command = (name) => (/** @type {string} */ eip) => ask("POST", `/api/v1/kkt/${inPath(eip)}/${name}`, {});
/** @param {Kkt} kkt */
const off = (kkt) => kkt.condition === "inactive";
/** @param {Kkt} kkt */
const open = (kkt) => kkt.fn?.shift_is_open === true;

/** @type {Command[]} */
const COMMANDS = [
  { word: "do_open_shift", name: "open_shift", when: (kkt) => !off(kkt) && !open(kkt), run: command("open_shift") },
  { word: "do_x_report", name: "x_report", when: (kkt) => !off(kkt), run: command("x_report") },
  {
    word: "do_z_report",
    name: "z_report",
    when: (kkt) => !off(kkt) && open(kkt),
    run: command("z_report"),
    asks: "ask_z_report",
  },
  { word: "do_activate", name: "activate", when: off, run: (eip) => ask("PATCH", `/frs/${inPath(eip)}/activate`) },
  {
    word: "do_deactivate",
    name: "deactivate",
    when: (kkt) => !off(kkt),
    run: (eip) => ask("PATCH", `/frs/${inPath(eip)}/deactivate`),
    asks: "ask_deactivate",
  },
  {
    word: "do_remove",
    name: "remove",
    when: off,
    run: (eip) => ask("DELETE", `/frs/${inPath(eip)}`),
    asks: "ask_remove",
  },
];

/**
 * The buttons of one register; nothing for those who may only look.
 * @param {Context} context
 * @param {string} eip
 * @param {() => void} done
 */
export function commands(context, eip, done) {
  const buttons = context.session.role === "viewer" ? [] : COMMANDS.map((each) => button(each, eip, done));
  return {
    element: h(
      "div",
      { class: "actions", role: "group", "aria-label": t("commands") },
      buttons.map((each) => each.element),
    ),
    /** @param {Kkt} kkt */
    update: (kkt) =>
      buttons.forEach((each) =>
        show(each.element, each.command.when(kkt) && permitted(context, kkt, each.command.name)),
      ),
  };
}

/**
 * A site says itself what may be done with its registers from here.
 * @param {Context} context @param {Kkt} kkt @param {string} name
 */
function permitted({ store }, kkt, name) {
  if (!kkt.site) return true;
  /** @type {SiteState | undefined} */
  const site = store.all("sites").get(kkt.site);
  return site?.condition === "connected" && site.commands.includes(name);
}

/** @param {Command} each @param {string} eip @param {() => void} done */
function button(each, eip, done) {
  const element = h("button", { type: "button", "data-command": each.name, onClick: run }, t(each.word));
  async function run() {
    if (each.asks && !(await confirm(t(each.word), t(each.asks, { eip }), t(each.word)))) return;
    await doing(element, () => each.run(eip), said);
    done();
  }
  return { element, command: each };
}

/** @param {any} answer */
function said(answer) {
  return answer?.fd ? t("done_document", { shift: answer.shift, fd: answer.fd }) : t("done");
}
