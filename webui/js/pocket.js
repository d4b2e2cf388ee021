// Pocket: the endless MP3 in the page's one audio element, kept playing until it is told to stop.
// The slower way (seconds of delay), and the one that every phone can play, also with the screen locked.

import { pocketUrl } from './api.js';
import { Backoff } from './backoff.js';
import { StallWatch } from './stall.js';

/** Chromium collects 128 KiB before it plays: 8 s at 128 kbit/s. Longer than this without sound is a failure. */
const FIRST_SOUND_LIMIT_MS = 20000;
/** The position of the element may stand still this long before the stream is opened anew. */
const STILL_LIMIT_MS = 5000;
const LOOK_EVERY_MS = 1000;

export class PocketListener {
  #audio;
  #events;
  #backoff = new Backoff();
  #wanted = false;
  #heard = false;
  #openedAtMs = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLAudioElement} audio
   * @param {{onOpen: () => void, onHeard: () => void, onLost: (loss: import('./whep.js').Loss) => void}} events
   *   `onOpen`: the element has a new address and must be told to play
   */
  constructor(audio, events) {
    this.#audio = audio;
    this.#events = events;
    for (const name of ['error', 'ended']) {
      audio.addEventListener(name, () => this.#lose());
    }
  }

  start() {
    if (!this.#wanted) {
      this.#wanted = true;
      this.#open();
    }
  }

  stop() {
    if (!this.#wanted) return;
    this.#wanted = false;
    this.#backoff.reset();
    clearTimeout(this.#timer);
    // An element that keeps its address keeps its connection.
    this.#audio.removeAttribute('src');
    this.#audio.load();
  }

  /** The phone's network may be back: a pause ends now. */
  nudge() {
    if (this.#wanted && this.#openedAtMs === 0) {
      this.#open();
    }
  }

  #open() {
    clearTimeout(this.#timer);
    this.#heard = false;
    this.#openedAtMs = performance.now();
    this.#audio.srcObject = null;
    this.#audio.src = pocketUrl();
    this.#events.onOpen();
    this.#watch(new StallWatch(STILL_LIMIT_MS));
  }

  /** @param {StallWatch} position */
  #watch(position) {
    const nowMs = performance.now();
    const still = position.look(nowMs, this.#audio.currentTime);
    if (!this.#heard && this.#audio.currentTime > 0 && !this.#audio.paused) {
      this.#heard = true;
      this.#backoff.reset();
      this.#events.onHeard();
    }
    const tooLong = nowMs - this.#openedAtMs > FIRST_SOUND_LIMIT_MS;
    if (this.#heard ? still : tooLong) {
      this.#lose();
    } else {
      this.#timer = setTimeout(() => this.#watch(position), this.#heard ? LOOK_EVERY_MS : LOOK_EVERY_MS / 5);
    }
  }

  #lose() {
    if (!this.#wanted || this.#openedAtMs === 0) return;
    clearTimeout(this.#timer);
    this.#openedAtMs = 0;
    this.#timer = setTimeout(() => this.#open(), this.#backoff.next());
    this.#events.onLost('stalled');
  }
}
