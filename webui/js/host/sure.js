// One question before something that many people would notice.

import { write } from '../dom.js';
import { element } from './page.js';

const box = /** @type {HTMLDialogElement} */ (element('sure'));

/**
 * @param {string} question
 * @param {string} yes what the button that does it says
 * @returns {Promise<boolean>}
 */
export function sure(question, yes) {
  write(element('sure-say'), question);
  write(element('sure-yes'), yes);
  box.returnValue = '';
  box.showModal();
  // Whoever taps without reading goes back.
  element('sure-no').focus();
  return new Promise((resolve) => {
    box.addEventListener('close', () => resolve(box.returnValue === 'yes'), { once: true });
  });
}

element('sure-yes').addEventListener('click', () => box.close('yes'));
element('sure-no').addEventListener('click', () => box.close(''));
