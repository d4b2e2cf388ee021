// Dragging rows of a list by a handle, with finger, pen or mouse. It moves rows on the screen only; what a drop means is
// told to whoever asked. Every drag has its match in keys and buttons elsewhere.

import { asides, landing } from './order.js';

/** A press becomes a drag after this far, in pixels; less is a tap with a nervous finger. */
const DRAG_FROM_PX = 6;
/** This near to the edge of the window the page scrolls along, in pixels, and how much for each drawn frame. */
const EDGE_PX = 90;
const SCROLL_PX = 9;

/** @typedef {{pointer: number, row: HTMLElement, rows: HTMLElement[], places: import('./order.js').Row[], from: number,
 *   to: number, y: number, startY: number, startScroll: number, moving: boolean}} Drag */

export class DragList {
  #list;
  #handle;
  #onDrop;
  /** @type {Drag | null} */
  #drag = null;

  /**
   * @param {HTMLElement} list its children are the rows
   * @param {string} handle selects what one drags by, within a row
   * @param {(row: HTMLElement, from: number, to: number) => void} onDrop also called when the row came back: from = to
   */
  constructor(list, handle, onDrop) {
    this.#list = list;
    this.#handle = handle;
    this.#onDrop = onDrop;
    list.addEventListener('pointerdown', (event) => this.#press(event));
    list.addEventListener('pointermove', (event) => this.#follow(event));
    list.addEventListener('pointerup', (event) => this.#end(event, true));
    list.addEventListener('pointercancel', (event) => this.#end(event, false));
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#drag !== null) this.#release(false);
    });
  }

  /** Whether a row is in somebody's hand: then the list should not change. */
  get busy() {
    return this.#drag?.moving ?? false;
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const handle = event.target instanceof Element ? event.target.closest(this.#handle) : null;
    const row = handle?.closest('li') ?? null;
    if (handle === null || row === null || this.#drag !== null || event.button !== 0) return;
    const rows = /** @type {HTMLElement[]} */ ([...this.#list.children]);
    const places = rows.map((each) => {
      const { top, height } = each.getBoundingClientRect();
      return { top: top + window.scrollY, height };
    });
    const from = rows.indexOf(row);
    const [pointer, y] = [event.pointerId, event.clientY];
    this.#drag = { pointer, row, rows, places, from, to: from, y, startY: y, startScroll: window.scrollY, moving: false };
    handle.setPointerCapture(pointer);
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    const drag = this.#drag;
    if (drag === null || event.pointerId !== drag.pointer) return;
    drag.y = event.clientY;
    if (!drag.moving && Math.abs(drag.y - drag.startY) >= DRAG_FROM_PX) {
      drag.moving = true;
      this.#list.dataset.dragging = 'yes';
      drag.row.dataset.dragged = 'yes';
      requestAnimationFrame(() => this.#scroll());
    }
    if (drag.moving) this.#draw(drag);
  }

  /** @param {Drag} drag */
  #draw(drag) {
    const dy = drag.y - drag.startY + window.scrollY - drag.startScroll;
    drag.to = landing(drag.places, drag.from, dy);
    const steps = asides(drag.places, drag.from, drag.to);
    drag.rows.forEach((row, at) => {
      row.style.transform = `translateY(${row === drag.row ? dy : steps[at]}px)`;
    });
  }

  #scroll() {
    const drag = this.#drag;
    if (drag === null || !drag.moving) return;
    const step = drag.y < EDGE_PX ? -SCROLL_PX : drag.y > window.innerHeight - EDGE_PX ? SCROLL_PX : 0;
    if (step !== 0) {
      window.scrollBy(0, step);
      this.#draw(drag);
    }
    requestAnimationFrame(() => this.#scroll());
  }

  /**
   * @param {PointerEvent} event
   * @param {boolean} dropped
   */
  #end(event, dropped) {
    if (event.pointerId === this.#drag?.pointer) this.#release(dropped);
  }

  /** @param {boolean} dropped */
  #release(dropped) {
    const drag = this.#drag;
    this.#drag = null;
    if (drag === null) return;
    for (const row of drag.rows) row.style.transform = '';
    delete this.#list.dataset.dragging;
    delete drag.row.dataset.dragged;
    if (!drag.moving) return;
    // The release of a drag is no click on the handle.
    const swallow = (/** @type {Event} */ click) => click.stopPropagation();
    this.#list.addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => this.#list.removeEventListener('click', swallow, { capture: true }));
    this.#onDrop(drag.row, drag.from, dropped ? drag.to : drag.from);
  }
}
