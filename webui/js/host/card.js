// The button for a box whose card cannot be read any more: gives up what was on it. The health list says what has happened.

import { t } from '../i18n.js';
import { startAnew } from './api.js';
import { element } from './page.js';
import { sure } from './sure.js';
import { attempt } from './toast.js';

/** What a host can do something about: a card that can only be read needs another one. */
const GIVEN_UP = ['lost', 'failed'];

export class CardBox {
  #button = element('card-anew');

  constructor() {
    this.#button.addEventListener('click', async () => {
      if (await sure(t('forgets.anew_sure'), t('forgets.anew_yes'))) await attempt(startAnew);
    });
  }

  /** @param {string | null} forgets why the box forgets */
  show(forgets) {
    this.#button.hidden = forgets === null || !GIVEN_UP.includes(forgets);
  }
}
