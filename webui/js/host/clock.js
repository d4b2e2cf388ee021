// A box that nobody has told what time it is: one tap sets its clock, and its time zone where it has none, by this phone.

import { make } from '../dom.js';
import { t, timeOfDay } from '../i18n.js';
import { setClock, setZone } from './api.js';
import { element } from './page.js';
import { attempt } from './toast.js';

export class ClockCard {
  /** @type {HTMLElement | null} */
  #card = null;
  #later = false;

  /** @param {Party.BoxSettings} said */
  show({ clock, settings }) {
    this.#card?.remove();
    this.#card = null;
    if (this.#later || clock.by !== 'nobody' || !clock.settable) return;
    const hasZone = settings.some(({ key, value }) => key === 'time_zone' && value !== '');
    const go = make('button', { type: 'button', class: 'button primary', text: t('clock.set', { time: timeOfDay(Date.now()) }) });
    const later = make('button', { type: 'button', class: 'button', text: t('clock.later') });
    const text = make('p', { text: t('clock.ask') });
    this.#card = make('section', { id: 'clock', class: 'card stack' }, text, make('div', { class: 'line-up' }, later, go));
    later.addEventListener('click', () => this.#away());
    go.addEventListener('click', async () => {
      if (!(await attempt(setClock, { done: t('clock.done') }))) return;
      this.#away();
      // The time is right in any zone; which hours are night is not.
      if (!hasZone) await setZone(Intl.DateTimeFormat().resolvedOptions().timeZone).catch(() => {});
    });
    this.#card.style.gridColumn = '1 / -1';
    element('deck').prepend(this.#card);
  }

  #away() {
    this.#later = true;
    this.#card?.remove();
    this.#card = null;
  }
}
