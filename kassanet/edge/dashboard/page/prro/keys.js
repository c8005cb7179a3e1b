/** The keys that sign for software registers: whose each is, which agent holds it, until when it is good. */

import { now } from "../core/clock.js";
import { h, keyed, mark, show, write } from "../core/dom.js";
import { day, number } from "../core/format.js";
import { n, named, t } from "../core/language.js";

/** @import {AgentState, Context, KeyState, ShownPrro, Tone} from "../types.js" */

const COLUMNS = /** @type {const} */ (["owner", "agent", "key", "valid", "agreement", "registers", "state"]);
const DAY = 86_400;
/** @type {Record<string, Tone>} */
const TONES = { good: "good", ending: "warn", "not-yet": "warn", away: "warn" };

export class Keys {
  /** @param {Context} context @param {() => Iterable<ShownPrro>} registers */
  constructor(context, registers) {
    this._context = context;
    this._registers = registers;
    /** @type {Map<string, ReturnType<typeof line>>} */
    this._lines = new Map();
    this._visible = false;
    this._rows = h("div", { class: "rows", role: "rowgroup" });
    const head = COLUMNS.map((each) => h("div", { role: "columnheader" }, named("column", each)));
    this._empty = h("p", { class: "empty", role: "status" });
    this._agents = h("ul", { class: "billings agents", "aria-label": t("column_agent") });
    /** @type {Map<string, ReturnType<typeof agentLine>>} */
    this._agentLines = new Map();
    this.element = h(
      "div",
      { class: "keys", hidden: true },
      this._agents,
      h(
        "div",
        { class: "table", role: "table", "aria-label": t("signing_keys") },
        h("div", { role: "rowgroup" }, h("div", { class: "row head", role: "row" }, head)),
        this._rows,
      ),
      this._empty,
    );
    const { store } = context;
    this._ends = [store.on("keys", () => this._draw()), store.on("agents", () => this._draw())];
  }

  dispose() {
    for (const end of this._ends) end();
  }

  /** @param {boolean} visible */
  show(visible) {
    this._visible = visible;
    show(this.element, visible);
    this._draw();
  }

  /** A key in a few words, as a register's tile has room for. @param {string} id `AGENT/KEY` */
  words(id) {
    /** @type {KeyState | undefined} */
    const key = this._context.store.all("keys").get(id);
    return key ? t("key_words", { owner: key.owner, until: ending(key.valid_to) }) : id;
  }

  /** The registers that sign with it. @param {string} id */
  _names(id) {
    return [...this._registers()].filter((each) => each.key_id === id).map((each) => each.desk.point_name);
  }

  _draw() {
    if (!this._visible) return;
    /** @type {AgentState[]} */
    const agents = [...this._context.store.all("agents").values()].sort((a, b) => a.name.localeCompare(b.name));
    keyed(
      this._agents,
      this._agentLines,
      agents,
      (agent) => agent.name,
      () => agentLine(),
    );
    show(this._agents, agents.length > 0);
    /** @type {KeyState[]} */
    const keys = [...this._context.store.all("keys").values()].sort((a, b) => left(a.valid_to) - left(b.valid_to));
    keyed(
      this._rows,
      this._lines,
      keys,
      (key) => key.key,
      () => line((id) => this._names(id)),
    );
    write(this._empty, keys.length ? "" : t("no_keys"));
  }
}

/** An agent as it was last asked: whether it signs, how many keys it holds, what is in the way. */
function agentLine() {
  const [name, state, more] = [h("strong"), h("span", { class: "state" }), h("span", { class: "note" })];
  const element = h("li", null, h("span", { class: "lamp", "aria-hidden": "true" }), name, state, more);

  /** @param {AgentState} agent */
  function update(agent) {
    mark(element, "data-tone", agentTone(agent));
    write(name, agent.name);
    write(state, named("agent_condition", agent.condition));
    const counts = t("agent_keys", { keys: number(agent.keys), signing: number(agent.signing_keys) });
    const told = [counts, agent.is_local && t("agent_local"), agent.reason, ...agent.warnings];
    write(more, told.filter(Boolean).join(" · "));
  }
  return { element, update };
}

/** One that holds nothing is missed by nobody. @param {AgentState} agent @returns {Tone} */
function agentTone(agent) {
  if (agent.condition === "ready") return agent.warnings.length ? "warn" : "good";
  return agent.condition === "locked" && agent.keys === 0 ? "quiet" : "bad";
}

/** @param {(id: string) => string[]} registersOf */
function line(registersOf) {
  const [owner, agent, name, valid, agreement, registers, state] = [
    h("span"),
    h("span"),
    h("code"),
    h("span"),
    h("span"),
    h("span"),
    h("span"),
  ];
  const cells = [owner, agent, name, valid, agreement, registers, state].map((cell) =>
    h("div", { role: "cell" }, cell),
  );
  const element = h("div", { class: "row", role: "row" }, cells);

  /** @param {KeyState} key */
  function update(key) {
    mark(element, "data-tone", TONES[key.state] ?? (key.signs ? "good" : "bad"));
    write(owner, key.role ? `${key.owner} (${key.role})` : key.owner);
    write(agent, key.agent);
    write(name, key.key.slice(key.agent.length + 1));
    write(valid, ending(key.valid_to));
    write(agreement, [key.agreement, key.agreement_until && ending(key.agreement_until)].filter(Boolean).join(" · "));
    write(registers, registersOf(key.key).join(", ") || "—");
    write(state, named("key_state", key.state.replace("-", "_")));
    element.title = key.warnings.join("; ");
  }
  return { element, update };
}

/** Whole days until it is good no more. @param {string} until */
function left(until) {
  return Math.floor((Date.parse(until) / 1000 - now()) / DAY);
}

/** @param {string} until */
function ending(until) {
  const days = left(until);
  return t("key_good_for", { day: day(until), days: days < 0 ? t("key_expired") : n("days", days) });
}
