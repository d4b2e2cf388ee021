// The system's clock, below the time zone: who has set it, and the tap that sets it by this phone where that is a host's affair.

import { make, write } from '../dom.js';
import { t, timeOfDay } from '../i18n.js';
import { boxSettings, setClock } from './api.js';
import { attempt } from './say.js';

/** Time until the box has set its clock and noticed it, in milliseconds. */
const NOTICED_MS = 3000;

export class ClockLine {
  #say = make('small');
  #button = make('button', { type: 'button', class: 'button quiet small', click: () => this.#set() });
  node = make('div', { class: 'foot' }, this.#say, this.#button);
  #onChange;

  /** @param {(said: Party.BoxSettings) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @param {Party.BoxSettings['clock']} clock */
  put({ by, settable }) {
    write(this.#say, t(`set.clock.${by}`));
    this.#button.hidden = !settable;
    write(this.#button, t('set.clock_go', { time: timeOfDay(Date.now()) }));
  }

  async #set() {
    if (!(await attempt(setClock, { done: t('set.clock_done') }))) return;
    setTimeout(() => attempt(async () => this.#onChange(await boxSettings())), NOTICED_MS);
  }
}
