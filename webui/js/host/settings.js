// How the party goes: the host's wishes, each sent as soon as it is changed, and the party's name, beginning and end.

import { t } from '../i18n.js';
import { fillSlider, write } from '../dom.js';
import { endParty, settings, startParty, unset } from './api.js';
import { called, showOrigin } from './origin.js';
import { element } from './page.js';
import { sure } from './sure.js';
import { attempt } from './toast.js';

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

export class SettingsForm {
  #fields = /** @type {Field[]} */ ([...element('settings').querySelectorAll('[data-setting]')]);
  #title = /** @type {HTMLInputElement} */ (element('party-title'));
  #live = true;
  /** @type {Party.State | null} */
  #state = null;

  constructor() {
    element('settings').addEventListener('submit', (event) => event.preventDefault());
    for (const field of this.#fields) {
      field.addEventListener('input', () => this.#say(field));
      field.addEventListener('change', () => this.#send(field));
    }
    element('party-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const done = t(this.#live ? 'party.saved' : 'party.started');
      attempt(() => startParty(this.#title.value.trim()), { done });
    });
    element('party-end').addEventListener('click', async () => {
      if (await sure(t('party.end_sure'), t('party.end'))) attempt(endParty, { done: t('party.ended') });
    });
  }

  /**
   * @param {Party.State} state
   * @param {Party.You} you
   */
  show(state, you) {
    this.#state = state;
    for (const field of this.#fields) {
      const name = this.#name(field);
      const before = you.back?.[name];
      const to = field.type === 'range' ? this.#words(field, Number(before)) : called(field, before);
      showOrigin(field, you.origins?.[name], before === undefined ? undefined : { to, go: () => attempt(() => unset(name)) });
      // What somebody is changing right now is theirs.
      if (document.activeElement === field && field.type !== 'checkbox' && field.localName !== 'select') continue;
      this.#put(field);
    }
    const { live, title } = state.session;
    this.#live = live;
    if (document.activeElement !== this.#title) this.#title.value = title ?? '';
    write(element('party-save'), t(live ? 'party.save' : 'party.start'));
    element('party-end').hidden = !live;
    write(element('party-note'), t(live ? 'party.runs' : 'party.over'));
  }

  /** @param {Field} field */
  #put(field) {
    const value = this.#state?.settings[this.#name(field)];
    if (field instanceof HTMLInputElement && field.type === 'checkbox') field.checked = value === true;
    else if (value !== undefined) field.value = String(value);
    this.#say(field);
  }

  /** @param {Field} field */
  async #send(field) {
    let value;
    if (field instanceof HTMLSelectElement) value = field.value;
    else if (field.type === 'checkbox') value = field.checked;
    else value = field.valueAsNumber;
    if (Number.isNaN(value) || !field.checkValidity()) return this.#put(field);
    const some = /** @type {Partial<Party.Settings>} */ ({ [this.#name(field)]: value });
    if (!(await attempt(() => settings(some)))) this.#put(field);
  }

  /** @param {Field} field */
  #say(field) {
    if (field instanceof HTMLInputElement && field.type === 'range') fillSlider(field);
    const shown = field.nextElementSibling;
    if (!(field instanceof HTMLInputElement) || !(shown instanceof HTMLOutputElement)) return;
    const words = this.#words(field, field.valueAsNumber);
    write(shown, words);
    field.setAttribute('aria-valuetext', words);
  }

  /**
   * What a value of a slider means.
   * @param {Field} field
   * @param {number} n
   */
  #words(field, n) {
    const name = this.#name(field);
    if (name === 'skip_share') return n === 0 ? t('settings.skip_off') : t('deck.percent', { n: Math.round(n * 100) });
    return name === 'duck_db' ? t('deck.level', { n }) : t('settings.seconds', { n: Math.round(n / 1000) });
  }

  /** @param {Field} field */
  #name(field) {
    return /** @type {keyof Party.Settings} */ (field.dataset.setting ?? '');
  }
}
