// How guests come in: the two codes to scan, as pictures to show, to keep and to print, and the same in words for whoever has
// no camera at hand.

import { write } from '../dom.js';
import { invitation, qr } from './api.js';
import { element } from './page.js';
import { attempt } from './toast.js';

/** What the codes were last loaded for; nothing before the first time. @type {string | null} */
let shownFor = null;

const wifi = /** @type {HTMLImageElement} */ (element('qr-wifi'));
// A box without a Wi-Fi of its own has no code for it.
wifi.addEventListener('load', () => (element('qr-wifi-box').hidden = false));
wifi.addEventListener('error', () => (element('qr-wifi-box').hidden = true));

// Whether everybody in the room may read the password is the host's choice.
const words = /** @type {HTMLInputElement} */ (element('screen-words'));
const screen = /** @type {HTMLAnchorElement} */ (element('screen-link'));
const plain = screen.href;
words.addEventListener('change', () => (screen.href = words.checked ? plain : `${plain}?words=no`));

/**
 * @param {Party.State} state
 * @param {boolean} looked whether somebody looks at it
 */
export function showInvitation({ session, name }, looked) {
  const address = session.invite ?? '';
  write(element('invite-address'), address);
  write(element('page-name'), session.name ?? '');
  const wanted = `${name} ${address}`;
  if (!looked || wanted === shownFor) return;
  shownFor = wanted;
  wifi.src = qr('wifi');
  const page = /** @type {HTMLImageElement} */ (element('qr-page'));
  page.src = qr('page');
  attempt(async () => {
    const { network } = await invitation();
    element('screen-words-box').hidden = network === null;
    write(element('wifi-name'), network?.name ?? '');
    write(element('wifi-passphrase'), network?.passphrase ?? '');
    element('wifi-passphrase-line').hidden = (network?.passphrase ?? '') === '';
  });
}
