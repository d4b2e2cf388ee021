// The list of hosts in the host's bar: who they are, and removing one, oneself included.

import { readHosts, removeHost } from './api.js';
import { t } from './i18n.js';
import { element } from './dom.js';

/** While the list is open it is read again this often at most, in milliseconds. */
const READ_AGAIN_MS = 5000;

export class HostList {
  #box = /** @type {HTMLDetailsElement} */ (element('hosts'));
  #list = element('hosts-list');
  #ask;
  #readAtMs = 0;
  #shown = '';

  /** @param {(request: () => Promise<unknown>) => Promise<void>} ask makes a request and says so if it fails */
  constructor(ask) {
    this.#ask = ask;
    this.#box.addEventListener('toggle', () => {
      if (this.#box.open) this.#read();
    });
  }

  /** To be called whenever the box has said something. */
  refresh() {
    if (this.#box.open && performance.now() - this.#readAtMs > READ_AGAIN_MS) this.#read();
  }

  async #read() {
    this.#readAtMs = performance.now();
    await this.#ask(async () => this.#show(await readHosts()));
  }

  /** @param {import('./api.js').Host[]} hosts */
  #show(hosts) {
    const now = JSON.stringify(hosts);
    // Rows that are the same stay, so that they keep focus.
    if (now === this.#shown) return;
    this.#shown = now;
    const hadFocus = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(...(hosts.length === 0 ? [line(t('hosts.none'))] : hosts.map((host) => this.#row(host))));
    if (hadFocus) element('hosts-summary').focus();
  }

  /** @param {import('./api.js').Host} host */
  #row(host) {
    const known = host.browser !== '' && host.system !== '';
    const name = known ? t('hosts.name', { browser: host.browser, system: host.system }) : t('hosts.unknown');
    const row = line('');
    const text = document.createElement('span');
    const strong = document.createElement('b');
    const small = document.createElement('small');
    strong.textContent = name;
    small.textContent = t(host.you ? 'hosts.this_phone' : 'hosts.number', { n: host.label });
    text.append(strong, small);
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain';
    button.textContent = t(host.you ? 'hosts.leave' : 'hosts.remove');
    if (!host.you) button.setAttribute('aria-label', t('hosts.remove_which', { name, n: host.label }));
    button.addEventListener('click', async () => {
      button.disabled = true;
      await this.#ask(() => removeHost(host.id));
      await this.#read();
    });
    row.append(text, button);
    return row;
  }
}

/** @param {string} text */
function line(text) {
  const item = document.createElement('li');
  item.textContent = text;
  return item;
}
