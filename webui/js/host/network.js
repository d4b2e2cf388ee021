// What the host may choose of the box's own network: what phones are told of the internet, whether they get there, and
// what the cable leads to. Each wish is sent as soon as it is changed; where the network is not the box's own there are none.

import { t } from '../i18n.js';
import { box, setNetwork, unsetNetwork } from './api.js';
import { called, showOrigin } from './origin.js';
import { element } from './page.js';
import { sure } from './sure.js';
import { attempt } from './toast.js';

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

export class NetworkBox {
  #fields = /** @type {Field[]} */ ([...element('network').querySelectorAll('[data-network]')]);
  /** What the box has said last. @type {Record<string, unknown>} */
  #network = {};
  /** Who said so. @type {Record<string, Party.Origin>} */
  #origins = {};
  /** What each would be without a host's word. @type {Record<string, unknown>} */
  #below = {};
  #looked = false;

  constructor() {
    element('network').addEventListener('submit', (event) => event.preventDefault());
    for (const field of this.#fields) field.addEventListener('change', () => this.#send(field));
  }

  /** @param {boolean} looked whether somebody looks at it */
  show(looked) {
    const opened = looked && !this.#looked;
    this.#looked = looked;
    if (opened) attempt(() => this.#read());
  }

  async #read() {
    const { network } = await box();
    element('network').hidden = !network;
    this.#network = network ?? {};
    this.#origins = network?.origins ?? {};
    this.#below = network?.below ?? {};
    this.#fields.forEach((field) => this.#put(field));
  }

  /** @param {Field} field */
  #put(field) {
    const value = this.#network[this.#name(field)];
    if (field instanceof HTMLInputElement) field.checked = value === true;
    else if (value !== undefined) field.value = String(value);
    const name = this.#name(field);
    showOrigin(field, this.#origins[name], { to: called(field, this.#below[name]), go: () => this.#back(name) });
  }

  /** @param {string} name of what a host takes back */
  async #back(name) {
    const asks = name === 'cable' && this.#below.cable === 'guests' && this.#network.cable !== 'guests';
    const goes = !asks || (await sure(t('network.cable_sure'), t('network.cable_yes')));
    if (goes && (await attempt(() => unsetNetwork(name)))) await attempt(() => this.#read());
  }

  /** @param {Field} field */
  async #send(field) {
    const name = this.#name(field);
    const value = field instanceof HTMLInputElement ? field.checked : field.value;
    // A box that gives addresses in somebody else's network takes that network down.
    const asks = name === 'cable' && value === 'guests';
    const goes = !asks || (await sure(t('network.cable_sure'), t('network.cable_yes')));
    if (goes && (await attempt(() => setNetwork({ [name]: value })))) {
      if (this.#network[name] !== value) this.#origins[name] = 'page';
      this.#network[name] = value;
    }
    this.#put(field);
  }

  /** @param {Field} field */
  #name(field) {
    return field.dataset.network ?? '';
  }
}
