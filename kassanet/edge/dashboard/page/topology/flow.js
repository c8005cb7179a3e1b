/**
 * How much flows a minute over each way. The service tells what has flowed since it began, the page what came within
 * the last minute that it watched.
 */

/** @import {Flow} from "../types.js" */

const WINDOW = 60; // seconds

/** @typedef {{at: number, payments: number}} Sample */

export class Pulse {
  constructor() {
    /** @type {Map<string, Sample[]>} */
    this._samples = new Map();
  }

  /**
   * Note how it stands; `at` are seconds of any clock that does not go back.
   * @param {string} key @param {number} payments @param {number} at
   */
  note(key, payments, at) {
    const samples = this._samples.get(key) ?? [];
    const last = samples.at(-1);
    if (last && payments < last.payments) samples.length = 0; // the service began anew
    if (!samples.length || last?.payments !== payments) samples.push({ at, payments });
    while (samples.length > 1 && (samples[1]?.at ?? at) <= at - WINDOW) samples.shift();
    this._samples.set(key, samples);
  }

  /** Payments of the last minute, or of as much of it as was watched. @param {string} key @param {number} at */
  rate(key, at) {
    const samples = this._samples.get(key) ?? [];
    const before = samples.filter((each) => each.at <= at - WINDOW).at(-1) ?? samples[0];
    const last = samples.at(-1);
    return before && last ? last.payments - before.payments : 0;
  }
}

/** Several ways as one, where registers stand as one. @param {(Flow | undefined)[]} flows */
export function total(flows) {
  const found = { payments: 0, sum: 0, refused: 0 };
  for (const flow of flows) {
    found.payments += flow?.payments ?? 0;
    found.sum += flow?.sum ?? 0;
    found.refused += flow?.refused ?? 0;
  }
  return found;
}
