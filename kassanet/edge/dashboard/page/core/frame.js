/** Work that changes the page waits for the browser's next frame, and is done once however often it was asked for. */

/** @type {Set<() => void>} */
const waiting = new Set();
let asked = 0;

/**
 * Run before the next frame is drawn; while the page is hidden nothing is drawn and nothing runs.
 * @param {() => void} work
 */
export function nextFrame(work) {
  waiting.add(work);
  if (asked === 0) asked = requestAnimationFrame(run);
}

/** It is not wanted any more. @param {() => void} work */
export function forget(work) {
  waiting.delete(work);
}

function run() {
  asked = 0;
  const works = [...waiting];
  waiting.clear();
  for (const work of works) work();
}
