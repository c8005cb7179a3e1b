/**
 * The one WebSocket. It comes back by itself after sleep, a cut or a restart of the service, goes on from the last
 * `rev` where the service can, and says since when what is shown may be old.
 */

/** @import {Store} from "./store.js" */
/** @typedef {"connecting" | "live" | "stale" | "refused"} State */

const SILENCE = 25_000; // the service says something every 15 seconds
const FIRST_WAIT = 300;
const LONGEST_WAIT = 8000;
const AGAIN = 2000;
const REFUSED = 4401;

export class Live {
  /** @param {Store} store @param {() => string} [address] */
  constructor(store, address = socketAddress) {
    this._store = store;
    this._address = address;
    /** @type {State} */
    this.state = "connecting";
    /** Since when nothing was heard, as UNIX milliseconds. */
    this.staleSince = Date.now();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    /** What every page wants. */
    this.base = ["kkt", "circuit", "alarms"];
    this.bytes = 0;
    this.rev = "";
    /** @type {string[]} */
    this._topics = [];
    /** @type {WebSocket | null} */
    this._socket = null;
    this._tries = 0;
    this._heardAt = 0;
    this._timer = 0;
    this._watch = 0;
    this._wake = this._wake.bind(this);
  }

  start() {
    for (const event of ["online", "pageshow", "focus"]) window.addEventListener(event, this._wake);
    document.addEventListener("visibilitychange", this._wake);
    this._watch = window.setInterval(() => this._look(), 1000);
    this._open();
  }

  stop() {
    for (const event of ["online", "pageshow", "focus"]) window.removeEventListener(event, this._wake);
    document.removeEventListener("visibilitychange", this._wake);
    window.clearInterval(this._watch);
    window.clearTimeout(this._timer);
    this._drop();
  }

  /** What is wanted from now on; a new topic comes with a snapshot of everything. @param {string[]} topics */
  want(topics) {
    if (topics.join() === this._topics.join()) return;
    const added = topics.some((topic) => !this._topics.includes(topic));
    this._topics = topics;
    if (added) this.rev = "";
    this._subscribe();
  }

  _open() {
    window.clearTimeout(this._timer);
    const socket = new WebSocket(this._address());
    this._socket = socket;
    this._heardAt = Date.now();
    socket.onopen = () => this._subscribe();
    socket.onmessage = (event) => this._hear(event.data);
    socket.onclose = (event) => this._closed(socket, event.code);
  }

  _subscribe() {
    if (this._socket?.readyState !== WebSocket.OPEN || this._topics.length === 0) return;
    const since = this.rev ? { since: this.rev } : {};
    this._socket.send(JSON.stringify({ op: "subscribe", topics: this._topics, ...since }));
  }

  /** @param {string} text */
  _hear(text) {
    this._heardAt = Date.now();
    this.bytes += text.length;
    const said = JSON.parse(text);
    if (said.type === "snapshot") this._store.replace(said.topics, said.changes);
    else if (said.type === "delta") this._store.apply(said.changes);
    else if (said.type === "error" && said.op === "subscribe") this._misunderstood();
    if (said.type !== "snapshot" && said.type !== "delta") return;
    this.rev = said.rev;
    this._tries = 0;
    this._become("live");
  }

  /** A circuit has gone meanwhile, or too much was asked: what is wanted then is said again. */
  _misunderstood() {
    this.rev = "";
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._subscribe(), AGAIN);
  }

  /** @param {WebSocket} socket @param {number} code */
  _closed(socket, code) {
    if (socket !== this._socket) return;
    this._socket = null;
    this._become(code === REFUSED ? "refused" : "stale");
    if (code === REFUSED) return;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this._tries++);
    this._timer = window.setTimeout(() => this._open(), wait * (0.5 + Math.random()));
  }

  /** After sleep a socket may be dead without knowing it: silence tells. */
  _look() {
    if (this._socket && Date.now() - this._heardAt > SILENCE) this._again();
  }

  _wake() {
    if (document.visibilityState === "hidden" || this.state === "refused") return;
    this._look();
    if (this._socket === null) this._open();
  }

  _again() {
    this._drop();
    this._become("stale");
    this._open();
  }

  _drop() {
    const socket = this._socket;
    this._socket = null;
    socket?.close();
  }

  /** @param {State} state */
  _become(state) {
    if (state === this.state) return;
    if (this.state === "live") this.staleSince = this._heardAt;
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

function socketAddress() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/stream`;
}
