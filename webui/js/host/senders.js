// Desks, phones and programs that send their sound to the box: who does, how loud each is heard, whether two may at once, and the
// tokens with which they may. A token is shown once, because the box keeps nothing that it could show again.

import { fillSlider, make, mark, write } from '../dom.js';
import { t } from '../i18n.js';
import { nameOf } from '../channels.js';
import { endSender, fadeSender, makeSender, removeSender, senderCode, senders, settings } from './api.js';
import { element } from './page.js';
import { button, fill, line } from './rows.js';
import { attempt } from './toast.js';

/** While they are looked at, they are read again this often, in milliseconds. */
const READ_EVERY_MS = 3000;

/**
 * An element with a text of the language.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} key
 * @param {Record<string, string | boolean>} [properties]
 */
const said = (tag, key, properties = {}) => make(tag, { ...properties, 'data-t': key, text: t(key) });

/**
 * The address for programs that send to an Icecast server, from which each takes its parts: user, password, host, port and mount.
 * @param {string} url for WHIP
 * @param {string} token
 */
function icecast(url, token) {
  const { hostname, port, pathname } = new URL(url);
  return `icecast://source:${token}@${hostname}:${port || '80'}/${pathname.split('/').at(-1)}`;
}

/** What is in the box: made here, because the page itself must come in one flight. */
const parts = () => [
  said('h3', 'senders.heading', { class: 'small-heading' }),
  said('p', 'senders.note', { class: 'note' }),
  said('a', 'senders.phone', { href: '/dj', class: 'button small' }),
  make('label', { class: 'switch' }, said('span', 'senders.together'), make('input', { id: 'senders-together', type: 'checkbox', role: 'switch' })),
  said('p', 'senders.together_note', { id: 'senders-together-note', class: 'note', hidden: true }),
  make('ul', { id: 'senders-on', class: 'rows' }),
  make('ul', { id: 'senders', class: 'rows' }),
  said('p', 'senders.none', { id: 'senders-none', class: 'empty', hidden: true }),
  said('label', 'senders.name', { for: 'sender-name' }),
  make('form', { id: 'sender-form', class: 'row' },
    make('input', { id: 'sender-name', type: 'text', maxlength: '40', required: true, autocomplete: 'off' }),
    said('button', 'senders.make', { class: 'button' })),
  make('figure', { id: 'sender-once', class: 'once', tabindex: '-1', hidden: true },
    make('img', { id: 'sender-code', alt: '', width: '200', height: '200' }),
    make('figcaption', {},
      make('b', { id: 'sender-for', dir: 'auto' }), ' ', said('span', 'senders.once'),
      make('span', { class: 'typed' }, said('span', 'senders.address'), ' ', make('b', { id: 'sender-address', dir: 'ltr', translate: 'no' })),
      make('span', { class: 'typed' }, said('span', 'senders.token'), ' ', make('b', { id: 'sender-token', dir: 'ltr', translate: 'no' })),
      make('span', { class: 'typed' }, said('span', 'senders.icecast'), ' ', make('b', { id: 'sender-icecast', dir: 'ltr', translate: 'no' })),
      said('button', 'senders.close', { id: 'sender-close', class: 'button', type: 'button' }))),
];

export class SendersBox {
  #looked = false;
  /** @type {Party.Channel[]} */
  #channels = [];

  constructor() {
    element('senders-box').append(...parts());
    setInterval(() => {
      if (this.#looked && document.visibilityState === 'visible') this.#read();
    }, READ_EVERY_MS);
    const together = /** @type {HTMLInputElement} */ (element('senders-together'));
    together.addEventListener('change', async () => {
      if (!(await attempt(() => settings({ together: together.checked })))) together.checked = !together.checked;
    });
    element('sender-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#make();
    });
    element('sender-close').addEventListener('click', () => {
      element('sender-once').hidden = true;
      element('sender-code').removeAttribute('src');
      write(element('sender-token'), '');
      write(element('sender-icecast'), '');
      element('sender-name').focus();
    });
  }

  /**
   * @param {Party.State} state
   * @param {boolean} looked whether somebody looks at the lists
   */
  show({ channels, settings: { together } }, looked) {
    /** @type {HTMLInputElement} */ (element('senders-together')).checked = together;
    element('senders-together-note').hidden = !together;
    const opened = looked && !this.#looked;
    this.#looked = looked;
    this.#channels = channels;
    if (opened) this.#read();
  }

  async #read() {
    // A list that cannot be read stays as it was; it is read again soon.
    const all = await senders().catch(() => null);
    if (all === null) return;
    element('senders-none').hidden = all.tokens.length > 0;
    fill(element('senders-on'), all.on, ({ id }) => id, (one) => this.#onRow(one), (row, one) => row.set(one));
    fill(element('senders'), all.tokens, ({ id }) => id, (token) => this.#tokenRow(token), (row, token) => {
      const on = all.on.find((one) => one.token === token.id);
      row.say(token.name, on === undefined ? t('senders.off') : t('senders.on', { channel: this.#nameOf(on.channel) }));
    });
  }

  /** @param {string} id */
  #nameOf(id) {
    const channel = this.#channels.find((one) => one.id === id);
    return channel === undefined ? id : nameOf(channel);
  }

  /**
   * A sender with its fader, which counts once the finger has stopped on a step of it.
   * @param {Party.Senders['on'][number]} one
   */
  #onRow({ channel, id }) {
    let who = '';
    const end = button('button small', async () => {
      if (await attempt(() => endSender(channel, id), { done: t('senders.ended', { name: who }) })) this.#read();
    });
    end.append(t('senders.hang_up'));
    const fader = make('input', { type: 'range', min: '0', max: '100', step: '5', class: 'sender-fader' });
    const draw = () => {
      fillSlider(fader);
      mark(fader, 'aria-valuetext', t('senders.fader_at', { n: fader.valueAsNumber }));
    };
    /** What was sent last, while the box has not said so. @type {number | null} */
    let wanted = null;
    const send = async () => {
      // One request at a time: two on their way may arrive in any order.
      if (wanted !== null) return;
      do wanted = fader.valueAsNumber;
      while ((await attempt(() => fadeSender(channel, id, wanted ?? 0))) && wanted !== fader.valueAsNumber);
      wanted = null;
    };
    fader.addEventListener('input', () => {
      draw();
      send();
    });
    const row = line([make('span', { class: 'dot', 'data-on': 'true' })], [end], fader);
    const set = (/** @type {Party.Senders['on'][number]} */ { name, loudness_percent: percent }) => {
      who = name;
      row.say(name, t('senders.now', { channel: this.#nameOf(channel) }));
      mark(end, 'aria-label', t('senders.hang_up_which', { name }));
      mark(fader, 'aria-label', t('senders.fader', { name }));
      // What somebody is moving right now is theirs.
      if (wanted === null && document.activeElement !== fader) fader.value = String(percent);
      draw();
    };
    return Object.assign(row, { set });
  }

  /** @param {Party.SenderToken} token */
  #tokenRow({ id, name }) {
    const out = button('button small', async () => {
      if (await attempt(() => removeSender(id), { done: t('senders.removed', { name }) })) this.#read();
    });
    out.append(t('senders.remove'));
    mark(out, 'aria-label', t('senders.remove_which', { name }));
    return line([], [out]);
  }

  #make() {
    const field = /** @type {HTMLInputElement} */ (element('sender-name'));
    attempt(async () => {
      const made = await makeSender(field.value);
      field.value = '';
      write(element('sender-for'), made.name);
      write(element('sender-address'), made.url);
      write(element('sender-token'), made.token);
      write(element('sender-icecast'), icecast(made.url, made.token));
      /** @type {HTMLImageElement} */ (element('sender-code')).src = senderCode(made.id, made.token);
      element('sender-once').hidden = false;
      element('sender-once').focus();
      this.#read();
    });
  }
}
