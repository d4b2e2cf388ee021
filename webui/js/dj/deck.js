// One deck of the DJ's page: a file of this phone, with play, place and gain. How it is mixed is the booth's business.

import { dotted, fillSlider, icon, make, mark, redraw, write } from '../dom.js';
import { t } from '../i18n.js';
import { clock } from '../progress.js';
import { GAIN_LEAST_DB, GAIN_MOST_DB } from './mix.js';
import { readTags, titled } from './tags.js';

/** What phones offer to choose from. */
const KINDS = 'audio/*,.mp3,.m4a,.aac,.flac,.ogg,.opus,.wav';

/**
 * @typedef {object} DeckEvents
 * @property {() => void} touched somebody tapped: sound may begin
 * @property {() => void} changed something else plays, or stopped
 * @property {(db: number) => void} gain
 */

export class Deck {
  /** What it plays, through the booth. */
  audio = new Audio();
  /** @type {import('./tags.js').Tags} */
  tags = { title: '', artist: '' };
  /** @type {string | null} the file's address in this page */
  #address = null;
  #isHeld = false;
  #events;
  #name;
  #parts;

  /**
   * @param {HTMLElement} place
   * @param {string} name `A` or `B`
   * @param {DeckEvents} events
   */
  constructor(place, name, events) {
    this.#name = name;
    this.#events = events;
    const id = name.toLowerCase();
    this.#parts = {
      heading: make('h2', { id: `deck-${id}-heading` }),
      title: make('b', { id: `deck-${id}-title`, class: 'deck-title', dir: 'auto' }),
      artist: make('span', { class: 'deck-artist', dir: 'auto' }),
      file: make('input', { id: `deck-${id}-file`, type: 'file', accept: KINDS, class: 'unseen' }),
      choose: make('span', { 'data-t': 'dj.deck_choose' }),
      play: make('button', { id: `deck-${id}-play`, type: 'button', class: 'button primary', disabled: true }, icon('play'), make('span')),
      place: make('input', { id: `deck-${id}-place`, type: 'range', min: '0', max: '0', step: '1', value: '0', disabled: true }),
      time: make('span', { class: 'time' }),
      gain: make('input', { id: `deck-${id}-gain`, type: 'range', min: String(GAIN_LEAST_DB), max: String(GAIN_MOST_DB), step: '1', value: '0' }),
      gainLabel: make('label', { for: `deck-${id}-gain`, class: 'label', 'data-t': 'dj.deck_gain' }),
      gainDb: make('output', { for: `deck-${id}-gain`, class: 'time' }),
    };
    const { heading, title, artist, file, choose, play, place: seek, time, gain, gainLabel, gainDb } = this.#parts;
    place.append(
      heading,
      make('p', { class: 'deck-song' }, title, artist),
      make('div', { class: 'line-up' }, play, make('label', { class: 'button' }, file, icon('file'), choose)),
      make('div', { class: 'slider' }, seek, time),
      make('div', { class: 'slider' }, gainLabel, gain, gainDb),
    );
    file.addEventListener('change', () => this.#load());
    play.addEventListener('click', () => this.#toggle());
    seek.addEventListener('input', () => {
      this.#isHeld = true;
      write(time, this.#times(seek.valueAsNumber));
      fillSlider(seek);
    });
    seek.addEventListener('change', () => {
      this.#isHeld = false;
      this.audio.currentTime = seek.valueAsNumber;
    });
    gain.addEventListener('input', () => {
      events.gain(gain.valueAsNumber);
      this.draw();
    });
    for (const news of ['play', 'pause', 'ended', 'durationchange', 'emptied', 'seeked']) this.audio.addEventListener(news, () => this.#follow());
    this.audio.addEventListener('timeupdate', () => this.#drawPlace());
    this.audio.addEventListener('error', () => {
      if (this.#address !== null) write(title, t('dj.deck_broken', { name: this.tags.title }));
    });
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  /** Writes everything in the language of the page. */
  draw() {
    const { heading, title, artist, choose, play, place, gain, gainLabel, gainDb } = this.#parts;
    const deck = this.#name;
    write(heading, t('dj.deck_name', { deck }));
    const isEmpty = this.#address === null;
    if (this.audio.error === null || isEmpty) write(title, isEmpty ? t('dj.deck_empty') : this.tags.title);
    write(artist, this.tags.artist);
    write(choose, t('dj.deck_choose'));
    mark(choose.parentElement ?? choose, 'aria-label', t('dj.deck_choose_which', { deck }));
    mark(this.#parts.file, 'aria-label', t('dj.deck_choose_which', { deck }));
    play.disabled = isEmpty;
    place.disabled = isEmpty;
    redraw(play.children[0], this.playing ? 'pause' : 'play');
    write(play.children[1], t(this.playing ? 'dj.deck_pause' : 'dj.deck_play'));
    mark(play, 'aria-label', t(this.playing ? 'dj.deck_pause_which' : 'dj.deck_play_which', { deck }));
    mark(place, 'aria-label', t('dj.deck_place', { deck }));
    write(gainLabel, t('dj.deck_gain'));
    const db = gain.valueAsNumber;
    write(gainDb, db <= GAIN_LEAST_DB ? t('dj.deck_silent') : t('dj.deck_db', { n: db > 0 ? `+${db}` : String(db).replace('-', '−') }));
    mark(gain, 'aria-label', t('dj.deck_gain_which', { deck }));
    mark(gain, 'aria-valuetext', gainDb.textContent);
    fillSlider(gain);
    this.#drawPlace();
  }

  #drawPlace() {
    const { place, time } = this.#parts;
    if (this.#isHeld) return;
    const seconds = Math.floor(this.audio.currentTime);
    place.max = String(Number.isFinite(this.audio.duration) ? Math.floor(this.audio.duration) : 0);
    place.value = String(seconds);
    mark(place, 'aria-valuetext', this.#times(seconds));
    write(time, this.#address === null ? '' : this.#times(seconds));
    fillSlider(place);
  }

  /** @param {number} seconds */
  #times(seconds) {
    const { duration } = this.audio;
    return dotted(clock(seconds * 1000), Number.isFinite(duration) ? clock(duration * 1000) : '');
  }

  #follow() {
    this.draw();
    this.#events.changed();
  }

  async #load() {
    const file = this.#parts.file.files?.[0];
    if (file === undefined) return;
    this.#events.touched();
    this.audio.pause();
    if (this.#address !== null) URL.revokeObjectURL(this.#address);
    this.#address = URL.createObjectURL(file);
    this.tags = titled({ title: '', artist: '' }, file.name);
    this.audio.src = this.#address;
    this.#follow();
    // The same file may be chosen again.
    const address = this.#address;
    this.#parts.file.value = '';
    const read = async (/** @type {number} */ at, /** @type {number} */ bytes) => new Uint8Array(await file.slice(at, at + bytes).arrayBuffer());
    // A file that cannot be read says so when it is played.
    const tags = await readTags(read, file.size).catch(() => ({ title: '', artist: '' }));
    if (address !== this.#address) return;
    this.tags = titled(tags, file.name);
    this.#follow();
  }

  #toggle() {
    this.#events.touched();
    // A play that is refused, or ended by a pause, is told by what the deck shows.
    if (this.playing) this.audio.pause();
    else this.audio.play().catch(() => this.draw());
  }
}
