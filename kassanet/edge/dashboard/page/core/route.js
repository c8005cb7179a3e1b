/** Where the page is: `#/receipts?status=manual&open=5`. Filters live in the address, so they can be kept and sent. */

export const PAGES = /** @type {const} */ ([
  "registers",
  "circuits",
  "receipts",
  "payments",
  "topology",
  "pinpads",
  "prro",
  "sites",
  "alarms",
  "actors",
]);
/** @typedef {typeof PAGES[number]} PageName */

/** @returns {{name: PageName, query: URLSearchParams}} */
export function here() {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const name = /** @type {PageName} */ (path);
  return { name: PAGES.includes(name) ? name : "registers", query: new URLSearchParams(query) };
}

/** @param {PageName} name @param {Record<string, string | number> | URLSearchParams} [query] */
export function address(name, query = {}) {
  const told =
    query instanceof URLSearchParams
      ? query
      : new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  const text = told.toString();
  return `#/${name}${text ? `?${text}` : ""}`;
}

/** The present address with something else in its query; empty takes it out. @param {Record<string, string>} changes */
export function changed(changes) {
  const { name, query } = here();
  for (const [key, value] of Object.entries(changes)) {
    if (value) query.set(key, value);
    else query.delete(key);
  }
  return address(name, query);
}

/** Change the query; typing does not fill the history. @param {Record<string, string>} changes */
export function refine(changes) {
  history.replaceState(null, "", changed(changes));
  dispatchEvent(new HashChangeEvent("hashchange"));
}
