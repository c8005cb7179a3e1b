/** Documents a minute of every register: what the service remembers, and from then on what the stream tells. */

import { get } from "../core/api.js";
import { now } from "../core/clock.js";

/** @import {Store} from "../core/store.js" */

export const MINUTES = 30;

export class Pace {
  /** @param {Store} store */
  constructor(store) {
    /** @type {Map<string, number[]>} */
    this._minutes = new Map();
    /** @type {Map<string, number>} */
    this._present = new Map();
    this._minute = Math.floor(now() / 60);
    this._loads = 0;
    store.witnesses.add((topic, key, former, state) => {
      if (topic === "kkt" && former && state) this._made(key, state.documents - former.documents);
    });
  }

  /** Ask what was before this page was opened. */
  async load() {
    const told = await get("/api/v1/pace");
    this._minute = Math.floor(told.until / 60);
    this._minutes = new Map(Object.entries(told.registers));
    this._present.clear();
    this._loads++;
  }

  /** Whole minutes, oldest first, at most MINUTES of them. @param {string} eip @returns {number[]} */
  of(eip) {
    this._turn();
    return this._minutes.get(eip) ?? [];
  }

  /** Documents in the last whole minute. @param {string} eip */
  rate(eip) {
    return this.of(eip).at(-1) ?? 0;
  }

  /** The same while the figures are the same: something to compare, so that nothing is drawn twice. */
  get edition() {
    this._turn();
    return `${this._minute} ${this._loads}`;
  }

  /** @param {string} eip @param {number} documents */
  _made(eip, documents) {
    if (documents <= 0) return;
    this._turn();
    this._present.set(eip, (this._present.get(eip) ?? 0) + documents);
  }

  /** Turn over the minutes that are over. */
  _turn() {
    const minute = Math.floor(now() / 60);
    if (minute - this._minute > MINUTES) this._minute = minute - MINUTES;
    while (this._minute < minute) {
      this._minute++;
      for (const eip of new Set([...this._minutes.keys(), ...this._present.keys()])) {
        const known = this._minutes.get(eip) ?? [];
        this._minutes.set(eip, [...known, this._present.get(eip) ?? 0].slice(-MINUTES));
      }
      this._present.clear();
    }
  }
}
