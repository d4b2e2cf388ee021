// Says for a few seconds what just happened, to eyes and screen readers.

import { write } from '../dom.js';
import { sentence } from '../refusals.js';
import { element } from './page.js';
import { Turns } from './turns.js';

const turns = new Turns();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Says what came of a tap, at once.
 * @param {string} text
 */
export function say(text) {
  turns.answer(text, performance.now());
  show();
}

/**
 * Says what happened without a tap, once what is said now could be read.
 * @param {string} text
 */
export function announce(text) {
  turns.announce(text, performance.now());
  show();
}

/** Says nothing more of what was said: it is no longer true. */
export function hush() {
  turns.clear();
  show();
}

function show() {
  const now = performance.now();
  write(element('toast'), turns.at(now));
  clearTimeout(timer);
  const due = turns.due(now);
  if (due !== null) timer = setTimeout(show, due - now);
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
