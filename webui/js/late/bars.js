// The music as bars: what the box says of the sound, kept until this phone plays it, and drawn then. Loaded after the first sound.
// It asks for nothing by itself; when there is nothing to draw it rests.

/** The quietest that is drawn, in dB; full scale is 0. */
const FLOOR_DB = -54;
/** Spectra kept: three seconds, more than any way of listening is behind. */
const KEPT_MAX = 60;
/** Ticks of the timeline between two spectra, and in a millisecond. */
const STEP_TICKS = 2400;
const TICKS_PER_MS = 48;
/** How fast a bar falls, in shares of its height per second; it rises at once. */
const FALL_PER_S = 6;
/** Share of a bar's place that is left free. */
const GAP = 0.3;
/** Sharper than this nobody sees, and a phone has to fill the pixels. */
const SCALE_MAX = 2;

/** @typedef {{media_time: number, level_db: number, bands_db: number[]}} Spectrum */

/** Spectra by the moment they show. Pure. */
export class Spectra {
  /** @type {Spectrum[]} */
  #kept = [];

  /** @param {Spectrum} spectrum */
  add(spectrum) {
    const last = this.#kept[this.#kept.length - 1];
    // Another run of the box, whose timeline begins anew.
    if (last !== undefined && spectrum.media_time <= last.media_time) this.#kept = [];
    this.#kept.push(spectrum);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }

  /** The newest moment, `null` if there is none. */
  get newest() {
    return this.#kept[this.#kept.length - 1]?.media_time ?? null;
  }

  clear() {
    this.#kept = [];
  }

  /**
   * How it sounds at a moment, between the two spectra around it; `null` where none is near.
   * @param {number} ticks
   * @returns {{level: number, bands: number[]} | null} 0 to 1 each
   */
  at(ticks) {
    const next = this.#kept.findIndex(({ media_time }) => media_time >= ticks);
    const after = this.#kept[next];
    const before = this.#kept[(next === -1 ? this.#kept.length : next) - 1];
    const near = [before, after].filter((one) => one !== undefined && Math.abs(one.media_time - ticks) <= STEP_TICKS);
    if (near.length === 0) return null;
    const [a, b] = near.length === 2 ? near : [near[0], near[0]];
    const share = a === b ? 0 : (ticks - a.media_time) / (b.media_time - a.media_time);
    const mix = (/** @type {number} */ x, /** @type {number} */ y) => height(x + (y - x) * share);
    return { level: mix(a.level_db, b.level_db), bands: a.bands_db.map((db, n) => mix(db, b.bands_db[n])) };
  }
}

/** @param {number} db */
const height = (db) => Math.min(1, Math.max(0, 1 - db / FLOOR_DB));

/**
 * What the box plays now, for who plays nothing: guessed from what comes, of which the fastest is the truest. Pure.
 */
export class Pace {
  #aheadMs = -Infinity;

  /**
   * @param {number} ticks of what came
   * @param {number} nowMs
   */
  note(ticks, nowMs) {
    const aheadMs = ticks / TICKS_PER_MS - nowMs;
    // Clocks drift, and a box begins anew.
    this.#aheadMs = Math.abs(aheadMs - this.#aheadMs) > 2000 ? aheadMs : Math.max(aheadMs, this.#aheadMs - 0.1);
  }

  /** @param {number} nowMs */
  now(nowMs) {
    return (nowMs + this.#aheadMs) * TICKS_PER_MS;
  }
}

/** Whether this phone had better save its battery, as far as its browser says. */
async function saves() {
  const { connection, getBattery } = /** @type {any} */ (navigator);
  if (connection?.saveData === true) return true;
  const battery = await getBattery?.call(navigator).catch(() => null);
  return battery ? !battery.charging && battery.level <= 0.2 : false;
}

/** How often the battery is asked for, in milliseconds. */
const ASK_BATTERY_EVERY_MS = 60000;

/**
 * Bars on a canvas, while somebody sees them.
 */
export class Bars {
  #canvas;
  #draw;
  #look;
  #heard;
  #spectra = new Spectra();
  #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #end = new AbortController();
  #asking;
  /** Whether the page wants bars: it is shown and there is sound. */
  #wanted = false;
  #saving = false;
  #running = false;
  #lastMs = 0;
  /** @type {number[]} */
  #heights = [];

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {object} tools
   * @param {(look: boolean) => void} tools.look asks the box for spectra, or for none any more
   * @param {(newest: number, nowMs: number) => number | null} tools.heard ticks of what is heard now, if that is known
   * @param {(to: CanvasRenderingContext2D, heights: number[], level: number, size: {width: number, height: number}) => void} tools.draw
   */
  constructor(canvas, { look, heard, draw }) {
    this.#canvas = canvas;
    this.#look = look;
    this.#heard = heard;
    this.#draw = draw;
    const { signal } = this.#end;
    this.#calm.addEventListener('change', () => this.#settle(), { signal });
    document.addEventListener('visibilitychange', () => this.#settle(), { signal });
    const ask = async () => {
      this.#saving = await saves();
      this.#settle();
    };
    ask();
    this.#asking = setInterval(ask, ASK_BATTERY_EVERY_MS);
  }

  /** Ends, with whatever it belongs to. */
  close() {
    clearInterval(this.#asking);
    this.#end.abort();
    this.want(false);
  }

  /** @param {boolean} wanted whether the page has something to draw, and somebody wants it */
  want(wanted) {
    this.#wanted = wanted;
    this.#settle();
  }

  /** @param {Spectrum} spectrum */
  take(spectrum) {
    this.#spectra.add(spectrum);
  }

  /** How it sounds at what is heard now. */
  now() {
    const newest = this.#spectra.newest;
    const ticks = newest === null ? null : this.#heard(newest, performance.now());
    return ticks === null ? null : this.#spectra.at(ticks);
  }

  #settle() {
    const runs = this.#wanted && !this.#saving && !this.#calm.matches && document.visibilityState === 'visible';
    if (runs === this.#running) return;
    this.#running = runs;
    this.#look(runs);
    this.#canvas.hidden = !runs;
    if (!runs) {
      this.#spectra.clear();
      this.#heights = [];
      return;
    }
    this.#lastMs = performance.now();
    requestAnimationFrame(() => this.#frame());
  }

  #frame() {
    if (!this.#running) return;
    const nowMs = performance.now();
    const fall = (FALL_PER_S * (nowMs - this.#lastMs)) / 1000;
    this.#lastMs = nowMs;
    const heard = this.now();
    const bands = heard?.bands ?? this.#heights.map(() => 0);
    this.#heights = bands.map((band, n) => Math.max(band, (this.#heights[n] ?? 0) - fall));
    const canvas = this.#canvas;
    const scale = Math.min(SCALE_MAX, devicePixelRatio || 1);
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== wide) canvas.width = wide;
    if (canvas.height !== high) canvas.height = high;
    const to = canvas.getContext('2d');
    if (to !== null) {
      to.setTransform(scale, 0, 0, scale, 0, 0);
      to.clearRect(0, 0, width, height);
      to.globalAlpha = 1;
      to.fillStyle = getComputedStyle(canvas).color;
      this.#draw(to, this.#heights, heard?.level ?? 0, { width, height });
    }
    requestAnimationFrame(() => this.#frame());
  }
}

/**
 * Bars from the ground up over the whole width, the low tones outside: a cover may stand in the middle.
 * @param {CanvasRenderingContext2D} to
 * @param {number[]} heights
 * @param {number} _level
 * @param {{width: number, height: number}} size
 */
export function mirrored(to, heights, _level, { width, height: high }) {
  const all = [...heights, ...[...heights].reverse()];
  const step = width / (all.length || 1);
  all.forEach((share, n) => {
    const tall = Math.max(share * high, 2);
    to.fillRect(n * step + (step * GAP) / 2, high - tall, step * (1 - GAP), tall);
  });
}

/**
 * The same once, from the left.
 * @param {CanvasRenderingContext2D} to
 * @param {number[]} heights
 * @param {number} _level
 * @param {{width: number, height: number}} size
 */
export function row(to, heights, _level, { width, height: high }) {
  const step = width / (heights.length || 1);
  heights.forEach((share, n) => {
    const tall = Math.max(share * high, 2);
    to.fillRect(n * step + (step * GAP) / 2, high - tall, step * (1 - GAP), tall);
  });
}
