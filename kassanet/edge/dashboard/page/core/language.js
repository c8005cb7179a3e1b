/** Three languages. English says which words there are; the checker of types finds a word that another one lacks. */

import { en } from "../words/en.js";
import { ru } from "../words/ru.js";
import { uk } from "../words/uk.js";

/** @typedef {typeof en} Words */
/** @typedef {keyof Words} Word */
/** @typedef {"ru" | "uk" | "en"} Language */

const KEY = "kassanet.language";
/** @type {Record<Language, Words>} */
const WORDS = { ru, uk, en };
/** @type {Record<Language, string>} */
export const LANGUAGES = { ru: "Русский", uk: "Українська", en: "English" };
/** @type {Record<Language, string>} */
const LOCALES = { ru: "ru-RU", uk: "uk-UA", en: "en-GB" };

/** @type {Language} */
let present = kept();
let plural = new Intl.PluralRules(LOCALES[present]);
document.documentElement.lang = present;

/** @returns {Language} */
function kept() {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages.map((each) => each.slice(0, 2))];
  return /** @type {Language} */ (wanted.find((each) => each !== null && each in WORDS) ?? "en");
}

export function language() {
  return present;
}

export function locale() {
  return LOCALES[present];
}

/** @param {Language} wanted */
export function setLanguage(wanted) {
  present = wanted;
  plural = new Intl.PluralRules(LOCALES[present]);
  localStorage.setItem(KEY, wanted);
  document.documentElement.lang = wanted;
}

/** The words for it, with `{name}` filled in. @param {Word} word @param {Record<string, string | number>} [values] */
export function t(word, values) {
  const text = WORDS[present][word];
  return values === undefined ? text : text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** As many of them: forms stand as `one|few|many|other`. @param {Word} word @param {number} count */
export function n(word, count) {
  const [one = "", few, many, other] = WORDS[present][word].split("|");
  const forms = /** @type {Record<string, string | undefined>} */ ({
    one,
    few: few ?? other,
    many: many ?? few,
    other: other ?? few,
  });
  const form = forms[plural.select(count)] || few || one;
  return form.replace("#", new Intl.NumberFormat(LOCALES[present]).format(count));
}

/**
 * A word whose name is made from what the service says; without one, what it says.
 * @param {string} prefix
 * @param {string} said
 */
export function named(prefix, said) {
  const word = /** @type {Word} */ (`${prefix}_${said}`);
  return word in en ? t(word) : said.replaceAll("_", " ");
}

/** Whether there are words for it. @param {string} word @returns {word is Word} */
export function hasWord(word) {
  return word in en;
}
