// The poster: the party's name and the two codes on a page to print. With `?channel=` its code opens that channel, whose name
// and colour it bears. Everything else is left to the style.

import { RefusedError } from './api.js';
import { dress, nameOf } from './channels.js';
import { element, mark, translate, write } from './dom.js';
import { Feed } from './feed.js';
import { invitation, qr } from './host/api.js';
import { speak, t } from './i18n.js';

/** How many fit on a page of A4. */
const SHEETS = 4;
/** Only hosts are told how to join (RFC 9110 section 15.5.4). */
const FORBIDDEN = 403;

await speak('shared', 'screen');
translate();

const wifi = /** @type {HTMLImageElement} */ (element('wifi'));
wifi.addEventListener('load', async () => {
  number(true);
  // Where it cannot be asked the code is enough.
  const { network } = await invitation().catch(() => ({ network: null }));
  write(element('wifi-name'), network?.name ?? '');
  write(element('wifi-passphrase'), network?.passphrase ?? '');
  copy();
  document.body.dataset.told = '';
});
wifi.addEventListener('error', async () => {
  number(false);
  // A box without a Wi-Fi of its own, and one that does not answer, fail as well: an element does not say why.
  element('no-wifi').hidden = await invitation().then(() => true, (error) => !(error instanceof RefusedError && error.status === FORBIDDEN));
  document.body.dataset.told = '';
});
element('print').addEventListener('click', () => window.print());
for (const radio of document.querySelectorAll('input[name=paper]')) {
  radio.addEventListener('change', () => {
    if (radio instanceof HTMLInputElement) document.body.dataset.paper = radio.value;
    copy();
  });
}

const feed = new Feed(
  (kind) => {
    if (kind !== 'snapshot') return;
    const { session, name, channels } = /** @type {Party.State} */ (feed.state);
    write(element('party'), session.title || name);
    document.title = session.title || name;
    write(element('address'), session.invite ?? '');
    const wanted = new URLSearchParams(location.search).get('channel');
    const channel = channels.find(({ id }) => id === wanted);
    if (channel !== undefined) show(channel);
    mark(element('page'), 'src', qr('page', channel?.id));
    mark(wifi, 'src', qr('wifi'));
    write(element('page-name'), session.name ?? '');
    copy();
    // A page to print does not change under the printer's hands.
    feed.close();
  },
  () => {},
);
feed.open();

/** @param {Party.Channel} channel */
function show(channel) {
  const pill = element('channel');
  dress(pill, channel.color);
  write(element('channel-name'), nameOf(channel));
  pill.hidden = false;
  element('listen').hidden = true;
}

/** @param {boolean} two whether both codes are there */
function number(two) {
  element('step-wifi').hidden = !two;
  element('second').hidden = !two;
  element('sheet').dataset.codes = two ? 'two' : 'one';
  write(element('page-say'), t(two ? 'poster.page' : 'poster.page_only'));
}

/** Four on a page are one and three copies of it. */
function copy() {
  const sheets = element('sheets');
  while (sheets.children.length > 1) sheets.lastElementChild?.remove();
  if (document.body.dataset.paper !== 'four') return;
  for (let n = 1; n < SHEETS; n += 1) {
    const twin = /** @type {HTMLElement} */ (element('sheet').cloneNode(true));
    for (const named of [twin, ...twin.querySelectorAll('[id]')]) named.removeAttribute('id');
    // A screen reader reads one of them.
    twin.setAttribute('aria-hidden', 'true');
    sheets.append(twin);
  }
}
