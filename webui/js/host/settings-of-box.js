// The settings of the box, section by section: each with what it may be, whose word it is and the way back, sent as soon as it
// is changed; and the one button for what holds only after a restart. What each key is is the box's to say.

import { make, mark, write } from '../dom.js';
import { language, t } from '../i18n.js';
import { boxSettings, restartBox, setBox, setClock } from './settings-of-box-api.js';
import { allowed, control, label, words } from './settings-of-box-controls.js';
import { section } from './settings-of-box-values.js';
import { element } from './page.js';
import { sure } from './sure.js';
import { attempt, tell } from './toast.js';

/** Keys of the Wi-Fi that mean something only where it is the box's own. */
const OWN_ONLY = ['wifi.country', 'wifi.band', 'wifi.guests_max'];

/** Keys whose change throws every phone off the Wi-Fi. */
const REJOIN = ['wifi.ssid', 'wifi.passphrase', 'wifi.country', 'wifi.band', 'wifi.guests_max'];

export class BoxSettings {
  #list = element('boxset');
  #restart = element('boxset-restart');
  /** @type {Map<string, {row: HTMLElement, put: (setting: Party.BoxSetting) => void}>} */
  #rows = new Map();
  /** @type {Party.BoxSettings | null} */
  #said = null;
  #looked = false;
  #reading = false;
  #spoken = '';
  #told = false;
  #onRead;

  /** @param {(said: Party.BoxSettings) => void} onRead is called with what the box says */
  constructor(onRead) {
    this.#onRead = onRead;
    element('boxset-restart-go').addEventListener('click', () => this.#begin());
  }

  /**
   * @param {boolean} looked whether somebody looks at it
   */
  show(looked) {
    // Once for whoever is host now, and whenever somebody comes to see it.
    const due = this.#said === null || (looked && !this.#looked);
    this.#looked = looked;
    if (due && !this.#told) this.#tellTime();
    if (due) this.read();
    else if (this.#spoken !== language()) this.#draw();
  }

  async read() {
    if (this.#reading) return;
    this.#reading = true;
    try {
      this.take(await boxSettings());
    } catch {
      // A box that does not answer is said to be so elsewhere, and is asked again.
    } finally {
      this.#reading = false;
    }
  }

  /** @param {Party.BoxSettings} said */
  take(said) {
    this.#said = said;
    this.#draw();
    this.#onRead(said);
  }

  /** A box without a clock of its own learns from a host's phone when it is night. */
  #tellTime() {
    this.#told = true;
    setClock(Date.now()).catch(() => {
      this.#told = false;
    });
  }

  #draw() {
    const said = this.#said;
    if (said === null) return;
    if (this.#spoken !== language()) {
      this.#spoken = language();
      this.#rows.clear();
      this.#list.replaceChildren();
    }
    const own = said.settings.some(({ key, value }) => key === 'wifi.own' && value === true);
    for (const setting of said.settings) {
      const here = typeof setting.takes === 'string' && (own || !OWN_ONLY.includes(setting.key));
      if (here) this.#row(setting).put(setting);
    }
    for (const fold of this.#list.children) {
      fold.querySelector('summary')?.toggleAttribute('data-pending', fold.querySelector('[data-pending]:not(summary)') !== null);
    }
    this.#restart.hidden = !said.pending;
    const n = said.settings.filter(({ pending }) => pending).length;
    write(element('boxset-restart-say'), t('set.pending', { n }));
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
    const id = `boxset-${name}`;
    const there = this.#list.querySelector(`#${id} > .settings`);
    if (there !== null) return there;
    const body = make('div', { class: 'settings' });
    this.#list.append(make('details', { id, class: 'fold' }, make('summary', { text: t(`set.section.${name}`) }), body));
    return body;
  }

  /** @param {Party.BoxSetting} setting */
  #made(setting) {
    const { key } = setting;
    const id = `set-${key.replaceAll('.', '-')}`;
    const made = control(setting, id);
    const name = make('span', { text: label(key) });
    const say = make('small', { class: 'origin' });
    const back = make('button', { type: 'button', class: 'button quiet small set-back', click: () => this.#send(key, null) });
    const isSwitch = setting.kind === 'switch';
    const isGroup = setting.kind === 'numbers';
    // A group of boxes has labels of its own.
    const head = isGroup ? make('div', { class: 'field' }, name, made.field) : make('label', { class: isSwitch ? 'switch' : 'field', for: id }, name, made.field);
    const row = make('div', { class: 'set-row' }, head, make('div', { class: 'set-foot' }, say, back));
    row.dataset.key = key;
    row.addEventListener('change', () => {
      const value = made.read();
      if (value !== undefined) return this.#send(key, value);
      tell(t('set.refused', { name: label(key) }), { bad: true });
      this.#draw();
    });
    const put = (/** @type {Party.BoxSetting} */ now) => {
      if (!row.contains(document.activeElement) || isSwitch || now.kind === 'choice') made.put(now.value);
      row.toggleAttribute('data-pending', now.pending);
      const whose = { default: '', file: t('origin.file'), card: t('origin.card'), page: t('origin.page'), command: t('set.command') };
      const left = now.left_out === undefined ? '' : t('set.left_out');
      write(say, [allowed(now), whose[now.origin], now.pending ? t('set.waits') : '', left].filter(Boolean).join(' · '));
      back.hidden = now.back === undefined;
      if (now.back !== undefined) write(back, t('set.back', { value: words(key, now.back.value) }));
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
    const row = this.#rows.get(key);
    const now = this.#said?.settings.find((setting) => setting.key === key);
    if (document.activeElement instanceof HTMLElement && row?.row.contains(document.activeElement) && value === null) document.activeElement.blur();
    if (now !== undefined) row?.put(now);
  }

  async #begin() {
    const said = this.#said;
    if (said === null) return;
    const rejoin = said.settings.some(({ key, pending }) => pending && REJOIN.includes(key));
    const network = said.settings.find(({ key }) => key === 'wifi.ssid');
    const question = rejoin ? t('set.sure_wifi', { network: String(network?.value ?? '') }) : t('set.sure');
    if (await sure(question, t('set.restart'))) await this.begin();
  }

  /** Lets the box begin again; what is shown comes from the new one. */
  async begin() {
    const done = await attempt(restartBox, { done: t('set.restarts') });
    if (done) this.#said = null;
  }
}

/**
 * A value that is shown and not set here.
 * @param {Party.BoxSetting} setting
 */
function fixed(setting) {
  const value = make('b', { dir: 'auto' });
  const name = make('span', { text: setting.kind === 'other' ? setting.key : label(setting.key) });
  const say = make('small', { class: 'origin' });
  const row = make('div', { class: 'set-row' }, make('div', { class: 'field' }, name, value), make('div', { class: 'set-foot' }, say));
  row.dataset.key = setting.key;
  const put = (/** @type {Party.BoxSetting} */ now) => {
    write(value, words(now.key, now.value));
    write(say, now.origin === 'command' ? t('set.command') : now.origin === 'file' ? t('origin.file') : '');
  };
  return { row, put };
}
