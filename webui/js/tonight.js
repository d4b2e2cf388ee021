// What was played tonight, for a goodbye: the whole evening as the box knows it, which a page may have come to late, or what the
// page has followed itself if that is more.

import { readEvening } from './api.js';
import { Evening } from './evening.js';
import { timeOfDay } from './i18n.js';
import { onWall } from './list-file.js';
import { isOver } from './words.js';

export class Tonight {
  #evening = new Evening();
  /** @type {import('./evening.js').Song[]} */
  #whole = [];
  /** Whether the party is over, and the box was asked. */
  #over = false;
  #onWhole;

  /** @param {() => void} onWhole called when the box has said what it knows */
  constructor(onWhole) {
    this.#onWhole = onWhole;
  }

  /**
   * Takes in what the box says, and asks it for the evening when the party is over.
   * @param {import('./api.js').State} state
   * @param {number | undefined} label the number of this phone's guest
   */
  note(state, label) {
    this.#evening.note(state, label);
    const wasOver = this.#over;
    this.#over = isOver(state);
    if (!this.#over) this.#whole = [];
    else if (!wasOver) this.#ask();
  }

  async #ask() {
    const answer = await readEvening().catch(() => null);
    if (answer === null || !this.#over) return;
    this.#whole = answer.songs.map(({ track, at_ms: at }) => ({
      id: track.id,
      title: track.title,
      artist: track.artist,
      mine: false,
      time: timeOfDay(onWall(at, answer.time_ms, Date.now())),
    }));
    this.#onWhole();
  }

  /** What was played, the oldest first; nothing while the party goes on. */
  get songs() {
    const { followed } = this;
    return this.#whole.length >= followed.length ? this.#whole : followed;
  }

  /** What this page has followed itself, which knows whose songs they were. */
  get followed() {
    return this.#over ? this.#evening.songs : [];
  }

  /** Whether the box has a list to be saved. */
  get isKept() {
    return this.#whole.length > 0;
  }
}
