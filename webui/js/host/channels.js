// The channels of the party: what they are called, their colours and order, what they play by themselves, adding and
// removing, and how many listen to each.

import { COLOURS, dress, nameOf, playsNow, sign } from '../channels.js';
import { count, t } from '../i18n.js';
import { fill, icon, make, mark, write } from '../dom.js';
import { channelStatistics, moveChannel, posterOf, removeChannel, setChannel } from './api.js';
import { showStatistics } from './chart.js';
import { freeColour, newId, silentDisco } from './disco.js';
import { element } from './page.js';
import { Choices, repertoireRow } from './repertoire.js';
import { button, dotted } from './rows.js';
import { sure } from './sure.js';
import { attempt } from './toast.js';

/** While they are looked at, the numbers are read again this often, in milliseconds. */
const READ_EVERY_MS = 10000;
/** The longest name the box takes, in letters. */
const NAME_MAX = 24;

/** @typedef {Party.Channel} Channel */

export class ChannelsBox {
  #list = element('channels');
  /** @type {Channel[]} */
  #channels = [];
  #looked = false;
  /** What each plays by itself. @type {Record<string, Party.ChannelRepertoire>} */
  #repertoires = {};
  #choices = new Choices();
  /** What the choices were read for. */
  #readFor = '';

  constructor() {
    element('channel-add').addEventListener('click', () => this.#add());
    element('disco').addEventListener('click', () => this.#disco());
    setInterval(() => {
      if (this.#looked && document.visibilityState === 'visible') this.#read();
    }, READ_EVERY_MS);
  }

  /**
   * @param {Party.State} state
   * @param {Party.You} you
   * @param {boolean} looked whether somebody looks at it
   */
  show({ channels, scan }, you, looked) {
    const opened = looked && !this.#looked;
    this.#looked = looked;
    this.#channels = channels;
    this.#repertoires = you.repertoires ?? {};
    if (opened) this.#read();
    if (looked) this.#choose(opened, scan);
    this.#drawAll();
    const max = you.channels_max ?? Object.keys(COLOURS).length;
    element('channel-add').hidden = channels.length >= max || freeColour(channels) === undefined;
    element('disco').hidden = silentDisco(channels).length === 0;
    this.#estimate(you.channels_estimate ?? null);
  }

  #drawAll() {
    fill(
      this.#list,
      this.#channels,
      ({ id }) => id,
      ({ id }) => this.#row(id),
      (row, channel, at) => this.#draw(row, channel, at),
    );
  }

  /**
   * Reads what can be chosen when that may have changed.
   * @param {boolean} opened
   * @param {Party.Scan | null | undefined} scan
   */
  async #choose(opened, scan) {
    const chosen = Object.values(this.#repertoires).map(({ repertoire }) => repertoire);
    const readFor = JSON.stringify([chosen, scan?.running, scan?.running ? 0 : scan?.tracks]);
    if (!opened && readFor === this.#readFor) return;
    this.#readFor = readFor;
    try {
      await this.#choices.read(chosen);
    } catch {
      // What was read before stays, and it is read again with the next news.
      this.#readFor = '';
      return;
    }
    this.#drawAll();
  }

  /** @param {number | null} most */
  #estimate(most) {
    const note = element('channels-estimate');
    note.hidden = most === null;
    if (most === null) return;
    const beyond = this.#channels.length > most;
    write(note, dotted(count('channels.estimate', most), beyond ? t('channels.beyond') : ''));
    note.classList.toggle('notice', beyond);
  }

  async #read() {
    const several = this.#channels.length > 1;
    element('channels-chart').hidden = !several;
    if (!several) return;
    try {
      showStatistics(await channelStatistics(), this.#channels);
    } catch {
      // What was read before stays; it is read again soon.
    }
  }

  /** @param {string} id */
  #row(id) {
    const name = make('input', { type: 'text', maxlength: String(NAME_MAX), autocomplete: 'off', dir: 'auto' });
    name.addEventListener('change', async () => {
      if (!(await attempt(() => setChannel(id, { name: name.value.trim() })))) name.value = this.#of(id)?.name ?? '';
    });
    const colour = make('select');
    for (const each of Object.keys(COLOURS)) colour.append(make('option', { value: each, text: t(`channel.${each}`) }));
    colour.addEventListener('change', async () => {
      if (!(await attempt(() => setChannel(id, { color: colour.value })))) colour.value = this.#of(id)?.color ?? '';
    });
    const up = button('round-button', () => this.#move(id, -1), 'up');
    const down = button('round-button', () => this.#move(id, 1), 'down');
    const away = button('round-button', () => this.#remove(id), 'trash');
    const poster = make('a', { class: 'round-button', href: posterOf(id), target: '_blank', rel: 'noopener' }, icon('print'));
    return make(
      'li',
      { class: 'channel-row' },
      make('span', { class: 'swatch' }, sign()),
      name,
      make('div', { class: 'channel-acts' }, colour, poster, up, down, away),
      make('span', { class: 'row-sub', dir: 'auto' }),
      repertoireRow(id),
    );
  }

  /**
   * @param {HTMLElement} row
   * @param {Channel} channel
   * @param {number} at
   */
  #draw(row, channel, at) {
    const [, name, acts, sub, plays] = /** @type {HTMLElement[]} */ ([...row.children]);
    const [colour, poster, up, down, away] = /** @type {HTMLButtonElement[]} */ ([...acts.children]);
    const which = { name: nameOf(channel) };
    dress(row, channel.color);
    // What somebody is typing right now is theirs.
    if (name instanceof HTMLInputElement && document.activeElement !== name) name.value = channel.name;
    mark(name, 'placeholder', t(`channel.${channel.color}`));
    mark(name, 'aria-label', t('channels.name', which));
    mark(colour, 'aria-label', t('channels.colour', which));
    colour.value = channel.color;
    for (const option of colour.querySelectorAll('option')) {
      option.disabled = this.#channels.some(({ id, color }) => id !== channel.id && color === option.value);
    }
    mark(poster, 'aria-label', t('channels.poster', which));
    mark(poster, 'title', t('channels.poster', which));
    mark(up, 'aria-label', t('channels.up', which));
    mark(down, 'aria-label', t('channels.down', which));
    mark(away, 'aria-label', t('channels.remove', which));
    up.disabled = at === 0;
    down.disabled = at === this.#channels.length - 1;
    away.disabled = this.#channels.length === 1;
    const about = this.#repertoires[channel.id];
    plays.hidden = about === undefined;
    if (about !== undefined) /** @type {ReturnType<typeof repertoireRow>} */ (plays).set(which.name, about, this.#choices);
    write(sub, dotted(playsNow(channel), count('listeners', channel.listeners)));
  }

  /** @param {string} id */
  #of(id) {
    return this.#channels.find((channel) => channel.id === id);
  }

  #add() {
    const color = freeColour(this.#channels);
    if (color === undefined) return;
    const done = t('channels.added', { name: t(`channel.${color}`) });
    attempt(() => setChannel(newId(color, this.#channels), { color }), { done });
  }

  #disco() {
    const steps = silentDisco(this.#channels);
    attempt(async () => {
      for (const { id, color } of steps) await setChannel(id, { color });
    }, { done: t('channels.disco_done') });
  }

  /**
   * @param {string} id
   * @param {number} places
   */
  async #move(id, places) {
    const to = this.#channels.findIndex((channel) => channel.id === id) + places;
    if (to >= 0 && to < this.#channels.length) await attempt(() => moveChannel(id, to));
  }

  /** @param {string} id */
  async #remove(id) {
    const channel = this.#of(id);
    if (channel === undefined) return;
    const which = { name: nameOf(channel) };
    if (!(await sure(t('channels.remove_sure', which), t('channels.remove_yes')))) return;
    await attempt(() => removeChannel(id), { done: t('channels.removed', which) });
    element('channels-heading').focus();
  }
}
