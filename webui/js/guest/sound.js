// What a guest sets about the sound on this phone: how loud, and which way.

import { pocketUrl } from '../api.js';
import { fillSlider, make, mark, write } from '../dom.js';
import { gainOf } from '../loudness.js';
import { t } from '../i18n.js';
import { keep, recall } from '../keep.js';
import { element } from './page.js';

/** Where the guest's wishes are kept between visits. */
const VOLUME = 'partybox.volume';
const PATH = 'partybox.way';

/** @typedef {import('../player.js').Player} Player */

/**
 * On iPhones a page cannot change the volume; a slider that does nothing would be a lie.
 * @param {Player} player
 */
export function offerVolume(player) {
  const slider = /** @type {HTMLInputElement} */ (element('volume'));
  const probe = make('audio');
  probe.volume = 0.5;
  element('volume-row').hidden = probe.volume !== 0.5;
  const set = (/** @type {number} */ percent) => {
    slider.value = String(percent);
    mark(slider, 'aria-valuetext', t('volume.value', { n: percent }));
    fillSlider(slider);
    player.volume = gainOf(percent / 100);
  };
  const kept = Number.parseInt(recall(VOLUME) ?? '', 10);
  set(kept >= 0 && kept <= 100 ? kept : 100);
  slider.addEventListener('input', () => {
    set(slider.valueAsNumber);
    keep(VOLUME, slider.value);
  });
}

/** @param {Player} player */
export function offerWays(player) {
  for (const radio of document.querySelectorAll('input[name=path]')) {
    if (!(radio instanceof HTMLInputElement)) continue;
    const way = radio.value === 'pocket' || radio.value === 'live' ? radio.value : 'auto';
    if (recall(PATH) === way) {
      radio.checked = true;
      player.choose(way);
    }
    radio.addEventListener('change', () => {
      keep(PATH, way);
      player.choose(way);
    });
  }
}

/** @param {string} stream */
export function offerOtherPlayer(stream) {
  const link = /** @type {HTMLAnchorElement} */ (element('other-link'));
  if (link.href === pocketUrl(stream)) return;
  link.href = pocketUrl(stream);
  write(link, pocketUrl(stream));
}
