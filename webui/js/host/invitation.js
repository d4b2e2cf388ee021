// How guests come in: the two codes to scan, as pictures to show, to keep and to print.

import { element, write } from '../dom.js';
import { qr } from './api.js';

/** What the codes were last loaded for; nothing before the first time. @type {string | null} */
let shownFor = null;

const wifi = /** @type {HTMLImageElement} */ (element('qr-wifi'));
// A box without a Wi-Fi of its own has no code for it.
wifi.addEventListener('load', () => (element('qr-wifi-box').hidden = false));
wifi.addEventListener('error', () => (element('qr-wifi-box').hidden = true));

/**
 * @param {Party.State} state
 * @param {boolean} looked whether somebody looks at it
 */
export function showInvitation({ session, name }, looked) {
  const address = session.invite ?? '';
  write(element('invite-address'), address);
  const wanted = `${name} ${address}`;
  if (!looked || wanted === shownFor) return;
  shownFor = wanted;
  wifi.src = qr('wifi');
  const page = /** @type {HTMLImageElement} */ (element('qr-page'));
  page.src = qr('page');
}
