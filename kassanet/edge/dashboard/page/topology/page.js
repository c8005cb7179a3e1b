/**
 * The mediator as a graph: where money comes in, who credits it, who makes the receipts, and what flows between them
 * now. The same stands below as a table, for whoever reads or hears it rather than looks.
 */

import { get } from "../core/api.js";
import { everySecond } from "../core/clock.js";
import { h, keyed, svg, write } from "../core/dom.js";
import { named, t } from "../core/language.js";
import { Pulse, total } from "./flow.js";
import { curve, layout } from "./layout.js";
import { place } from "./place.js";
import { wayLine, wayRow, waysTable } from "./way.js";

/** @import {Context, Flow, Page} from "../types.js" */
/** @import {Drawn, Layout, Placed} from "./layout.js" */

const AGAIN = 30; // seconds after which the graph is asked for anew, for what no stream tells

/** @param {Context} context @returns {Page} */
export function topologyPage(context) {
  const page = new TopologyPage(context);
  return {
    element: page.element,
    topics: () => ["flow", "billings"],
    follow: () => {},
    dispose: () => page.dispose(),
  };
}

class TopologyPage {
  /** @param {Context} context */
  constructor(context) {
    this._context = context;
    this._pulse = new Pulse();
    /** @type {Layout | null} */
    this._layout = null;
    /** @type {Map<string, ReturnType<typeof place>>} */
    this._places = new Map();
    /** @type {Map<string, {line: ReturnType<typeof wayLine>, row: ReturnType<typeof wayRow>}>} */
    this._ways = new Map();
    this._seconds = 0;
    this._asking = false;
    this._lines = svg("svg", { class: "lines-of-flow", "aria-hidden": "true" });
    this._boxes = h("div", { class: "boxes" });
    this._names = h("div", { class: "names", "aria-hidden": "true" });
    this._graph = h(
      "div",
      { class: "graph", role: "group", "aria-label": t("page_topology") },
      this._lines,
      this._names,
      this._boxes,
    );
    this._table = waysTable();
    this._empty = h("p", { class: "empty", role: "status" });
    this.element = h(
      "section",
      { class: "page topology", "aria-label": t("page_topology") },
      h("h1", { class: "unseen" }, t("page_topology")),
      h("div", { class: "graph-holder" }, this._graph),
      this._empty,
      h("h2", null, t("ways")),
      this._table.element,
    );
    const { store } = context;
    const witness = this._witness.bind(this);
    store.witnesses.add(witness);
    this._ends = [
      () => store.witnesses.delete(witness),
      store.on("flow", (keys) => this._flowed(keys)),
      store.on("billings", (keys) => this._met(keys, "billing/")),
      store.on("circuit", (keys) => this._met(keys, "circuit/")),
      everySecond(() => this._tick()),
    ];
    void this._load();
  }

  dispose() {
    for (const end of this._ends) end();
  }

  async _load() {
    if (this._asking) return;
    this._asking = true;
    try {
      this._layout = layout(await get("/api/v1/topology"), this.element.clientWidth - 8);
      write(this._empty, this._layout.places.size ? "" : t("no_topology"));
      this._draw(this._layout);
    } catch (error) {
      write(this._empty, error instanceof Error ? error.message : String(error));
    } finally {
      this._asking = false;
    }
  }

  /**
   * Where nothing had flowed before, the first payment counts too.
   * @param {string} topic @param {string} key @param {any} former
   */
  _witness(topic, key, former) {
    if (topic === "flow" && former === undefined && this._context.store.begun.has(topic)) {
      this._pulse.note(key, 0, performance.now() / 1000);
    }
  }

  /** @param {Set<string>} keys */
  _flowed(keys) {
    const at = performance.now() / 1000;
    for (const key of keys) this._pulse.note(key, this._context.store.all("flow").get(key)?.payments ?? 0, at);
    this._freshen();
  }

  /** A place that the graph does not have yet asks for it anew. @param {Set<string>} keys @param {string} kind */
  _met(keys, kind) {
    if (this._layout && [...keys].some((key) => !this._layout?.places.has(kind + key))) void this._load();
  }

  _tick() {
    if (++this._seconds % AGAIN === 0) void this._load();
    this._freshen();
  }

  /** @param {Layout} drawn */
  _draw(drawn) {
    for (const element of [this._graph, this._lines]) {
      element.style.width = `${drawn.width}px`;
      element.style.height = `${drawn.height}px`;
    }
    this._lines.setAttribute("viewBox", `0 0 ${drawn.width} ${drawn.height}`);
    this._name(drawn);
    keyed(
      this._boxes,
      this._places,
      [...drawn.places.values()],
      (each) => each.id,
      (each) => place(this._context, each),
    );
    for (const each of this._ways.values()) {
      each.line.element.remove();
      each.line.label.remove();
      each.row.element.remove();
    }
    this._ways.clear();
    for (const way of drawn.ways) this._join(way, drawn);
    this._freshen();
  }

  /** What stands in each column. @param {Layout} drawn */
  _name(drawn) {
    const kinds = new Map([...drawn.places.values()].map((each) => [each.kind, each.left]));
    const names = [...kinds].map(([kind, left]) => {
      const name = h("span", { class: "column-name" }, named("layer", kind));
      name.style.transform = `translate(${left}px, 6px)`;
      return name;
    });
    this._names.replaceChildren(...names);
  }

  /** @param {Drawn} way @param {Layout} drawn */
  _join(way, drawn) {
    const [from, to] = /** @type {[Placed, Placed]} */ ([drawn.places.get(way.source), drawn.places.get(way.target)]);
    const line = wayLine(curve(from, to));
    const row = wayRow(way, from, to);
    this._lines.append(line.element);
    this._boxes.append(line.label);
    this._table.rows.append(row.element);
    this._ways.set(way.key, { line, row });
  }

  _freshen() {
    if (this._layout === null) return;
    const at = performance.now() / 1000;
    const flows = /** @type {ReadonlyMap<string, Flow>} */ (this._context.store.all("flow"));
    for (const each of this._layout.places.values()) this._places.get(each.id)?.update(each);
    for (const way of this._layout.ways) {
      const keys = this._keysOf(way);
      const rate = keys.reduce((sum, key) => sum + this._pulse.rate(key, at), 0);
      const passed = total(keys.map((key) => flows.get(key)));
      const shown = this._ways.get(way.key);
      shown?.line.update(rate);
      shown?.row.update(rate, passed);
    }
  }

  /** Where registers stand as one, so do the ways to them. @param {Drawn} way */
  _keysOf(way) {
    const members = this._layout?.places.get(way.target)?.members ?? [];
    return members.length > 1 ? members.map((eip) => `${way.source}>register/${eip}`) : [way.key];
  }
}
