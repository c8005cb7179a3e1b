/** Numbers, money, dates and spans of time as the language has them. Formatters are dear to make, so they are kept. */

import { now } from "./clock.js";
import { locale, n, t } from "./language.js";

/** @type {Map<string, any>} */
const made = new Map();

/** @template Made @param {string} name @param {() => Made} make @returns {Made} */
function keep(name, make) {
  const key = `${locale()} ${name}`;
  if (!made.has(key)) made.set(key, make());
  return made.get(key);
}

/** @param {number} value @param {number} [digits] */
export function number(value, digits = 0) {
  return keep(`number ${digits}`, () => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits })).format(
    value,
  );
}

/** @param {number} share of 1 */
export function percent(share) {
  const style = /** @type {const} */ ("percent");
  return keep("percent", () => new Intl.NumberFormat(locale(), { style, maximumFractionDigits: 0 })).format(share);
}

/**
 * No register tells how full its FN is: this is a guess by its last document.
 * @param {number} last @param {number} capacity
 */
export function fillWords(last, capacity) {
  return t("fn_estimate", { share: percent(last / capacity), capacity: number(capacity) });
}

/** Numbers of ISO 4217 and what currencies are called. @type {Record<string, string | undefined>} */
const CURRENCIES = { 643: "RUB", 980: "UAH", 398: "KZT", 933: "BYN", 840: "USD", 978: "EUR" };

/** @param {number} kopecks @param {string} [currency] its number; roubles where none is said */
export function money(kopecks, currency = "643") {
  const called = CURRENCIES[currency];
  if (called === undefined) return `${sum(kopecks)} ${currency}`;
  const how = /** @type {const} */ ({ style: "currency", currency: called, currencyDisplay: "narrowSymbol" });
  return keep(called, () => new Intl.NumberFormat(locale(), how)).format(kopecks / 100);
}

/** What software registers count in. @param {number} kopecks */
export function hryvnias(kopecks) {
  return money(kopecks, "980");
}

/** The sum alone, for columns and slips. @param {number} kopecks */
export function sum(kopecks) {
  const how = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return keep("sum", () => new Intl.NumberFormat(locale(), how)).format(kopecks / 100);
}

/** @param {number} seconds UNIX time */
export function time(seconds) {
  const how = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return keep("time", () => new Intl.DateTimeFormat(locale(), how)).format(seconds * 1000);
}

/** Hours and minutes. @param {number} seconds UNIX time */
export function clock(seconds) {
  const how = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" });
  return keep("clock", () => new Intl.DateTimeFormat(locale(), how)).format(seconds * 1000);
}

/** @param {number} seconds UNIX time */
export function dateTime(seconds) {
  const how = /** @type {const} */ ({
    day: "2-digit",
    month: "2-digit",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return keep("dateTime", () => new Intl.DateTimeFormat(locale(), how)).format(seconds * 1000);
}

/** A moment of today by its time, another with its date. @param {number} seconds UNIX time */
export function moment(seconds) {
  return new Date(seconds * 1000).toDateString() === new Date(now() * 1000).toDateString()
    ? time(seconds)
    : dateTime(seconds);
}

/** A day, of a moment without a zone: it is not shifted. @param {string} local */
export function day(local) {
  const how = /** @type {const} */ ({ day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return keep("day", () => new Intl.DateTimeFormat(locale(), how)).format(
    Date.parse(`${local.slice(0, 10)}T00:00:00Z`),
  );
}

/** What a register wrote on paper: its own time, as it stands. @param {string} local */
export function printed(local) {
  const how = /** @type {const} */ ({
    day: "2-digit",
    month: "2-digit",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
  });
  return keep("printed", () => new Intl.DateTimeFormat(locale(), how)).format(Date.parse(`${local.slice(0, 19)}Z`));
}

/** How long, in two units at most. @param {number} seconds */
export function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return t("span_seconds", { s: whole });
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return t("span_minutes", { m: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t("span_hours", { h: hours, m: minutes % 60 });
  return n("days", Math.floor(hours / 24));
}

/** How long, in the largest unit alone, where there is little room. @param {number} seconds */
export function roughly(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return t("span_seconds", { s: whole });
  if (whole < 3600) return t("span_minutes", { m: Math.floor(whole / 60) });
  return whole < 172_800
    ? t("hours_short", { h: Math.floor(whole / 3600) })
    : t("days_short", { d: Math.floor(whole / 86_400) });
}

/** @param {number} seconds UNIX time */
export function ago(seconds) {
  return t("ago", { span: span(now() - seconds) });
}
