// The settings of the box, for hosts: makes the parts and connects them. The box checks every request; nothing here is a lock.

import { readPairing, RefusedError } from '../api.js';
import { translate } from '../dom.js';
import { speak, t } from '../i18n.js';
import { settle } from '../shell.js';
import { sentence } from '../refusals.js';
import { boxSettings } from './api.js';
import { BackupBox } from './backup.js';
import { FirstStart } from './first.js';
import { SettingsList } from './list.js';
import { element } from './page.js';
import { tell } from './say.js';

await speak('shared', 'settings');

/** How long until a box that did not answer is asked again, in milliseconds. */
const AGAIN_MS = 1000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let here = true;

const list = new SettingsList(waitForBox);
const first = new FirstStart(list);
new BackupBox(() => read());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && here) read();
});
settle({ enter, leave, lost: (error) => tell(sentence(error), { bad: true }) });
await enter();

/** The page is shown, for the first time or again. */
async function enter() {
  here = true;
  await speak('shared', 'settings');
  translate(element('page').parentElement ?? document);
  document.title = t('set.heading');
  await read();
}

function leave() {
  here = false;
  clearTimeout(timer);
}

/** A box that begins again is asked until it answers. */
function waitForBox() {
  element('page').setAttribute('aria-busy', 'true');
  clearTimeout(timer);
  timer = setTimeout(read, AGAIN_MS);
}

async function read() {
  clearTimeout(timer);
  try {
    const said = await boxSettings();
    list.take(said);
    element('page').removeAttribute('aria-busy');
    element('gate').hidden = true;
    element('all').hidden = false;
    // Whoever is host by their address alone has set the box up in a file.
    if (said.asks && (await readPairing()).state === 'host') first.ask(said);
  } catch (error) {
    const isGuest = error instanceof RefusedError && error.status === 403;
    element('gate').hidden = !isGuest;
    element('all').hidden = isGuest;
    if (!isGuest && here) waitForBox();
  }
}
