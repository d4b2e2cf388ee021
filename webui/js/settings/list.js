// The settings, section by section: each with what it may be, whose word it is and the way back, sent as soon as it is changed;
// and the one button for what holds only after a restart. What each key is is the box's to say.

import { make, mark, write } from '../dom.js';
import { language, t } from '../i18n.js';
import { restartBox, setBox } from './api.js';
import { allowed, control, label, words } from './controls.js';
import { ClockLine } from './clock.js';
import { element } from './page.js';
import { attempt, sure, tell } from './say.js';
import { section } from './values.js';

/** Keys of the Wi-Fi that mean something only where it is the box's own. */
const OWN_ONLY = ['wifi.country', 'wifi.band', 'wifi.guests_max', 'wifi.isolate'];

/** Keys whose change throws every phone off the Wi-Fi. */
const REJOIN = ['wifi.ssid', 'wifi.passphrase', ...OWN_ONLY];

/** @typedef {{row: HTMLElement, put: (setting: Party.BoxSetting) => void}} Row */

export class SettingsList {
  #sections = element('sections');
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** @type {Party.BoxSettings | null} */
  #said = null;
  #spoken = '';
  #clock = new ClockLine((said) => this.take(said));
  #onRestart;

  /** @param {() => void} onRestart is called when the box begins again */
  constructor(onRestart) {
    this.#onRestart = onRestart;
    element('restart-go').addEventListener('click', () => this.#askToBegin());
  }

  /** @param {Party.BoxSettings} said */
  take(said) {
    this.#said = said;
    if (this.#spoken !== language()) {
      this.#spoken = language();
      this.#rows.clear();
      this.#sections.replaceChildren();
    }
    const own = said.settings.some(({ key, value }) => key === 'wifi.own' && value === true);
    for (const setting of said.settings) {
      const here = typeof setting.takes === 'string' && (own || !OWN_ONLY.includes(setting.key));
      if (here) this.#row(setting).put(setting);
    }
    this.#clock.put(said.clock);
    for (const fold of this.#sections.children) {
      fold.firstElementChild?.toggleAttribute('data-pending', fold.querySelector('.row[data-pending]') !== null);
    }
    element('restart').hidden = !said.pending;
    const n = said.settings.filter(({ pending }) => pending).length;
    write(element('restart-say'), n === 0 ? t('set.waits_all') : t('set.pending', { n }));
  }

  /** Lets the box begin again; what is shown then comes from the new one. */
  async begin() {
    if (await attempt(restartBox, { done: t('set.restarts') })) this.#onRestart();
  }

  /** @param {Party.BoxSetting} setting */
  #row(setting) {
    const found = this.#rows.get(setting.key);
    if (found !== undefined) return found;
    const made = setting.kind === 'other' || setting.takes === 'never' ? fixed(setting) : this.#made(setting);
    this.#rows.set(setting.key, made);
    this.#fold(setting.kind === 'other' ? 'fixed' : section(setting.key) || 'box').append(made.row);
    return made;
  }

  /** @param {string} name */
  #fold(name) {
    const id = `section-${name}`;
    const there = this.#sections.querySelector(`#${id} > .settings`);
    if (there !== null) return there;
    const body = make('div', { class: 'settings' });
    this.#sections.append(make('details', { id, class: 'fold' }, make('summary', { text: t(`set.section.${name}`) }), body));
    return body;
  }

  /**
   * @param {Party.BoxSetting} setting
   * @returns {Row}
   */
  #made(setting) {
    const { key } = setting;
    const id = `set-${key.replaceAll('.', '-')}`;
    const made = control(setting, id);
    const name = make('span', { text: label(key) });
    const say = make('small');
    const back = make('button', { type: 'button', class: 'button quiet small', click: () => this.#send(key, null) });
    const isSwitch = setting.kind === 'switch';
    // A group of boxes has labels of its own.
    const head =
      setting.kind === 'numbers'
        ? make('div', { class: 'field' }, name, made.field)
        : make('label', { class: isSwitch ? 'switch' : 'field', for: id }, name, made.field);
    const row = make('div', { class: 'row', 'data-key': key }, head, make('div', { class: 'foot' }, say, back));
    if (key === 'time_zone') row.append(this.#clock.node);
    row.addEventListener('change', () => {
      const value = made.read();
      if (value !== undefined) this.#send(key, value);
      else tell(t('set.refused', { name: label(key) }), { bad: true });
    });
    const isTyped = !isSwitch && made.field.localName !== 'select';
    const put = (/** @type {Party.BoxSetting} */ now) => {
      // What somebody is typing right now is theirs.
      if (!isTyped || !head.contains(document.activeElement)) made.put(now.value);
      row.toggleAttribute('data-pending', now.pending);
      const left = now.left_out === undefined ? '' : t('set.left_out');
      write(say, [allowed(now), whose(now), now.pending ? t('set.waits') : '', left].filter(Boolean).join(' · '));
      back.hidden = now.back === undefined;
      if (now.back === undefined) return;
      write(back, t('set.back', { value: words(key, now.back.value) }));
      mark(back, 'aria-label', t('set.back_of', { name: label(key), value: back.textContent ?? '' }));
    };
    return { row, put };
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  async #send(key, value) {
    await attempt(async () => this.take(await setBox({ [key]: value })));
    // What was refused is shown as it is.
    const now = this.#said?.settings.find((setting) => setting.key === key);
    if (now !== undefined) this.#rows.get(key)?.put(now);
  }

  async #askToBegin() {
    const { settings = [] } = this.#said ?? {};
    const rejoin = settings.some(({ key, pending }) => pending && REJOIN.includes(key));
    const network = String(settings.find(({ key }) => key === 'wifi.ssid')?.value ?? '');
    if (await sure(rejoin ? t('set.sure_wifi', { network }) : t('set.sure'), t('set.restart'))) await this.begin();
  }
}

/**
 * Whose word a value is; empty where nobody has said anything.
 * @param {Party.BoxSetting} setting
 */
function whose({ origin }) {
  return origin === 'default' ? '' : t(`set.origin_${origin}`);
}

/**
 * A value that is shown and not set here.
 * @param {Party.BoxSetting} setting
 * @returns {Row}
 */
function fixed({ key, kind }) {
  const value = make('b', { dir: 'auto' });
  const name = make('span', { text: kind === 'other' ? key : label(key) });
  const say = make('small');
  const row = make('div', { class: 'row', 'data-key': key }, make('div', { class: 'field' }, name, value), make('div', { class: 'foot' }, say));
  const put = (/** @type {Party.BoxSetting} */ now) => {
    write(value, words(now.key, now.value));
    write(say, whose(now));
  };
  return { row, put };
}
