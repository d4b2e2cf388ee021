// Rows of lists, as every part of the host's page shows them: a picture or a sign, two lines of text, what can be done.

import { fill as fillAny, icon, make, mark, write } from '../dom.js';
import { small } from './api.js';

/**
 * @typedef {object} Says
 * @property {(title: string, sub: string) => void} say writes both lines of text
 */

/** @typedef {HTMLLIElement & Says} Line */

/**
 * A row with two lines of text between other things.
 * @param {Element[]} before
 * @param {Element[]} after
 * @param {...Element} more below the texts
 * @returns {Line}
 */
export function line(before, after, ...more) {
  // Texts come from people and files, in any direction.
  const title = make('b', { class: 'row-title', dir: 'auto' });
  const sub = make('span', { class: 'row-sub', dir: 'auto' });
  const words = make('div', { class: 'row-words' }, title, sub, ...more);
  const row = make('li', {}, make('div', { class: 'row-line' }, ...before, words, ...after));
  const say = (/** @type {string} */ one, /** @type {string} */ two) => {
    write(title, one);
    write(sub, two);
  };
  return Object.assign(row, { say });
}

export { dotted } from '../dom.js';

/**
 * A button that does something.
 * @param {string} style class names
 * @param {() => void} act
 * @param {string} [drawn] a picture of `img/icons.svg`; then its words are set as a label
 */
export function button(style, act, drawn) {
  return make('button', { type: 'button', class: style, click: act }, ...(drawn === undefined ? [] : [icon(drawn)]));
}

/**
 * Makes a list show these things in this order, each in a row of its own that stays while its thing does.
 * @template T
 * @template {HTMLElement} R
 * @param {Element} list
 * @param {readonly T[]} things
 * @param {(thing: T) => string | number} key
 * @param {(thing: T) => R} create
 * @param {(row: R, thing: T, at: number) => void} update
 */
export function fill(list, things, key, create, update) {
  const focus = list.contains(document.activeElement) ? document.activeElement : null;
  fillAny(list, things, key, create, (row, thing, at) => update(/** @type {R} */ (row), thing, at));
  // A row that was moved has lost the focus on its way.
  if (focus instanceof HTMLElement && focus.isConnected && focus !== document.activeElement) {
    focus.focus({ preventScroll: true });
  }
}

/**
 * The picture of a track in a row, with a note drawn where there is none.
 * @returns {{box: HTMLElement, set: (art: string | null | undefined) => void}}
 */
export function cover() {
  const picture = make('img', { alt: '', decoding: 'async', loading: 'lazy' });
  const box = make('div', { class: 'art' }, icon('note'), picture);
  // Not `hidden`: a browser that loads lazily never loads what is hidden.
  picture.addEventListener('load', () => (box.dataset.art = 'there'));
  picture.addEventListener('error', () => delete box.dataset.art);
  const set = (/** @type {string | null | undefined} */ art) => {
    const wanted = small(art);
    if (picture.getAttribute('src') === wanted) return;
    delete box.dataset.art;
    mark(picture, 'src', wanted);
  };
  return { box, set };
}
