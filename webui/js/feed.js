// What the box says about the party, as it changes, for as long as the page is looked at. Reopens by itself.

import { openStatusEvents, readStatus } from './api.js';
import { Backoff } from './backoff.js';

/** After this long without a word the box is asked directly, because a dead radio closes no connection. */
const QUIET_LIMIT_MS = 12000;

export class StatusFeed {
  #onStatus;
  #onReachable;
  #backoff = new Backoff();
  /** @type {EventSource | null} */
  #source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {(status: import('./api.js').Status) => void} onStatus
   * @param {(reachable: boolean) => void} onReachable called on every message and every failure
   */
  constructor(onStatus, onReachable) {
    this.#onStatus = onStatus;
    this.#onReachable = onReachable;
  }

  /** Opens, or starts over at once: the phone's network may be back, or the page was asleep. */
  open() {
    this.#backoff.reset();
    this.#connect();
  }

  close() {
    this.#hangUp();
  }

  #connect() {
    this.#hangUp();
    const source = openStatusEvents();
    this.#source = source;
    source.addEventListener('status', (event) => this.#take(event.data));
    source.addEventListener('error', () => {
      if (source === this.#source) this.#retry();
    });
    this.#expectWord();
  }

  #hangUp() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  /** @param {string} text */
  #take(text) {
    let status;
    try {
      status = JSON.parse(text);
    } catch {
      return; // A message that is not JSON is none: the last good one stays.
    }
    this.#heard(status);
  }

  /** @param {import('./api.js').Status} status */
  #heard(status) {
    this.#backoff.reset();
    this.#onReachable(true);
    this.#onStatus(status);
    this.#expectWord();
  }

  #expectWord() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const source = this.#source;
      try {
        const status = await readStatus();
        if (source === this.#source) this.#heard(status);
      } catch {
        if (source === this.#source) this.#retry();
      }
    }, QUIET_LIMIT_MS);
  }

  #retry() {
    this.#hangUp();
    this.#onReachable(false);
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }
}
