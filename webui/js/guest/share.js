// Bringing a friend in: the code that opens the page, its address in words, and the phone's own way to send it where a page
// over plain http is given one.

import { pageCode } from '../api.js';
import { mark, write } from '../dom.js';
import { element } from './page.js';

/** @type {string} where guests open the page, as the box says */
let address = '';

/** Makes the button work. */
export function offerShare() {
  const box = /** @type {HTMLDialogElement} */ (element('share-box'));
  element('share').addEventListener('click', () => {
    mark(element('share-code'), 'src', pageCode());
    write(element('share-address'), address.replace(/^\w+:\/\//, '').replace(/\/$/, ''));
    element('share-send').hidden = typeof navigator.share !== 'function';
    if (typeof box.showModal === 'function') box.showModal();
    else box.setAttribute('open', '');
  });
  element('share-close').addEventListener('click', () => (typeof box.close === 'function' ? box.close() : box.removeAttribute('open')));
  element('share-send').addEventListener('click', () => {
    // Who thinks better of it has given no answer, which is no fault.
    navigator.share({ title: document.title, url: address }).catch(() => {});
  });
}

/** @param {import('../api.js').State} state */
export function showShare(state) {
  address = /** @type {{invite?: string | null}} */ (state.session ?? {}).invite ?? location.origin;
}
