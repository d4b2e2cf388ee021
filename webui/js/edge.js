// The endless MP3 near its live edge: the page fetches it and feeds it to a media source, because an audio element of its
// own holds seconds back. It plays; it does not reopen what ended.

import { openPocket } from './api.js';
import { readStamp, TICKS_PER_S } from './stamp.js';

const TYPE = 'audio/mpeg';

/** How much sound is held, in seconds: less and a late packet is heard, more and the party is late. */
const HELD_S = 0.5;
/** Within this of `HELD_S` the sound is played as it is; else a little faster or slower, which nobody hears. */
const SLACK_S = 0.25;
const RATE_STEP = 0.03;
/** Further behind than this, after a sleep or a stall, it jumps. */
const JUMP_S = 3;
/** What was played is kept this long, because a browser may only cut at whole frames. */
const PAST_S = 10;
/** More chunks than this wait only if the phone cannot keep up: then the stream is opened anew. */
const WAITING_MAX = 200;

/** What makes the buffer here, if anything does: iPhones have their own kind. */
function sourceKind() {
  const kinds = [globalThis.ManagedMediaSource, globalThis.MediaSource];
  return kinds.find((kind) => kind?.isTypeSupported(TYPE)) ?? null;
}

/** Whether this browser can play MP3 near its live edge. */
export const edgeIsPossible = () => sourceKind() !== null && typeof ReadableStream === 'function';

export class Edge {
  #audio;
  #onEnd;
  #abort = new AbortController();
  /** @type {Uint8Array<ArrayBuffer>[]} */
  #waiting = [];
  /** @type {SourceBuffer | null} */
  #buffer = null;
  #placed = false;
  #address = '';
  /** @type {number | null} ticks of the first sound, if the box has said them */
  #startTicks = null;

  /**
   * @param {HTMLAudioElement} audio
   * @param {string} stream
   * @param {(error: unknown) => void} onEnd the stream ended or broke; what it was refused with, if it was
   */
  constructor(audio, stream, onEnd) {
    this.#audio = audio;
    this.#onEnd = onEnd;
    const Kind = sourceKind();
    if (Kind === null) throw new Error('this browser has no media source for MP3');
    const source = new Kind();
    // An iPhone refuses its own kind to an element that might play elsewhere.
    if (Kind === globalThis.ManagedMediaSource) audio.disableRemotePlayback = true;
    source.addEventListener('sourceopen', () => this.#open(source, stream), { once: true });
    this.#address = URL.createObjectURL(source);
    audio.src = this.#address;
  }

  /** Ticks of what is heard now, `null` if the box has not said where the sound begins. */
  heardTicks() {
    return this.#startTicks === null ? null : this.#startTicks + this.#audio.currentTime * TICKS_PER_S;
  }

  close() {
    this.#abort.abort();
    this.#buffer = null;
    this.#waiting = [];
    this.#audio.playbackRate = 1;
    URL.revokeObjectURL(this.#address);
  }

  /**
   * @param {MediaSource} source
   * @param {string} stream
   */
  async #open(source, stream) {
    let refused;
    try {
      const buffer = source.addSourceBuffer(TYPE);
      this.#buffer = buffer;
      buffer.addEventListener('updateend', () => this.#feed());
      const reader = await openPocket(stream, this.#abort.signal);
      let first = new Uint8Array(0);
      let isFirst = true;
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#waiting.length >= WAITING_MAX) break;
        let sound = /** @type {Uint8Array<ArrayBuffer>} */ (value);
        if (isFirst) {
          first = joined(first, sound);
          const stamp = readStamp(first);
          if (stamp === null) continue;
          isFirst = false;
          this.#startTicks = stamp.ticks;
          sound = first.subarray(stamp.length);
          if (sound.length === 0) continue;
        }
        this.#waiting.push(sound);
        this.#feed();
      }
    } catch (error) {
      // Told below: whatever broke, the stream is over.
      refused = error;
    }
    if (!this.#abort.signal.aborted) this.#onEnd(refused);
  }

  #feed() {
    const buffer = this.#buffer;
    if (buffer === null || buffer.updating) return;
    try {
      this.#keepUp(buffer);
      const { buffered } = buffer;
      const past = this.#audio.currentTime - PAST_S;
      if (buffered.length > 0 && buffered.start(0) < past - PAST_S) {
        buffer.remove(0, past);
        return;
      }
      const chunk = this.#waiting.shift();
      if (chunk !== undefined) buffer.appendBuffer(chunk);
    } catch {
      // The element has dropped its source, or there is no more room: it is opened anew.
      this.#abort.abort();
      this.#onEnd(undefined);
    }
  }

  /**
   * Holds the distance to the live edge.
   * @param {SourceBuffer} buffer
   */
  #keepUp({ buffered }) {
    if (buffered.length === 0) return;
    const end = buffered.end(buffered.length - 1);
    const ahead = end - this.#audio.currentTime;
    if ((!this.#placed && ahead > HELD_S) || ahead > JUMP_S) {
      this.#audio.currentTime = Math.max(buffered.start(buffered.length - 1), end - HELD_S);
      this.#placed = true;
    }
    const off = ahead - HELD_S;
    const rate = Math.abs(off) < SLACK_S ? 1 : 1 + Math.sign(off) * RATE_STEP;
    if (this.#audio.playbackRate !== rate) this.#audio.playbackRate = rate;
  }
}

/**
 * @param {Uint8Array<ArrayBuffer>} a
 * @param {Uint8Array<ArrayBuffer>} b
 */
function joined(a, b) {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
