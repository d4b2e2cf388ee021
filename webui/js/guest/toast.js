// Says for a few seconds what just happened, to eyes and screen readers.

import { write } from '../dom.js';
import { sentence } from '../refusals.js';
import { element } from './page.js';

/** Long enough to read two lines (WCAG 2.2.1 asks for no less where nothing is lost with it). */
const SHOWN_MS = 6000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} text */
export function say(text) {
  clearTimeout(timer);
  write(element('toast'), text);
  timer = setTimeout(() => write(element('toast'), ''), SHOWN_MS);
}

/**
 * Makes a request, and says why if it is refused. The control rests meanwhile, so that one tap is one request.
 * @param {() => Promise<unknown>} ask
 * @param {HTMLElement} [control]
 * @returns {Promise<boolean>} whether it worked
 */
export async function attempt(ask, control) {
  if (control?.ariaBusy === 'true') return false;
  if (control !== undefined) control.ariaBusy = 'true';
  try {
    await ask();
    return true;
  } catch (error) {
    say(sentence(error));
    return false;
  } finally {
    if (control !== undefined) control.ariaBusy = null;
  }
}
