// The poster: the party's name and the two codes on a page to print. Everything else is left to the style.

import { element, mark, translate, write } from './dom.js';
import { Feed } from './feed.js';
import { qr } from './host/api.js';
import { speak, t } from './i18n.js';

await speak('shared', 'screen');
translate();

const wifi = /** @type {HTMLImageElement} */ (element('wifi'));
wifi.addEventListener('load', () => number(true));
wifi.addEventListener('error', () => {
  number(false);
  element('no-wifi').hidden = false;
});
element('print').addEventListener('click', () => window.print());

const feed = new Feed(
  (kind) => {
    if (kind !== 'snapshot') return;
    const { session, name } = /** @type {Party.State} */ (feed.state);
    write(element('party'), session.title || name);
    document.title = session.title || name;
    write(element('address'), session.invite ?? '');
    mark(element('page'), 'src', qr('page'));
    mark(wifi, 'src', qr('wifi'));
    // A page to print does not change under the printer's hands.
    feed.close();
  },
  () => {},
);
feed.open();

/** @param {boolean} two whether both codes are there */
function number(two) {
  element('step-wifi').hidden = !two;
  element('second').hidden = !two;
  element('sheet').dataset.codes = two ? 'two' : 'one';
  write(element('page-say'), t(two ? 'poster.page' : 'poster.page_only'));
}
