/** Native dialogs: they keep the focus, close on Escape and give it back. A drawer is one that stands at the side. */

import { h } from "./dom.js";
import { t } from "./language.js";

/**
 * Open one; it is gone when it is closed. Returns it.
 * @param {{title: string, kind: "drawer" | "box", body: Node, onClose?: () => void}} said
 */
export function open({ title, kind, body, onClose }) {
  const heading = h("h2", { id: `title-${kind}`, tabindex: "-1" }, title);
  const close = h(
    "button",
    { class: "icon", type: "button", "aria-label": t("close"), onClick: () => dialog.close() },
    "✕",
  );
  const dialog = h("dialog", { class: kind, "aria-labelledby": heading.id }, h("header", null, heading, close), body);
  dialog.addEventListener("close", () => {
    dialog.remove();
    onClose?.();
  });
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && outside(dialog, event)) dialog.close();
  });
  document.body.append(dialog);
  dialog.showModal();
  heading.focus();
  return dialog;
}

/** @param {HTMLElement} dialog @param {PointerEvent} event */
function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

/**
 * Ask before something that cannot be taken back; true when it was agreed to.
 * @param {string} title @param {string} text @param {string} verb @returns {Promise<boolean>}
 */
export function confirm(title, text, verb) {
  return new Promise((resolve) => {
    let agreed = false;
    const yes = h(
      "button",
      {
        class: "primary",
        type: "button",
        onClick: () => {
          agreed = true;
          dialog.close();
        },
      },
      verb,
    );
    const no = h("button", { type: "button", onClick: () => dialog.close() }, t("cancel"));
    const body = h("div", { class: "body" }, h("p", null, text), h("div", { class: "actions" }, yes, no));
    const dialog = open({ title, kind: "box", body, onClose: () => resolve(agreed) });
  });
}
