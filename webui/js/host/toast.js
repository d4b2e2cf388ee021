// What came of a tap: a bar at the foot of the page, with a way back where there is one. It stays until something else
// is said or it is closed, because nobody should have to hurry to undo.

import { t } from '../i18n.js';
import { write } from '../dom.js';
import { undo } from './api.js';
import { sentence } from '../refusals.js';
import { element } from './page.js';

const bar = element('toast');
const say = element('toast-say');
const back = /** @type {HTMLButtonElement} */ (element('toast-undo'));
const close = element('toast-close');

/** How long a message stays that offers nothing to do and is no complaint, in milliseconds. */
const STAYS_MS = 6000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * @param {string} text
 * @param {{undo?: boolean, bad?: boolean}} [kind]
 */
export function tell(text, { undo: undoable = false, bad = false } = {}) {
  clearTimeout(timer);
  bar.dataset.kind = bad ? 'bad' : 'good';
  // Only hosts may take back.
  back.hidden = !undoable || element('page').dataset.role !== 'host';
  close.hidden = text === '';
  write(say, text);
  if (!undoable && !bad) timer = setTimeout(() => tell(''), STAYS_MS);
}

/** Says something to screen readers alone, at once. */
export const speak = (/** @type {string} */ text) => write(element('spoken'), text);

/**
 * Does something the box may refuse, and says so if it does.
 * @param {() => Promise<unknown>} request
 * @param {{done?: string, undo?: boolean}} [after] what to say when it went well
 * @returns {Promise<boolean>} whether it went well
 */
export async function attempt(request, { done = '', undo: undoable = false } = {}) {
  try {
    await request();
    if (done !== '') tell(done, { undo: undoable });
    return true;
  } catch (error) {
    tell(sentence(error), { bad: true });
    return false;
  }
}

/** Takes back the last change of the queue. */
export const takeBack = () => attempt(undo, { done: t('queue.undone') });

back.addEventListener('click', takeBack);
close.addEventListener('click', () => tell(''));
