/**
 * What the stream has told: the newest state of each thing, by topic and key. Whoever shows something is told once a
 * frame which things changed.
 */

import { forget, nextFrame } from "./frame.js";

/** @import {Change} from "../types.js" */
/** @typedef {(changed: Set<string>) => void} Listener */

const PASSING = 1000; // receipts of a circuit that are remembered: a page is open all day, and they never end

class Topic {
  /** @param {boolean} passing whether only the newest matter */
  constructor(passing) {
    this._passing = passing;
    /** @type {Map<string, any>} */
    this.states = new Map();
    /** @type {Set<string>} */
    this.changed = new Set();
    /** @type {Set<Listener>} */
    this.listeners = new Set();
    this.tell = this.tell.bind(this);
  }

  tell() {
    const changed = this.changed;
    this.changed = new Set();
    for (const listener of [...this.listeners]) listener(changed);
  }

  /** @param {string} key @param {any} state */
  put(key, state) {
    if (state === null || this._passing) this.states.delete(key); // set anew, it stands last
    if (state !== null) this.states.set(key, state);
    if (this._passing && this.states.size > PASSING) this.states.delete(this.states.keys().next().value ?? "");
    if (this.listeners.size === 0) return;
    this.changed.add(key);
    nextFrame(this.tell);
  }
}

export class Store {
  constructor() {
    /** @type {Map<string, Topic>} */
    this._topics = new Map();
    /** @type {Set<(topic: string, key: string, former: any, state: any) => void>} */
    this.witnesses = new Set();
    /** Topics whose snapshot is here: what is new in them now has just begun to exist. @type {Set<string>} */
    this.begun = new Set();
  }

  /** The states of a topic, live. @param {string} topic @returns {ReadonlyMap<string, any>} */
  all(topic) {
    return this._topic(topic).states;
  }

  /** Be told, once a frame, what changed. Returns the end of it. @param {string} topic @param {Listener} listener */
  on(topic, listener) {
    const found = this._topic(topic);
    found.listeners.add(listener);
    return () => {
      found.listeners.delete(listener);
      if (found.listeners.size === 0) forget(found.tell);
    };
  }

  /** @param {Change[]} changes */
  apply(changes) {
    for (const { topic, key, state } of changes) this._put(board(topic), key, state);
  }

  /** What is not in a snapshot is gone. @param {string[]} topics @param {Change[]} changes */
  replace(topics, changes) {
    const present = new Map(topics.map((topic) => [board(topic), new Set()]));
    for (const { topic, key } of changes) present.get(board(topic))?.add(key);
    for (const [topic, keys] of present) {
      for (const key of [...this._topic(topic).states.keys()]) if (!keys.has(key)) this._put(topic, key, null);
    }
    for (const topic of present.keys()) this.begun.delete(topic);
    this.apply(changes);
    for (const topic of present.keys()) this.begun.add(topic);
  }

  /** @param {string} topic @param {string} key @param {any} state */
  _put(topic, key, state) {
    const found = this._topic(topic);
    const former = found.states.get(key);
    found.put(key, state);
    for (const witness of this.witnesses) witness(topic, key, former, state);
  }

  /** @param {string} topic */
  _topic(topic) {
    let found = this._topics.get(topic);
    if (found === undefined) this._topics.set(topic, (found = new Topic(topic.startsWith("receipts:"))));
    return found;
  }
}

/** Circuits come under a topic of their own each; here they stand together. @param {string} topic */
function board(topic) {
  return topic.startsWith("circuit:") ? "circuit" : topic;
}
