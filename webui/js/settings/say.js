// What came of a tap, at the foot of the page, and one question before something that everybody would notice.

import { write } from '../dom.js';
import { sentence } from '../refusals.js';
import { element } from './page.js';

/** How long a message stays that is no complaint, in milliseconds. */
const STAYS_MS = 6000;

const dialog = /** @type {HTMLDialogElement} */ (element('sure'));

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * @param {string} text
 * @param {{bad?: boolean}} [kind]
 */
export function tell(text, { bad = false } = {}) {
  clearTimeout(timer);
  element('toast').dataset.kind = bad ? 'bad' : 'good';
  element('toast-close').hidden = text === '';
  write(element('toast-say'), text);
  if (!bad) timer = setTimeout(() => tell(''), STAYS_MS);
}

/**
 * Does something the box may refuse, and says so if it does.
 * @param {() => Promise<unknown>} request
 * @param {{done?: string}} [after] what to say when it went well
 * @returns {Promise<boolean>} whether it went well
 */
export async function attempt(request, { done = '' } = {}) {
  try {
    await request();
    if (done !== '') tell(done);
    return true;
  } catch (error) {
    tell(sentence(error), { bad: true });
    return false;
  }
}

/**
 * @param {string} question
 * @param {string} yes what the button that does it says
 * @returns {Promise<boolean>}
 */
export function sure(question, yes) {
  write(element('sure-say'), question);
  write(element('sure-yes'), yes);
  dialog.returnValue = '';
  dialog.showModal();
  // Whoever taps without reading goes back.
  element('sure-no').focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

element('sure-yes').addEventListener('click', () => dialog.close('yes'));
element('sure-no').addEventListener('click', () => dialog.close(''));
element('toast-close').addEventListener('click', () => tell(''));
