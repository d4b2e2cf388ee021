// The sound check: how loud each input is, in plain words, before the guests come. Loaded by the tap that opens it. It listens; it
// changes nothing.

import { make, write } from '../dom.js';
import { t } from '../i18n.js';

/** For how long the loudest is remembered, in milliseconds: words that flicker help nobody. */
const LATELY_MS = 3000;
/** An input that brought nothing for so long is said to, in milliseconds. */
const GONE_MS = 1500;
/** The left end of the meter, in dBFS. */
const FLOOR_DB = -60;
/** Louder than these it has no room left; softer than that its noise is heard once it is turned up. Peaks in dBFS, loudness in LUFS. */
const PEAK_MAX_DB = -3;
const LOUD_LUFS = -11;
const QUIET_LUFS = -30;
/** With peaks above this, in dBFS, there is no room to turn it up: a voice, a drum. */
const ROOM_DB = -12;
/** No sound but noise: peaks below this, in dBFS. */
const SILENT_DB = -60;

/** @typedef {{id: string, peak_db: number, loudness_lufs: number, clipping: boolean}} Level */

/**
 * What is to be said about an input. Pure.
 * @param {{peak_db: number, loudness_lufs: number, clipping: boolean} | null} level the loudest of late; `null` if it brings nothing
 * @returns {'none' | 'silent' | 'quiet' | 'good' | 'loud' | 'clipping'}
 */
export function verdict(level) {
  if (level === null) return 'none';
  if (level.clipping) return 'clipping';
  if (level.peak_db < SILENT_DB) return 'silent';
  if (level.peak_db > PEAK_MAX_DB || level.loudness_lufs > LOUD_LUFS) return 'loud';
  return level.loudness_lufs < QUIET_LUFS && level.peak_db < ROOM_DB ? 'quiet' : 'good';
}

/** The levels of one input of late. Pure. */
export class Lately {
  /** @type {{atMs: number, level: Level}[]} */
  #seen = [];

  /**
   * @param {number} atMs
   * @param {Level} level
   */
  note(atMs, level) {
    this.#seen.push({ atMs, level });
  }

  /**
   * @param {number} nowMs
   * @returns {Level | null} the highest peak of late with the loudness of now; `null` if nothing comes
   */
  now(nowMs) {
    this.#seen = this.#seen.filter(({ atMs }) => nowMs - atMs <= LATELY_MS);
    const last = this.#seen[this.#seen.length - 1];
    if (last === undefined || nowMs - last.atMs > GONE_MS) return null;
    return {
      ...last.level,
      peak_db: Math.max(...this.#seen.map(({ level }) => level.peak_db)),
      clipping: this.#seen.some(({ level }) => level.clipping),
    };
  }
}

/** How often it is drawn, in milliseconds. */
const DRAW_EVERY_MS = 100;

/** The list of inputs, to be put where it is wanted. */
export class SoundCheck {
  /** @type {Map<string, Lately>} */
  #lately = new Map();
  #inputs;
  #timer;
  root;

  /** @param {() => string[]} inputs what could bring sound, by their names as sources */
  constructor(inputs) {
    this.#inputs = inputs;
    this.root = make('ul', { id: 'sound-check', class: 'stack' });
    this.#timer = setInterval(() => this.#draw(), DRAW_EVERY_MS);
    this.#draw();
  }

  /** @param {{inputs: Level[]}} seen */
  take({ inputs }) {
    for (const level of inputs) {
      const lately = this.#lately.get(level.id) ?? new Lately();
      this.#lately.set(level.id, lately);
      lately.note(performance.now(), level);
    }
  }

  close() {
    clearInterval(this.#timer);
    this.root.remove();
  }

  #draw() {
    const inputs = this.#inputs();
    for (const id of inputs) {
      const level = this.#lately.get(id)?.now(performance.now()) ?? null;
      const row = this.root.querySelector(`[data-input="${id}"]`) ?? this.#row(id);
      const said = verdict(level);
      /** @type {HTMLElement} */ (row).dataset.verdict = said;
      const meter = /** @type {HTMLMeterElement} */ (row.querySelector('meter'));
      meter.value = Math.max(FLOOR_DB, Math.min(0, level?.peak_db ?? FLOOR_DB));
      write(/** @type {Element} */ (row.querySelector('[role=status]')), t(`check.${said}`));
      const heard = level !== null && said !== 'silent';
      const values = { peak: Math.round(level?.peak_db ?? 0), loudness: Math.round(level?.loudness_lufs ?? 0) };
      write(/** @type {Element} */ (row.querySelector('small')), heard ? t('check.numbers', values) : '');
    }
    for (const row of this.root.children) {
      if (!inputs.includes(row.getAttribute('data-input') ?? '')) row.remove();
    }
  }

  /** @param {string} id */
  #row(id) {
    const name = t(`source.${id}`);
    const meter = make('meter', { min: String(FLOOR_DB), max: '0', low: String(-30), high: String(PEAK_MAX_DB), optimum: String(-12), 'aria-label': name });
    meter.style.cssText = 'width:100%;height:1.25rem';
    const row = make('li', { 'data-input': id, class: 'stack' }, make('b', { text: name }), meter, make('p', { role: 'status' }), make('small', { class: 'soft', dir: 'ltr' }));
    row.style.gap = '.25rem';
    this.root.append(row);
    return row;
  }
}
