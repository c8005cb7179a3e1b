/**
 * Where the places of the graph stand: a column for each kind, in a column those near each other that are joined.
 * Registers of a large circuit stand as one, else nobody would see anything. Plain functions, no page.
 */

/** @import {Place, Topology, Way} from "../types.js" */

export const LAYERS = /** @type {const} */ (["channel", "billing", "circuit", "register"]);
export const BOX = { width: 200, height: 66 };
const GAP = { least: 56, most: 150, down: 14 };
const TOP = 34; // the names of the columns
const MANY = 6; // registers of a circuit that stand each for itself
const SWEEPS = 4;

/** @typedef {Place & {left: number, top: number, members: string[]}} Placed `members` are eips of registers */
/** @typedef {Way & {key: string}} Drawn */
/** @typedef {{places: Map<string, Placed>, ways: Drawn[], width: number, height: number}} Layout */

/** `room` is how broad it should be. @param {Topology} topology @param {number} room @returns {Layout} */
export function layout(topology, room) {
  const { nodes, edges } = gathered(topology);
  const columns = LAYERS.map((layer) => nodes.filter((node) => node.kind === layer));
  const shown = columns.filter((column) => column.length);
  sort(shown, edges);
  const spare = (room - shown.length * BOX.width) / Math.max(1, shown.length - 1);
  const step = BOX.width + Math.max(GAP.least, Math.min(GAP.most, Math.floor(spare)));
  const tallest = Math.max(1, ...shown.map((column) => column.length));
  /** @type {Map<string, Placed>} */
  const places = new Map();
  shown.forEach((column, across) => {
    const above = ((tallest - column.length) * (BOX.height + GAP.down)) / 2;
    column.forEach((node, down) => {
      node.left = across * step;
      node.top = TOP + above + down * (BOX.height + GAP.down);
      places.set(node.id, node);
    });
  });
  return {
    places,
    ways: edges.filter((edge) => places.has(edge.source) && places.has(edge.target)),
    width: (shown.length - 1) * step + BOX.width,
    height: TOP + tallest * (BOX.height + GAP.down),
  };
}

/** Registers of a circuit that has many become one place. @param {Topology} topology */
function gathered({ nodes, edges }) {
  /** @type {Map<string, string[]>} */
  const registers = new Map();
  for (const { source, target } of edges) {
    if (target.startsWith("register/")) registers.set(source, [...(registers.get(source) ?? []), target]);
  }
  /** @type {Map<string, string>} */
  const into = new Map();
  for (const [circuit, ids] of registers) {
    if (ids.length > MANY) for (const id of ids) into.set(id, `registers/${circuit}`);
  }
  /** @type {Map<string, Placed>} */
  const placed = new Map();
  for (const node of nodes) {
    const id = into.get(node.id) ?? node.id;
    const found = placed.get(id) ?? { ...node, id, left: 0, top: 0, members: [] };
    if (node.kind === "register") found.members.push(node.title);
    placed.set(id, found);
  }
  /** @type {Map<string, Drawn>} */
  const drawn = new Map();
  for (const edge of edges) {
    const target = into.get(edge.target) ?? edge.target;
    const key = `${edge.source}>${target}`;
    if (!drawn.has(key)) drawn.set(key, { ...edge, target, key });
  }
  return { nodes: [...placed.values()], edges: [...drawn.values()] };
}

/** Each by the middle of what it is joined with, to and fro. @param {Placed[][]} columns @param {Drawn[]} edges */
function sort(columns, edges) {
  /** @type {Map<string, number>} */
  const rank = new Map();
  const number = (/** @type {Placed[]} */ column) =>
    column.forEach((node, down) => rank.set(node.id, (down + 0.5) / column.length));
  columns.forEach(number);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of sweep % 2 ? [...columns].reverse() : columns) {
      const middles = new Map(column.map((node) => [node.id, middle(node.id, edges, rank)]));
      column.sort((a, b) => (middles.get(a.id) ?? 0) - (middles.get(b.id) ?? 0));
      number(column);
    }
  }
}

/** @param {string} id @param {Drawn[]} edges @param {Map<string, number>} rank */
function middle(id, edges, rank) {
  const joined = edges
    .filter((edge) => edge.source === id || edge.target === id)
    .map((edge) => rank.get(edge.source === id ? edge.target : edge.source) ?? 0);
  return joined.length ? joined.reduce((sum, each) => sum + each, 0) / joined.length : (rank.get(id) ?? 0);
}

/**
 * The line of a way: a curve from the right of one box to the left of another, or back.
 * @param {Placed} from @param {Placed} to
 */
export function curve(from, to) {
  const forward = from.left < to.left;
  const x1 = forward ? from.left + BOX.width : from.left;
  const x2 = forward ? to.left : to.left + BOX.width;
  const y1 = from.top + BOX.height / 2 - (forward ? 0 : 12);
  const y2 = to.top + BOX.height / 2 - (forward ? 0 : 12);
  const bend = (x2 - x1) / 2;
  return {
    path: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`,
    middle: { left: (x1 + x2) / 2, top: (y1 + y2) / 2 },
  };
}
