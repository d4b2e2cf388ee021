// The host's bar: shown only to a phone that the box calls the host. The box checks every request again.

import { hostNext, hostPause, hostPlay, hostSource } from './api.js';
import { element, write } from './dom.js';
import { HostList } from './hosts.js';
import { known, t } from './i18n.js';
import { sentence } from './refusals.js';

export class HostBar {
  #bar = element('host');
  #message = element('host-message');
  #sources = element('sources');
  #playing = false;
  #hosts = new HostList((request) => this.#ask(request));

  constructor() {
    element('host-play').addEventListener('click', () => this.#ask(this.#playing ? hostPause : hostPlay));
    element('host-next').addEventListener('click', () => this.#ask(hostNext));
  }

  /** @param {import('./api.js').Status | null} status */
  show(status) {
    this.#bar.hidden = !(status?.you_are_host ?? false);
    if (status === null || this.#bar.hidden) return;
    this.#playing = status.playing;
    this.#hosts.refresh();
    write(element('host-play'), t(status.playing ? 'host.pause' : 'host.play'));
    for (const source of status.sources) {
      this.#showSource(source, source.id === status.source);
    }
    for (const button of [...this.#sources.children]) {
      const id = button.getAttribute('data-source');
      if (!status.sources.some((source) => source.id === id)) button.remove();
    }
  }

  /**
   * @param {{id: string, state: string, detail?: string}} source
   * @param {boolean} chosen
   */
  #showSource(source, chosen) {
    const button = this.#sourceButton(source.id);
    const stateKey = `source_state.${source.state}`;
    const [name, state] = button.children;
    const nameKey = `source.${source.id}`;
    write(name, known(nameKey) ? t(nameKey) : source.id);
    write(state, t(known(stateKey) ? stateKey : 'source_state.unknown'));
    button.title = source.detail ?? '';
    button.dataset.state = source.state;
    button.setAttribute('aria-pressed', String(chosen));
  }

  /**
   * The button of a source; made when the box names the source for the first time, and kept, so that it keeps focus.
   * @param {string} id
   */
  #sourceButton(id) {
    for (const there of this.#sources.children) {
      if (there instanceof HTMLButtonElement && there.dataset.source === id) return there;
    }
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'plain source';
    button.dataset.source = id;
    button.append(document.createElement('b'), document.createElement('small'));
    button.addEventListener('click', () => this.#ask(() => hostSource(id)));
    this.#sources.append(button);
    return button;
  }

  /** @param {() => Promise<unknown>} request */
  async #ask(request) {
    this.#bar.setAttribute('aria-busy', 'true');
    try {
      await request();
      write(this.#message, '');
    } catch (error) {
      write(this.#message, sentence(error));
    } finally {
      this.#bar.removeAttribute('aria-busy');
    }
  }
}
