/** A form in a dialog: fields by description, what was said as an object, what is wrong said at the form. */

import { open } from "./dialog.js";
import { h, write } from "./dom.js";
import { toast } from "./toast.js";

/**
 * @typedef {{name: string, label: string, hint?: string, props?: Record<string, unknown>, known?: string[], number?:
 *   boolean}} Field
 */

/**
 * What `send` gives back is said, or shown in the form's place.
 * @param {string} title
 * @param {Field[]} fields
 * @param {(said: Record<string, unknown>) => Promise<Node | string>} send
 */
export function form(title, fields, send) {
  const refusal = h("p", { class: "refusal", role: "alert" });
  const button = h("button", { class: "primary" }, title);
  const made = h(
    "form",
    {
      class: "body",
      onSubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        void submit();
      },
    },
    fields.map(input),
    refusal,
    h("div", { class: "actions" }, button),
  );
  const dialog = open({ title, kind: "box", body: made });
  /** @type {HTMLElement | null} */ (made.querySelector("input"))?.focus();

  async function submit() {
    button.disabled = true;
    try {
      const answer = await send(read(made, fields));
      if (typeof answer !== "string") return made.replaceChildren(answer);
      dialog.close();
      toast(answer);
    } catch (error) {
      write(refusal, error instanceof Error ? error.message : String(error));
    }
    button.disabled = false;
  }
}

/** @param {Field} field */
function input(field) {
  const list = field.known ? `known-${field.name}` : null;
  return h(
    "label",
    null,
    h("span", null, field.label),
    h("input", { name: field.name, autocomplete: "off", spellcheck: "false", list, ...field.props }),
    list &&
      h(
        "datalist",
        { id: list },
        (field.known ?? []).map((value) => h("option", { value })),
      ),
    field.hint && h("small", null, field.hint),
  );
}

/** @param {HTMLFormElement} made @param {Field[]} fields */
function read(made, fields) {
  /** @type {Record<string, unknown>} */
  const said = {};
  for (const { name, number } of fields) {
    const text = /** @type {HTMLInputElement} */ (made.elements.namedItem(name)).value.trim();
    if (text) said[name] = number ? Number(text) : text;
  }
  return said;
}
