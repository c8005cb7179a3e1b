/** Short words on what was done, or why not. They are read aloud, stay a while, and go when they are touched. */

import { h } from "./dom.js";

const region = h("div", { class: "toasts", role: "status", "aria-live": "polite" });

/** @param {string} text @param {"good" | "bad"} [tone] */
export function toast(text, tone = "good") {
  const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body; // a modal dialog hides the rest
  top.append(region);
  const shown = h("p", { "data-tone": tone, onClick: () => shown.remove() }, text);
  region.append(shown);
  setTimeout(() => shown.remove(), tone === "bad" ? 12_000 : 5000);
}

/**
 * Do it with the button held, and say what came of it.
 * @template Answer
 * @param {HTMLButtonElement} button @param {() => Promise<Answer>} work @param {(answer: Answer) => string} said
 */
export async function doing(button, work, said) {
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  try {
    toast(said(await work()));
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), "bad");
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}
