/** Where it begins: who is signed in, one stream, and the page that the address names. */

import { ask, get, onSignedOut } from "./core/api.js";
import { setClock } from "./core/clock.js";
import { t } from "./core/language.js";
import { Live } from "./core/live.js";
import { here } from "./core/route.js";
import { Store } from "./core/store.js";
import { applyTheme } from "./core/theme.js";
import { actorsPage } from "./actors/page.js";
import { alarmsPage } from "./alarms/page.js";
import { circuitsPage } from "./circuits/page.js";
import { receiptsPage } from "./receipts/page.js";
import { paymentsPage } from "./payments/page.js";
import { pinpadsPage } from "./pinpads/page.js";
import { prroPage } from "./prro/page.js";
import { topologyPage } from "./topology/page.js";
import { sitesPage } from "./sites/page.js";
import { Pace } from "./registers/pace.js";
import { registersPage } from "./registers/page.js";
import { maySee, shell } from "./shell.js";
import { signIn, signInPage } from "./signin.js";

/** @import {Context, Page, Session} from "./types.js" */
/** @import {PageName} from "./core/route.js" */

/**
 * A new page needs its name in core/route.js, its maker here, its words (`page_…`) in words/, and its line in
 * tests/browser/test_pages.py.
 *
 * @type {Record<PageName, (context: Context) => Page>}
 */
const MAKE = {
  registers: registersPage,
  circuits: circuitsPage,
  receipts: receiptsPage,
  payments: paymentsPage,
  topology: topologyPage,
  pinpads: pinpadsPage,
  prro: prroPage,
  sites: sitesPage,
  alarms: alarmsPage,
  actors: actorsPage,
};

class Dashboard {
  /** @param {Session} session */
  constructor(session) {
    const store = new Store();
    /** @type {Context} */
    this._context = { session, store, live: new Live(store), pace: new Pace(store) };
    this._name = "";
    this._follow = this._follow.bind(this);
    addEventListener("hashchange", this._follow);
    this._context.live.listeners.add(() => void this._freshened());
    this._build();
    this._context.live.start();
  }

  _build() {
    this._page?.dispose();
    this._shell?.dispose();
    this._shell = shell(this._context, { again: () => this._build(), signOut: () => void this._signOut() });
    document.body.replaceChildren(this._shell.element);
    this._name = "";
    this._follow();
  }

  _follow() {
    const { name, query } = here();
    const allowed = maySee(this._context, name) ? name : "registers";
    if (allowed !== this._name) this._enter(allowed);
    this._page?.follow?.(query);
  }

  /** @param {PageName} name */
  _enter(name) {
    this._name = name;
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    this._page?.dispose();
    this._shell?.at(name);
    this._page = MAKE[name](this._context);
    const { live } = this._context;
    live.want([...live.base, ...(this._page.topics?.() ?? [])]);
    this._shell?.main.replaceChildren(this._page.element);
    if (this._shell) this._shell.main.scrollTop = 0;
  }

  /** After a cut the clocks and the minutes of another start may hold. */
  async _freshened() {
    const { live, pace } = this._context;
    if (live.state === "refused") return this.leave(t("signed_out"));
    if (live.state !== "live") return;
    try {
      setClock(await get("/api/v1/session"));
      await pace.load();
    } catch {
      return; // the next cut, or the next minute, tries again
    }
  }

  async _signOut() {
    await ask("DELETE", "/api/v1/session").catch(() => null);
    this.leave("");
  }

  /** @param {string} refusal */
  leave(refusal) {
    removeEventListener("hashchange", this._follow);
    this._context.live.stop();
    this._page?.dispose();
    this._shell?.dispose();
    enter(refusal);
  }
}

/** @type {Dashboard | null} */
let dashboard = null;

/** @param {Session} session */
function begin(session) {
  setClock(session);
  dashboard = new Dashboard(session);
}

/** @param {string} refusal */
function enter(refusal) {
  dashboard = null;
  document.title = "kassanet";
  for (const dialog of document.querySelectorAll("dialog")) dialog.remove();
  document.body.replaceChildren(signInPage(refusal, begin, () => enter(refusal)));
  document.getElementById("token")?.focus();
}

/** A link may bring a token (`#token=…`): it goes into the cookie, and out of the address before anything else. */
async function arrive() {
  const brought = new URLSearchParams(location.hash.slice(1)).get("token");
  if (brought !== null) history.replaceState(null, "", location.pathname);
  try {
    begin(brought === null ? await get("/api/v1/session") : await signIn(brought));
  } catch (error) {
    enter(brought === null ? "" : error instanceof Error ? error.message : String(error));
  }
}

applyTheme();
onSignedOut(() => dashboard?.leave(t("signed_out")));
void arrive();
