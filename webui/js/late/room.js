// What the party screen shows of the sound: bars along its foot, and, while the sound comes by line-in and has no titles, a calm
// clock in a ring of light; of several channels each in its own field, bars or a ring, and one clock for all. Loaded once the screen stands. The ring
// wanders far and slowly, so that nothing burns in; fields wander with the page.

import { make } from '../dom.js';
import { timeOfDay } from '../i18n.js';
import { Bars, Pace, row } from './bars.js';

/** How often the clock is looked at, in milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Steps of the ring's way, and how far it goes, as a share of the room that is free. Both turns are back after 7 x 11 steps. */
const STEP_MS = 45000;
const TURNS = { x: 7, y: 11 };
/** The ring's radius and the length of its longest ray, as shares of the picture. */
const RING = 0.3;
const RAY = 0.17;
/** What the name of a field among those who look begins with. */
const FIELD = 'field ';

/**
 * Where the ring stands after so many steps, -1 to 1 each way. Pure.
 * @param {number} step
 */
export const placeOf = (step) => ({ x: Math.sin((2 * Math.PI * step) / TURNS.x), y: Math.sin((2 * Math.PI * step) / TURNS.y) });

/**
 * Rays around a ring, the low tones at the bottom.
 * @param {CanvasRenderingContext2D} to
 * @param {number[]} heights
 * @param {number} level
 * @param {{width: number, height: number}} size
 */
export function ring(to, heights, level, { width, height }) {
  const size = Math.min(width, height);
  const all = [...heights, ...[...heights].reverse()];
  const radius = size * RING;
  to.translate(width / 2, height / 2);
  to.strokeStyle = to.fillStyle;
  to.lineCap = 'round';
  to.lineWidth = (size * RING * Math.PI) / all.length;
  all.forEach((share, n) => {
    const angle = Math.PI / 2 + ((n + 0.5) / all.length) * 2 * Math.PI;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const end = radius + 1 + share * size * RAY;
    to.globalAlpha = 0.35 + 0.5 * share;
    to.beginPath();
    to.moveTo(cos * radius, sin * radius);
    to.lineTo(cos * end, sin * end);
    to.stroke();
  });
  to.globalAlpha = 0.25 + 0.25 * level;
  to.lineWidth = 2;
  to.beginPath();
  to.arc(0, 0, radius * 0.93, 0, 2 * Math.PI);
  to.stroke();
}

/** @typedef {{id: string, box: HTMLElement, ambient: boolean, hears: boolean}} Shown a channel, and the field it is shown in */

/** What moves in the field of one of several channels. */
class Field {
  #pace = new Pace();
  #canvas = make('canvas', { class: 'field-bars', 'aria-hidden': 'true', hidden: true });
  #ambient = false;
  #bars;

  /** @param {(yes: boolean) => void} look */
  constructor(look) {
    const heard = (/** @type {number} */ _newest, /** @type {number} */ nowMs) => this.#pace.now(nowMs);
    this.#bars = new Bars(this.#canvas, { look, heard, draw: (...given) => (this.#ambient ? ring : row)(...given) });
  }

  /** @param {Shown} shown */
  show({ box, ambient, hears }) {
    if (this.#canvas.parentElement !== box) box.append(this.#canvas);
    this.#ambient = ambient;
    this.#bars.want(hears);
  }

  /** @param {import('./bars.js').Spectrum} spectrum */
  take(spectrum) {
    this.#pace.note(spectrum.media_time, performance.now());
    this.#bars.take(spectrum);
  }

  close() {
    this.#bars.close();
    this.#canvas.remove();
  }
}

export class Room {
  #ask;
  #pace = new Pace();
  #bars;
  #ring;
  #clock;
  /** The clock of a screen with fields: each of its own would be one thing more to look at. */
  #roomClock;
  #ambient;
  /** Who looks at the sound: what shows the one channel, and the fields by their channels. @type {Set<string>} */
  #looking = new Set();
  #asked = 'null';
  /** @type {Map<string, Field>} */
  #fields = new Map();
  #step = 0;

  /**
   * @param {(at: string[] | null) => void} look says which channels the page wants to be told of: none named is the one that is
   *   followed, `null` no channel at all
   */
  constructor(look) {
    this.#ask = look;
    const heard = (/** @type {number} */ _newest, /** @type {number} */ nowMs) => this.#pace.now(nowMs);
    const [bars, ring_] = ['bars', 'ring'].map((id) => make('canvas', { id, 'aria-hidden': 'true', hidden: true }));
    this.#clock = make('time', { id: 'ambient-clock' });
    this.#ambient = make('div', { id: 'ambient', class: 'ambient', hidden: true }, ring_, this.#clock);
    this.#roomClock = make('time', { id: 'room-clock', class: 'room-clock', hidden: true });
    document.querySelector('.screen-top')?.append(this.#roomClock);
    document.body.prepend(bars);
    document.body.append(this.#ambient);
    this.#bars = new Bars(bars, { look: (yes) => this.#look('bars', yes), heard, draw: row });
    this.#ring = new Bars(ring_, { look: (yes) => this.#look('ring', yes), heard, draw: ring });
    setInterval(() => this.#tell(), LOOK_EVERY_MS);
    setInterval(() => this.#wander(), STEP_MS);
    this.#wander();
  }

  /**
   * @param {boolean} ambient whether there is sound and nothing to say about it
   * @param {boolean} hears whether anything plays that can be drawn
   */
  show(ambient, hears) {
    if (ambient) document.body.dataset.ambient = '';
    else delete document.body.dataset.ambient;
    this.#ambient.hidden = !ambient;
    this.#bars.want(hears && !ambient);
    this.#ring.want(hears && ambient);
    this.#tell();
  }

  /** @param {Shown[]} all the channels that have a field each; none where one channel has the screen to itself */
  showFields(all) {
    this.#roomClock.hidden = !all.some(({ ambient }) => ambient);
    for (const shown of all) {
      const field = this.#fields.get(shown.id) ?? new Field((yes) => this.#look(FIELD + shown.id, yes));
      this.#fields.set(shown.id, field);
      field.show(shown);
    }
    for (const [id, field] of this.#fields) {
      if (all.some((shown) => shown.id === id)) continue;
      field.close();
      this.#fields.delete(id);
    }
  }

  /** @param {import('./bars.js').Spectrum & {channel: string}} spectrum */
  take(spectrum) {
    this.#fields.get(spectrum.channel)?.take(spectrum);
    if (this.#fields.size > 0) return;
    this.#pace.note(spectrum.media_time, performance.now());
    this.#bars.take(spectrum);
    this.#ring.take(spectrum);
  }

  /**
   * @param {string} who
   * @param {boolean} yes
   */
  #look(who, yes) {
    if (yes) this.#looking.add(who);
    else this.#looking.delete(who);
    // What changes in one turn is asked for once.
    queueMicrotask(() => {
      const fields = [...this.#looking].filter((one) => one.startsWith(FIELD)).map((one) => one.slice(FIELD.length));
      const at = this.#looking.size === 0 ? null : fields.sort();
      if (JSON.stringify(at) === this.#asked) return;
      this.#asked = JSON.stringify(at);
      this.#ask(at);
    });
  }

  #tell() {
    const now = timeOfDay(Date.now());
    for (const clock of [this.#clock, this.#roomClock]) {
      if (clock.textContent !== now) clock.textContent = now;
    }
  }

  #wander() {
    const { x, y } = placeOf(this.#step);
    this.#step += 1;
    this.#ambient.style.setProperty('--x', x.toFixed(3));
    this.#ambient.style.setProperty('--y', y.toFixed(3));
  }
}
