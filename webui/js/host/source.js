// What feeds the party: files or line-in, and how loud the cable is. A clipping that happened while nobody looked stays
// lit until somebody taps it.

import { known, speakMore, t } from '../i18n.js';
import { make, mark, write } from '../dom.js';
import { choose } from './api.js';
import { element } from './page.js';
import { fill } from './rows.js';
import { attempt } from './toast.js';

/** The left end of the meter, in dBFS; the right end is full scale. */
const FLOOR_DBFS = -60;
/** How long the highest level of late stays marked, in milliseconds. */
const HOLD_MS = 1500;

export class SourceBox {
  #clip = /** @type {HTMLButtonElement} */ (element('clip'));
  #heldDb = FLOOR_DBFS;
  #heldAtMs = 0;
  /** What is offered where line-in is silent and somebody waits. */
  #instead = make('button', { type: 'button', class: 'button', click: () => void attempt(() => choose('files')) });
  /** Whether the box said last that line-in is too loud. */
  #clipped = false;
  #feed;
  #checkButton = make('button', { id: 'check', type: 'button', class: 'button quiet', 'aria-expanded': 'false', click: () => void attempt(() => this.#check()) });
  /** @type {{root: HTMLElement, close: () => void} | null} */
  #soundCheck = null;
  /** @type {string[]} what could bring sound */
  #inputs = [];

  /** @param {import('../feed.js').Feed} feed */
  constructor(feed) {
    this.#feed = feed;
    element('source-note').parentElement?.append(this.#checkButton);
    this.#clip.addEventListener('click', () => this.#light(false));
    element('source-note').after(this.#instead);
  }

  /** @param {Party.State} state */
  show(state) {
    fill(
      element('sources'),
      state.sources,
      (source) => source.id,
      ({ id }) => this.#button(id),
      (row, source) => {
        mark(row, 'aria-pressed', String(source.id === state.source));
        row.dataset.state = source.state;
        row.title = source.detail ?? '';
        const [name, how] = row.children;
        const who = source.id === 'sender' ? source.detail : '';
        const [nameKey, stateKey] = [`source.${source.id}`, `source_state.${source.state}`];
        write(name, who || (known(nameKey) ? t(nameKey) : source.id));
        write(how, t(known(stateKey) ? stateKey : 'source_state.unknown'));
      },
    );
    // Where no line-in is set up there is nothing to choose.
    const isChoice = state.sources.some(({ id, state: how }) => id !== 'files' && how !== 'off');
    for (const id of ['source-heading', 'sources']) element(id).hidden = !isChoice;
    this.#inputs = state.sources.filter(({ id, state: how }) => id !== 'files' && how !== 'off').map(({ id }) => id);
    this.#checkButton.hidden = !isChoice;
    write(this.#checkButton, t(this.#soundCheck === null ? 'deck.check' : 'deck.check_done'));
    const note = element('source-note');
    const isOffered = state.line_in_silent && !state.fallback;
    note.hidden = !state.fallback && !isOffered;
    const stands = state.source === 'sender' ? 'deck.fallback_sender' : 'deck.fallback';
    write(note, state.fallback ? t(stands) : isOffered ? t('deck.silent') : '');
    this.#instead.hidden = !isOffered;
    write(this.#instead, t('deck.instead'));
  }

  /** @param {Party.Level | null | undefined} level */
  measure(level) {
    element('meter-box').hidden = !level;
    if (!level) return;
    const db = Math.max(FLOOR_DBFS, Math.min(0, level.peak_dbfs ?? FLOOR_DBFS));
    const nowMs = performance.now();
    if (db >= this.#heldDb || nowMs - this.#heldAtMs > HOLD_MS) {
      this.#heldDb = db;
      this.#heldAtMs = nowMs;
    }
    const share = (/** @type {number} */ level) => String(1 - level / FLOOR_DBFS);
    const meter = element('meter');
    meter.style.setProperty('--now', share(db));
    meter.style.setProperty('--held', share(this.#heldDb));
    mark(meter, 'aria-valuenow', String(Math.round(db)));
    mark(meter, 'aria-valuetext', t('deck.level', { n: Math.round(db) }));
    // The box says so for a while; what somebody has seen in the meantime is not lit again.
    if (level.clipped && !this.#clipped) this.#light(true);
    this.#clipped = level.clipped;
  }

  /** Opens the sound check, or closes it. */
  async #check() {
    if (this.#soundCheck !== null) {
      this.#soundCheck.close();
      this.#soundCheck = null;
      this.#feed.look('nothing', () => {});
    } else {
      const [{ SoundCheck }] = await Promise.all([import('../late/sound-check.js'), speakMore('late')]);
      const check = new SoundCheck(() => this.#inputs);
      this.#checkButton.before(check.root);
      this.#soundCheck = check;
      this.#feed.look('inputs', (seen) => seen.type === 'inputs' && check.take(seen));
    }
    mark(this.#checkButton, 'aria-expanded', String(this.#soundCheck !== null));
    write(this.#checkButton, t(this.#soundCheck === null ? 'deck.check' : 'deck.check_done'));
  }

  /** @param {boolean} on */
  #light(on) {
    this.#clip.disabled = !on;
    this.#clip.dataset.lit = String(on);
    this.#clip.setAttribute('aria-label', t(on ? 'deck.clipped' : 'deck.clip'));
  }

  /** @param {string} id */
  #button(id) {
    const click = () => void attempt(() => choose(id));
    return make('button', { type: 'button', class: 'segment', click }, make('b'), make('small'));
  }
}
