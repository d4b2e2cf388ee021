// What a box that nobody has told anything yet asks its first host, once: where it is, what it is called, and how phones join.
// Everything has a good answer already; whoever does not want to be asked is never asked again.

import { LANGUAGES } from '../../lang/languages.js';
import { make, translate, write } from '../dom.js';
import { language, speakIn, t } from '../i18n.js';
import { likely, named, ownZone } from './country.js';
import { setBox, setClock, wasAsked } from './api.js';
import { element } from './page.js';
import { attempt } from './say.js';

/** Fields and the keys that they are about. */
const FIELDS = { 'first-country': 'wifi.country', 'first-name': 'name', 'first-ssid': 'wifi.ssid', 'first-passphrase': 'wifi.passphrase' };

export class FirstStart {
  #dialog = /** @type {HTMLDialogElement} */ (element('first'));
  #list;
  #asked = false;
  #knowsTime = true;
  /** What the box says of the keys. @type {Record<string, string>} */
  #said = {};

  /** @param {import('./list.js').SettingsList} list what shows the settings */
  constructor(list) {
    this.#list = list;
    element('first-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#go();
    });
    element('first-form').addEventListener('input', () => this.#rejoin());
    element('first-later').addEventListener('click', () => this.#close());
    this.#dialog.addEventListener('cancel', () => this.#later());
    const choice = this.#field('first-language');
    choice.append(...LANGUAGES.map(({ code, name }) => make('option', { value: code, text: name, lang: code })));
    choice.addEventListener('change', () => this.#speak(choice.value));
  }

  /** @param {Party.BoxSettings} said */
  ask({ settings, clock }) {
    if (this.#asked) return;
    this.#asked = true;
    this.#knowsTime = clock.by !== 'nobody' || !clock.settable;
    const value = (/** @type {string} */ key) => String(settings.find((one) => one.key === key)?.value ?? '');
    this.#said = Object.fromEntries(Object.values(FIELDS).map((key) => [key, value(key)]));
    for (const [id, key] of Object.entries(FIELDS)) this.#field(id).value = this.#said[key];
    this.#countries(likely(ownZone(), navigator.languages ?? []));
    this.#field('first-language').value = language();
    this.#rejoin();
    this.#dialog.showModal();
    element('first-heading').focus();
  }

  /** @param {string} id */
  #field(id) {
    return /** @type {HTMLInputElement | HTMLSelectElement} */ (element(id));
  }

  /** @param {string} chosen */
  #countries(chosen) {
    const all = named(language()).map(({ code, name }) => make('option', { value: code, text: name }));
    this.#field('first-country').replaceChildren(make('option', { value: '', text: t('set.nothing') }), ...all);
    this.#field('first-country').value = chosen;
  }

  /** @param {string} code */
  async #speak(code) {
    await speakIn(code);
    translate(element('page').parentElement ?? document);
    this.#countries(this.#field('first-country').value);
    this.#rejoin();
  }

  /** What is not as the box says. */
  #changes() {
    const changed = Object.entries(FIELDS).map(([id, key]) => [key, this.#field(id).value.trim()]);
    return Object.fromEntries(changed.filter(([key, value]) => value !== '' && value !== this.#said[key]));
  }

  /** Whoever changes how phones join must join again. */
  #rejoin() {
    const changes = this.#changes();
    const again = 'wifi.ssid' in changes || 'wifi.passphrase' in changes;
    const network = this.#field('first-ssid').value.trim() || this.#said['wifi.ssid'];
    write(element('first-rejoin'), again ? t('set.first_rejoin', { network }) : '');
  }

  async #go() {
    const some = this.#changes();
    if (ownZone() !== '') some.time_zone = ownZone();
    const kept = await attempt(async () => {
      // A box that does not know this phone's time zone is none the worse for it.
      const said = await setBox(some).catch((error) => {
        if (!('time_zone' in some)) throw error;
        delete some.time_zone;
        return setBox(some);
      });
      this.#list.take(said);
    });
    if (!kept) return;
    // Nor is one whose clock stays as it is: the host's page offers it again.
    if (!this.#knowsTime) await setClock().catch(() => {});
    await this.#close();
    if (Object.keys(some).some((key) => key.startsWith('wifi.'))) await this.#list.begin();
  }

  async #close() {
    this.#dialog.close();
    await this.#later();
  }

  async #later() {
    await attempt(async () => this.#list.take(await wasAsked()));
  }
}
