// Which channel the page steers, when there are several: a row of channels that stays in the address, so that a reload goes
// on with the same one.

import { askAbout } from '../api.js';
import { dress, nameOf, sign } from '../channels.js';
import { nameChannel } from '../chosen.js';
import { t } from '../i18n.js';
import { fill, make, write } from '../dom.js';
import { element } from './page.js';
import { tell } from './toast.js';

/** Lists whose rows belong to one channel: numbers of songs and requests mean something else in another. */
const LISTS = ['queue', 'upcoming', 'history', 'asks'];

export class Steer {
  #onSteer;
  /** The channel shown last. @type {Party.Channel | null} */
  #shown = null;
  /** The channel somebody chose here. @type {string | null} */
  #chosen = null;

  /** @param {(id: string) => void} onSteer called when somebody chooses a channel */
  constructor(onSteer) {
    this.#onSteer = onSteer;
  }

  /**
   * To be called before the parts of the page show a state: what they ask for is asked of its channel.
   * @param {Party.State} state
   */
  show({ channels, channel }) {
    askAbout(channel);
    const now = channels.find(({ id }) => id === channel) ?? channels[0];
    if (this.#shown !== null && this.#shown.id !== channel) {
      for (const list of LISTS) element(list).replaceChildren();
      if (this.#chosen !== channel) tell(t('steer.gone', { name: nameOf(this.#shown), now: nameOf(now) }));
      nameChannel(channel);
    }
    this.#shown = now;
    element('steer').hidden = channels.length < 2;
    fill(element('steer-list'), channels, ({ id }) => id, ({ id }) => this.#chip(id), (chip, { id, name, color }) => {
      const [radio, , text] = chip.children;
      if (radio instanceof HTMLInputElement) radio.checked = id === channel;
      dress(chip, color);
      write(text, nameOf({ name, color }));
    });
  }

  /** @param {string} id */
  #chip(id) {
    const choose = () => {
      this.#chosen = id;
      this.#onSteer(id);
    };
    const radio = make('input', { type: 'radio', name: 'steer', value: id, class: 'unseen', change: choose });
    return make('label', { class: 'chip' }, radio, sign(), make('b', { dir: 'auto' }));
  }
}
