/**
 * A long list of which only what is seen exists. Items stand in sections, in as many columns as there is room for;
 * their height is known, so a place is arithmetic. A change of an item that is not seen costs nothing.
 *
 * One item is a stop for the tabulator; the arrow keys go from there.
 */

import { mark } from "./dom.js";
import { forget, nextFrame } from "./frame.js";

/** @typedef {{element: HTMLElement, update: (key: string) => void}} View */
/** @typedef {{title: string, keys: string[]}} Section */
/** @typedef {{top: number, height: number, first: number, section: Section}} Placed */

const MARGIN = 200; // pixels above and below what is seen

export class List {
  /**
   * @param {{scroller: HTMLElement, element: HTMLElement, create: (key: string) => View,
   *   head: (section: Section) => HTMLElement, item: {height: number, width: number, gap: number}, headHeight: number,
   *   index: string}} said `width` of 0 is the whole width; `index` names the attribute for an item's number
   */
  constructor(said) {
    this._said = said;
    /** @type {Section[]} */
    this._sections = [];
    /** @type {Placed[]} */
    this._placed = [];
    /** @type {Map<string, View>} */
    this._views = new Map();
    /** @type {Map<string, HTMLElement>} */
    this._heads = new Map();
    /** @type {Map<string, number>} */
    this._order = new Map();
    /** @type {string[]} */
    this._keys = [];
    this._columns = 1;
    this._current = "";
    this._entered = false; // until then the tabulator comes to the first item, whichever that is
    this._draw = this._draw.bind(this);
    this._onScroll = () => nextFrame(this._draw);
    said.scroller.addEventListener("scroll", this._onScroll, { passive: true });
    this._resized = new ResizeObserver(() => this._place());
    this._resized.observe(said.element);
    said.element.addEventListener("keydown", (event) => this._onKey(event));
    said.element.addEventListener("focusin", (event) => this._onFocus(event));
  }

  dispose() {
    this._said.scroller.removeEventListener("scroll", this._onScroll);
    this._resized.disconnect();
    forget(this._draw);
  }

  /** What is to be shown, in order. @param {Section[]} sections */
  show(sections) {
    this._sections = sections;
    this._keys = sections.flatMap((section) => section.keys);
    this._order = new Map(this._keys.map((key, place) => [key, place]));
    if (!this._entered || !this._order.has(this._current)) this._become(this._keys[0] ?? "");
    this._place();
  }

  /** These have changed. @param {Iterable<string>} keys */
  touch(keys) {
    for (const key of keys) this._views.get(key)?.update(key);
  }

  /** All that are seen, for example because time has passed. */
  touchAll() {
    for (const [key, view] of this._views) view.update(key);
  }

  _place() {
    const { item, headHeight, element } = this._said;
    const width = element.clientWidth;
    this._columns = item.width ? Math.max(1, Math.floor((width + item.gap) / (item.width + item.gap))) : 1;
    let top = 0;
    let first = 0;
    this._placed = this._sections.map((section) => {
      const head = section.title ? headHeight : 0;
      const height = head + Math.ceil(section.keys.length / this._columns) * (item.height + item.gap);
      const placed = { top, height, first, section };
      top += height;
      first += section.keys.length;
      return placed;
    });
    element.style.height = `${top}px`;
    nextFrame(this._draw);
  }

  _draw() {
    const { scroller, element } = this._said;
    const above = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    const from = -above - MARGIN;
    const to = from + scroller.clientHeight + 2 * MARGIN;
    /** @type {string[]} */
    const seen = [];
    /** @type {Set<string>} */
    const heads = new Set();
    for (const placed of this._placed) {
      if (placed.top + placed.height >= from && placed.top <= to) this._drawSection(placed, from, to, seen, heads);
    }
    this._drop(new Set(seen), heads);
    this._arrange(seen);
  }

  /**
   * @param {Placed} placed
   * @param {number} from
   * @param {number} to
   * @param {string[]} seen
   * @param {Set<string>} heads
   */
  _drawSection(placed, from, to, seen, heads) {
    const { item, headHeight } = this._said;
    const { section } = placed;
    const head = section.title ? headHeight : 0;
    if (head) this._drawHead(placed, heads);
    const start = placed.top + head;
    const step = item.height + item.gap;
    const firstRow = Math.max(0, Math.floor((from - start) / step));
    const lastRow = Math.ceil((to - start) / step);
    const width = (this._said.element.clientWidth - (this._columns - 1) * item.gap) / this._columns;
    const last = Math.min(section.keys.length, lastRow * this._columns);
    for (let place = firstRow * this._columns; place < last; place++) {
      const key = /** @type {string} */ (section.keys[place]);
      const column = place % this._columns;
      const top = start + Math.floor(place / this._columns) * step;
      this._put(key, column * (width + item.gap), top, width, placed.first + place + 1);
      seen.push(key);
    }
  }

  /** @param {Placed} placed @param {Set<string>} heads */
  _drawHead(placed, heads) {
    const { title } = placed.section;
    heads.add(title);
    let head = this._heads.get(title);
    const fresh = this._said.head(placed.section);
    if (head?.textContent !== fresh.textContent) {
      head?.remove();
      this._heads.set(title, (head = fresh));
      this._said.element.append(head);
    }
    if (head) move(head, 0, placed.top);
  }

  /** @param {string} key @param {number} left @param {number} top @param {number} width @param {number} number */
  _put(key, left, top, width, number) {
    let view = this._views.get(key);
    if (view === undefined) {
      view = this._said.create(key);
      this._views.set(key, view);
      view.update(key);
      stop(view).tabIndex = key === this._current ? 0 : -1;
    }
    move(view.element, left, top);
    const wide = `${width}px`;
    if (view.element.style.width !== wide) view.element.style.width = wide;
    mark(view.element, this._said.index, number);
  }

  /** @param {Set<string>} seen @param {Set<string>} heads */
  _drop(seen, heads) {
    for (const [key, view] of this._views) {
      if (seen.has(key) || (view.element.contains(document.activeElement) && this._order.has(key))) continue;
      view.element.remove();
      this._views.delete(key);
    }
    for (const [title, head] of this._heads) {
      if (heads.has(title)) continue;
      head.remove();
      this._heads.delete(title);
    }
  }

  /** In the document too they stand in order, for those who hear the page. @param {string[]} seen */
  _arrange(seen) {
    let before = null;
    for (let place = seen.length - 1; place >= 0; place--) {
      const element = this._views.get(/** @type {string} */ (seen[place]))?.element;
      if (element === undefined) continue;
      if (element.parentNode !== this._said.element || (element.nextSibling !== before && before !== null)) {
        this._said.element.insertBefore(element, before);
      }
      before = element;
    }
  }

  /** @param {KeyboardEvent} event */
  _onKey(event) {
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: this._columns,
      ArrowUp: -this._columns,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const place = (this._order.get(this._current) ?? 0) + step;
    this.focus(/** @type {string} */ (this._keys[Math.max(0, Math.min(this._keys.length - 1, place))]));
  }

  /** @param {FocusEvent} event */
  _onFocus(event) {
    this._entered = true;
    for (const [key, view] of this._views) {
      if (view.element.contains(/** @type {Node} */ (event.target))) this._become(key);
    }
  }

  /** Go to an item, which may not exist yet. @param {string} key */
  focus(key) {
    if (!this._order.has(key)) return;
    this._become(key);
    const placed = this._placed.findLast((each) => each.first <= (this._order.get(key) ?? 0));
    if (placed === undefined) return;
    const { item, headHeight, scroller, element } = this._said;
    const row = Math.floor(((this._order.get(key) ?? 0) - placed.first) / this._columns);
    const top = placed.top + (placed.section.title ? headHeight : 0) + row * (item.height + item.gap);
    const offset = element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop;
    if (top + offset < scroller.scrollTop + 60) scroller.scrollTop = top + offset - 60;
    const bottom = top + offset + item.height + 20;
    if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
    this._draw();
    const view = this._views.get(key);
    if (view) stop(view).focus({ preventScroll: true });
  }

  /** @param {string} key */
  _become(key) {
    const former = this._views.get(this._current);
    if (former) stop(former).tabIndex = -1;
    this._current = key;
    const view = this._views.get(key);
    if (view) stop(view).tabIndex = 0;
  }
}

/** What of an item takes the focus: its first link or button, or itself. @param {View} view @returns {HTMLElement} */
function stop(view) {
  return view.element.matches("a, button") ? view.element : (view.element.querySelector("a, button") ?? view.element);
}

/** @param {HTMLElement} element @param {number} left @param {number} top */
function move(element, left, top) {
  const transform = `translate(${left}px, ${top}px)`;
  if (element.style.transform !== transform) element.style.transform = transform;
}
