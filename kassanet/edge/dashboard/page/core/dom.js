/**
 * Building and changing the page. Texts become text nodes, never markup: the policy of the page forbids every other
 * way, and there is none here.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, unknown>} Props */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `on…` are listeners, `data…` and `aria…` go where they belong, true and false switch an attribute.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Props | null} [props] @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props, ...children) {
  const made = document.createElement(tag);
  assign(made, props);
  append(made, children);
  return made;
}

/** @param {string} tag @param {Props} [props] @param {...SVGElement} children */
export function svg(tag, props, ...children) {
  const made = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(props ?? {})) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/** @param {HTMLElement} element @param {Props | null | undefined} props */
function assign(element, props) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2).toLowerCase(), /** @type {any} */ (value));
    else if (name === "class") element.className = String(value);
    else if (name === "value") /** @type {HTMLInputElement} */ (element).value = String(value ?? "");
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
}

/** @param {Element} element @param {(Child | Child[])[]} children */
function append(element, children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === "number" ? String(child) : child);
  }
}

/**
 * Write a text where it differs: a node that already says so is not touched.
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {HTMLElement | SVGElement} element @param {string} name @param {string | number} value */
export function mark(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Show or hide. @param {HTMLElement} element @param {boolean} visible */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * Make the children of `parent` those of `items`, in order, keeping the elements of those that stay.
 * @template Item
 * @param {HTMLElement} parent @param {Map<string, {element: HTMLElement, update: (item: Item) => void}>} views
 * @param {Item[]} items @param {(item: Item) => string} keyOf
 * @param {(item: Item) => {element: HTMLElement, update: (item: Item) => void}} create
 */
export function keyed(parent, views, items, keyOf, create) {
  const wanted = new Set(items.map(keyOf));
  for (const [key, view] of views) {
    if (wanted.has(key)) continue;
    view.element.remove();
    views.delete(key);
  }
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    let view = views.get(key);
    if (view === undefined) views.set(key, (view = create(item)));
    view.update(item);
    if (view.element === place) place = place.nextElementSibling;
    else parent.insertBefore(view.element, place);
  }
}

/** A text for those who do not see what it says. @param {string} text */
export function unseen(text) {
  return h("span", { class: "unseen" }, text);
}
