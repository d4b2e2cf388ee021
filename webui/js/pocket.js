// Pocket: the endless MP3 in an audio element of its own, kept playing until it is told to stop. The slower way, and the
// one that every phone can play, also with the screen locked. While the page is seen it stays near the live edge where
// the browser can; else the element fetches for itself, because a page that nobody sees may not be let to.

import { MAIN_STREAM, pocketUrl, RefusedError } from './api.js';
import { Backoff } from './backoff.js';
import { Edge, edgeIsPossible } from './edge.js';
import { FULL_RETRY_MS } from './listening.js';
import { StallWatch } from './stall.js';

/** Chromium collects 128 KiB before it plays: 8 s at 128 kbit/s. Longer than this without sound is a failure. */
const FIRST_SOUND_LIMIT_MS = 20000;
/** The position of the element may stand still this long before the stream is opened anew. */
const STILL_LIMIT_MS = 5000;
const LOOK_EVERY_MS = 1000;
/** While the first sound is waited for. */
const LOOK_SOON_MS = 50;
/** So much must have been played without a jump before it counts as heard, in seconds: the jump to the live edge is silent. */
const HEARD_AFTER_S = 0.2;
/** No sound moves the position this far between two looks, in seconds. */
const JUMP_LIMIT_S = 0.3;

export class PocketListener {
  #audio;
  #events;
  #backoff = new Backoff();
  #wanted = false;
  #heard = false;
  #openedAtMs = 0;
  #startedAt = 0;
  #lastAt = 0;
  #stream = MAIN_STREAM;
  /** @type {Edge | null} */
  #edge = null;
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

  /**
   * Another stream from now on.
   * @param {string} stream
   */
  tune(stream) {
    if (stream === this.#stream) return;
    this.#stream = stream;
    if (this.#wanted) this.#open();
  }

  /** Ticks of what is heard now, `null` where nobody knows: an element that fetches for itself does not say. */
  heardTicks() {
    return this.#heard ? (this.#edge?.heardTicks() ?? null) : null;
  }

  /** Nobody sees the page any more: what the page itself feeds could run dry on a phone that stops it. */
  detach() {
    if (this.#wanted && this.#edge !== null) this.#open(true);
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
    this.#dropEdge();
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

  /** @param {boolean} byItself the element fetches for itself */
  #open(byItself = document.visibilityState !== 'visible') {
    clearTimeout(this.#timer);
    this.#dropEdge();
    this.#heard = false;
    this.#openedAtMs = performance.now();
    if (byItself || !edgeIsPossible()) {
      this.#audio.src = pocketUrl(this.#stream);
    } else {
      const edge = new Edge(this.#audio, this.#stream, (error) => {
        if (edge === this.#edge) this.#lose(error);
      });
      this.#edge = edge;
    }
    this.#startedAt = this.#audio.currentTime;
    this.#lastAt = this.#startedAt;
    this.#events.onOpen();
    this.#watch(new StallWatch(STILL_LIMIT_MS));
  }

  #dropEdge() {
    this.#edge?.close();
    this.#edge = null;
  }

  /** @param {StallWatch} position */
  #watch(position) {
    const nowMs = performance.now();
    const still = position.look(nowMs, this.#audio.currentTime);
    // A jump to the live edge is no sound: the position must move on from where it was seen last.
    const at = this.#audio.currentTime;
    if (at < this.#lastAt || at - this.#lastAt > JUMP_LIMIT_S || this.#audio.seeking) this.#startedAt = at;
    this.#lastAt = at;
    if (!this.#heard && at - this.#startedAt >= HEARD_AFTER_S && !this.#audio.paused) {
      this.#heard = true;
      this.#backoff.reset();
      this.#events.onHeard();
    }
    const tooLong = nowMs - this.#openedAtMs > FIRST_SOUND_LIMIT_MS;
    if (this.#heard ? still : tooLong) {
      this.#lose();
    } else {
      this.#timer = setTimeout(() => this.#watch(position), this.#heard ? LOOK_EVERY_MS : LOOK_SOON_MS);
    }
  }

  /** @param {unknown} [error] what the box refused the stream with, if it did */
  #lose(error) {
    if (!this.#wanted || this.#openedAtMs === 0) return;
    clearTimeout(this.#timer);
    this.#dropEdge();
    this.#openedAtMs = 0;
    const isFull = error instanceof RefusedError && (error.status === 503 || error.status === 429);
    this.#timer = setTimeout(() => this.#open(), this.#backoff.next(isFull ? FULL_RETRY_MS : null));
    this.#events.onLost(isFull ? 'full' : 'stalled');
  }
}
