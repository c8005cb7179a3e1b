/** The API over HTTP. The browser sends the cookie by itself; what goes wrong is a Problem with words for people. */

export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{detail?: string, title?: string, errors?: {path: string, message: string}[]}} told
   */
  constructor(status, told) {
    const errors = (told.errors ?? []).map((error) => `${error.path}: ${error.message}`).join("; ");
    super([told.detail ?? told.title ?? String(status), errors].filter(Boolean).join(" "));
    this.status = status;
  }
}

/** @type {() => void} */
let signedOut = () => {};

/** @param {() => void} listener called when the service does not know the asker any more */
export function onSignedOut(listener) {
  signedOut = listener;
}

/** @param {string} path @returns {Promise<any>} */
export function get(path) {
  return ask("GET", path);
}

/** What the service answers as text. @param {string} path @returns {Promise<string>} */
export async function getText(path) {
  const answer = await fetch(path, { credentials: "same-origin", redirect: "error" });
  const text = await answer.text();
  if (answer.ok) return text;
  if (answer.status === 401) signedOut();
  throw new Problem(answer.status, answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : {});
}

/**
 * @param {"GET" | "POST" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function ask(method, path, body) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  const sent = body === undefined ? null : JSON.stringify(body);
  const answer = await fetch(path, { method, headers, body: sent, credentials: "same-origin", redirect: "error" });
  const text = await answer.text();
  const told = text && answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : null;
  if (answer.ok) return told;
  if (answer.status === 401 && path !== "/api/v1/session") signedOut();
  throw new Problem(answer.status, told ?? {});
}

/** A register's or an alarm's name as a path may carry it: slashes stay. @param {string} name */
export function inPath(name) {
  return name.split("/").map(encodeURIComponent).join("/");
}
