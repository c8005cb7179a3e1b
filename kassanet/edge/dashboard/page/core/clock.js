/** The service's time, whatever this computer's clock says; and a tick each second for what grows older. */

let ahead = 0;
let actorsAhead = 0;
let registersEast = 0;

/** @param {{now: number, actor_clock: number, utc_offset: number}} session as it has just come */
export function setClock(session) {
  ahead = session.now - Date.now() / 1000;
  actorsAhead = session.now - session.actor_clock;
  registersEast = session.utc_offset * 3600;
}

/** UNIX seconds at the service. */
export function now() {
  return Date.now() / 1000 + ahead;
}

/** UNIX seconds of a moment on the actors' clock. @param {number} since */
export function actorMoment(since) {
  return since + actorsAhead;
}

/** Registers tell moments without a zone: theirs is a setting of the service. @param {string} local */
export function registerMoment(local) {
  return Date.parse(`${local.slice(0, 19)}Z`) / 1000 - registersEast;
}

/** @type {Set<() => void>} */
const listeners = new Set();

/** Be called every second while the page is seen; returns the end of it. @param {() => void} listener */
export function everySecond(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

setInterval(() => {
  if (document.visibilityState === "hidden") return;
  for (const listener of [...listeners]) listener();
}, 1000);
