/** The documents of a software register, newest first, page by page; each opens as a buyer reads it. */

import { get, getText } from "../core/api.js";
import { h, show } from "../core/dom.js";
import { hryvnias, moment } from "../core/format.js";
import { named, t } from "../core/language.js";
import { WIDTH } from "./commands.js";

/** @import {PrroDocument} from "../types.js" */

const PAGE = 20;
/** @type {Record<string, string>} */
const TONES = { registered: "good", offline: "busy", refused: "bad", stored: "warn", owed: "warn", replaced: "quiet" };

/** @param {string} id of the register */
export function documentsOf(id) {
  const list = h("ul", { class: "lines documents" });
  const more = h("button", { type: "button", class: "more", hidden: true, onClick: () => void page() }, t("more"));
  const element = h("section", null, h("h3", null, t("documents")), list, more);
  /** @type {Map<number, {said: string, element: HTMLElement}>} */
  const lines = new Map();
  let cursor = "";

  /**
   * The line that stands already while nothing of it has changed: who reads it is not disturbed.
   * @param {PrroDocument} document
   */
  function lineOf(document) {
    const said = JSON.stringify(document);
    const known = lines.get(document.id);
    if (known?.said === said) return known.element;
    const element = line(document, known?.element.querySelector("details")?.open);
    lines.set(document.id, { said, element });
    return element;
  }

  async function page() {
    const told = await get(`/api/v1/prro/${id}/documents?limit=${PAGE}${cursor && `&cursor=${cursor}`}`);
    const found = told.documents.map(lineOf);
    if (cursor) list.append(...found);
    else list.replaceChildren(...found);
    cursor = String(told.next_cursor ?? "");
    show(more, cursor !== "");
    if (!list.childElementCount) list.append(h("li", { class: "empty" }, t("nothing_yet")));
  }
  return {
    element,
    /** From the newest on. */
    load() {
      cursor = "";
      return page().catch((error) => list.replaceChildren(h("li", { class: "empty" }, error.message)));
    },
  };
}

/** @param {PrroDocument} document @param {boolean} [open] */
function line(document, open = false) {
  const inside = h("div", { class: "paper" });
  const details = h(
    "details",
    { open, onToggle: () => details.open && !inside.childElementCount && void paper(document, inside) },
    h(
      "summary",
      null,
      h("span", null, `${document.local_number} · ${named("prro_kind", document.kind)}`),
      h("span", { "data-tone": TONES[document.status] ?? "quiet" }, statusOf(document)),
      h("span", { class: "number" }, document.sum ? hryvnias(document.sum) : ""),
      h("time", null, moment(Date.parse(document.made_at) / 1000)),
    ),
    inside,
  );
  return h("li", null, details);
}

/** @param {PrroDocument} document */
function statusOf(document) {
  const status = named("document_status", document.status);
  return document.is_revoked ? `${status}, ${t("revoked")}` : status;
}

/** @param {PrroDocument} document @param {HTMLElement} inside */
async function paper(document, inside) {
  const path = `/api/v1/prro/${document.prro_id}/documents/${document.id}`;
  const text = h("pre", { class: "slip tape", tabindex: "0", "aria-label": t("slip") }, t("loading"));
  const link = document.link?.startsWith("https://") ? document.link : null;
  inside.replaceChildren(
    h(
      "p",
      { class: "note" },
      [document.fiscal_number && t("fiscal_number", { number: document.fiscal_number }), document.external_id]
        .filter(Boolean)
        .join(" · "),
    ),
    document.reason ? h("p", { class: "refusal" }, [document.code, document.reason].filter(Boolean).join(": ")) : "",
    text,
    h(
      "p",
      { class: "links" },
      h("a", { href: `${path}/html`, target: "_blank", rel: "noopener" }, t("with_qr")),
      link && h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, t("at_tax_service")),
    ),
  );
  text.textContent = await getText(`${path}/text?width=${WIDTH}`).catch((error) => String(error.message));
}
