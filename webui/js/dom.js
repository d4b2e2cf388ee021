// The few things that pages do with elements. Text is only ever set as text, never as markup.

import { t } from './i18n.js';

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element that the page is known to have.
 * @param {string} id
 */
export function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** The page of this name, shown or put aside. @type {Map<string, Element>} */
const pages = new Map();

/**
 * What finds the elements of one page, by which its own modules name them: the document may hold several pages, of which one
 * is shown (`shell.js`), and the others keep their ids.
 * @param {string} name of the page, as its `data-page` has it
 */
export const part = (name) => (/** @type {string} */ id) => {
  const page = pages.get(name) ?? document.querySelector(`[data-page="${name}"]`);
  if (page === null) throw new Error(`there is no page ${name}`);
  pages.set(name, page);
  const found = page.querySelector(`#${id}`);
  if (!(found instanceof HTMLElement || found instanceof SVGElement)) throw new Error(`the page ${name} has no #${id}`);
  return /** @type {HTMLElement} */ (found);
};

/**
 * Writes only what changed, so that a screen reader hears nothing twice.
 * @param {Element} where
 * @param {string} text
 */
export function write(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

/**
 * Sets an attribute only if that changes it; `null` removes it.
 * @param {Element} where
 * @param {string} name
 * @param {string | null} value
 */
export function mark(where, name, value) {
  if (where.getAttribute(name) === value) return;
  if (value === null) where.removeAttribute(name);
  else where.setAttribute(name, value);
}

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | ((event: Event) => void)>} [properties] attributes; `text` is the text;
 *   a function listens to the event of its name; `true` is an attribute without value, `false` none
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (name === 'text') made.textContent = String(value);
    else if (value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/**
 * A picture of `img/icons.svg`, for the eye only.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${new URL('../img/icons.svg', import.meta.url).pathname}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Shows another picture of `img/icons.svg`.
 * @param {Element} where made by `icon`, or the same in a page
 * @param {string} name
 */
export function redraw(where, name) {
  const use = where.localName === 'use' ? where : where.firstElementChild;
  if (use !== null) mark(use, 'href', `${(use.getAttribute('href') ?? '').split('#')[0]}#${name}`);
}

/**
 * Makes the children of an element those of a list. A child whose key is still there stays the same element, so that it
 * keeps focus, and moves only if the order changed.
 * @template T
 * @param {Element} parent
 * @param {readonly T[]} list
 * @param {(of: T) => string | number} key
 * @param {(of: T) => HTMLElement} create
 * @param {(child: HTMLElement, of: T, index: number) => void} update
 */
export function fill(parent, list, key, create, update) {
  /** @type {Map<string, HTMLElement>} */
  const there = new Map();
  for (const child of [...parent.children]) {
    if (child instanceof HTMLElement && child.dataset.key !== undefined) there.set(child.dataset.key, child);
  }
  /** @type {Element | null} */
  let before = null;
  list.forEach((of, index) => {
    const name = String(key(of));
    const child = there.get(name) ?? create(of);
    there.delete(name);
    child.dataset.key = name;
    update(child, of, index);
    /** @type {Element | null} */
    const place = before === null ? parent.firstElementChild : before.nextElementSibling;
    if (place !== child) parent.insertBefore(child, place);
    before = child;
  });
  for (const gone of there.values()) gone.remove();
}

/**
 * Puts every fixed text below `root` into the language spoken: `data-t` is the text, `data-t-label` the name for a
 * screen reader, `data-t-hint` what an empty field shows.
 * @param {ParentNode} root
 */
export function translate(root = document) {
  for (const where of root.querySelectorAll('[data-t]')) write(where, t(where.getAttribute('data-t') ?? ''));
  for (const where of root.querySelectorAll('[data-t-label]')) {
    mark(where, 'aria-label', t(where.getAttribute('data-t-label') ?? ''));
  }
  for (const where of root.querySelectorAll('[data-t-hint]')) {
    mark(where, 'placeholder', t(where.getAttribute('data-t-hint') ?? ''));
  }
}

/**
 * Draws how much of a slider is filled: browsers draw the track of the dark in the light's colours.
 * @param {HTMLInputElement} slider
 */
export function fillSlider(slider) {
  const [least, most] = [Number(slider.min), Number(slider.max)];
  slider.style.setProperty('--at', `${(100 * (slider.valueAsNumber - least)) / (most - least || 1)}%`);
}

/** Letters that are written from the right (Unicode's blocks of Hebrew, Arabic and their relatives). */
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]/;

/**
 * A text that keeps to itself among others (U+2068 and U+2069): beside a name from the other direction a number would go to
 * its other end.
 * @param {string} text
 */
export const isolated = (text) => `\u2068${text}\u2069`;

/**
 * Texts that are there, with dots between them. Where one is written from the right, each keeps to itself.
 * @param {...string} texts
 */
export function dotted(...texts) {
  const there = texts.filter((text) => text !== '');
  const mixed = there.length > 1 && there.some((text) => FROM_RIGHT.test(text));
  return (mixed ? there.map(isolated) : there).join(' · ');
}
