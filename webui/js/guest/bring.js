// A guest's own music: a file that is chosen is sent, and is a wish then. The page fetches this with the first file.

import { speakMore, t } from '../i18n.js';
import { write } from '../dom.js';
import { sentence } from '../refusals.js';
import { bring } from './api.js';
import { element } from './page.js';
import { say } from './toast.js';

const field = /** @type {HTMLInputElement} */ (element('own-file'));
const bar = /** @type {HTMLProgressElement} */ (element('own-bar'));

/** @type {File[]} those that wait for their turn */
const waiting = [];
let busy = false;

let stop = () => {};

/** Sends the files that are chosen, and those that will be. To be called once. */
export async function begin() {
  await speakMore('bring');
  field.addEventListener('change', chosen);
  // What is on its way is given up, and no more than that.
  element('own-stop').addEventListener('click', () => stop());
  window.addEventListener('beforeunload', (event) => {
    if (busy) event.preventDefault();
  });
  chosen();
}

function chosen() {
  waiting.push(...(field.files ?? []));
  // The same file may be chosen again.
  field.value = '';
  work();
}

async function work() {
  if (busy) return;
  busy = true;
  let file;
  while ((file = waiting.shift()) !== undefined) await send(file);
  busy = false;
}

/** @param {File} file */
async function send(file) {
  const title = file.name;
  const show = (/** @type {number} */ share) => {
    bar.value = share;
    // All of it is there; the box still has to hear whether it is music.
    const words = share < 1 ? t('bring.goes', { title, n: Math.floor(share * 100) }) : t('bring.reads', { title });
    write(element('own-say'), waiting.length === 0 ? words : `${words} ${t('bring.more', { n: waiting.length })}`);
    element('own-stop').hidden = share >= 1;
  };
  element('own-going').hidden = false;
  show(0);
  const sending = bring(file, show);
  stop = sending.abort;
  try {
    await sending.done;
    write(element('own-end'), t('bring.done', { title }));
    // Who looks at something else is told there.
    if (element('page').dataset.view !== 'music') say(t('bring.done', { title }));
  } catch (error) {
    const given = error instanceof DOMException && error.name === 'AbortError';
    const why = given ? t('bring.given_up') : sentence(error);
    write(element('own-end'), `${title}: ${why}`);
  }
  element('own-going').hidden = true;
  write(element('own-say'), '');
}
