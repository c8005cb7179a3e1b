/** Light, dark, or as the system has it: an attribute that the style sheet reads. Remembered in this browser. */

const KEY = "kassanet.theme";
/** @typedef {"auto" | "light" | "dark"} Theme */
export const THEMES = /** @type {const} */ (["auto", "light", "dark"]);

/** @returns {Theme} */
export function theme() {
  const kept = /** @type {Theme} */ (localStorage.getItem(KEY));
  return THEMES.includes(kept) ? kept : "auto";
}

/** @param {Theme} wanted */
export function setTheme(wanted) {
  localStorage.setItem(KEY, wanted);
  applyTheme();
}

export function applyTheme() {
  document.documentElement.dataset["theme"] = theme();
}
