// A host's microphone on its way to the box, while a host holds the button. It comes when somebody holds it for the first time, and
// stays for a moment after: whoever goes on speaking need not wait again. When the music steps back is said elsewhere.

import { closeMicrophone, openMicrophone } from '../dj/microphone.js';
import { WhipSender } from '../dj/whip.js';

/** How long a microphone that nobody speaks into is kept, in milliseconds. */
const KEEP_MS = 20000;
/** How long the box may take until it gets a voice, in milliseconds. */
const CONNECT_LIMIT_MS = 8000;

export class Talk {
  /** @type {MediaStream | null} */
  #stream = null;
  #sender = new WhipSender(() => this.#stream ?? new MediaStream(), () => null, () => this.#look(), true);
  #channel = '';
  /** Whoever waits until the box gets the voice. @type {((isThere: boolean) => void) | null} */
  #told = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor() {
    window.addEventListener('pagehide', () => this.#close());
  }

  /**
   * Sends the microphone to the box.
   * @param {string} channel
   * @returns {Promise<'there' | 'denied' | 'failed'>}
   */
  async begin(channel) {
    clearTimeout(this.#timer);
    if (this.#stream === null) {
      const stream = await openMicrophone().catch(() => null);
      if (stream === null) return 'denied';
      // Whoever has asked twice meanwhile has one too many.
      if (this.#stream !== null) closeMicrophone(stream);
      else this.#stream = stream;
      // A phone call takes the microphone away.
      for (const track of stream.getTracks()) track.addEventListener('ended', () => this.#close());
    }
    this.#mute(false);
    if (!this.#sender.active || channel !== this.#channel) this.#sender.start(channel);
    this.#channel = channel;
    if (this.#sender.state === 'sending') return 'there';
    const isThere = await new Promise((/** @type {(isThere: boolean) => void} */ resolve) => {
      this.#told = resolve;
      setTimeout(() => resolve(false), CONNECT_LIMIT_MS);
    });
    if (!isThere) this.#close();
    return isThere ? 'there' : 'failed';
  }

  /** Nobody speaks any more. */
  end() {
    this.#mute(true);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#close(), KEEP_MS);
  }

  #look() {
    const { state } = this.#sender;
    if (state === 'sending') this.#told?.(true);
    if (state === 'refused' || state === 'ended') this.#told?.(false);
  }

  /** @param {boolean} isMuted */
  #mute(isMuted) {
    for (const track of this.#stream?.getTracks() ?? []) track.enabled = !isMuted;
  }

  #close() {
    this.#sender.stop();
    closeMicrophone(this.#stream);
    this.#stream = null;
  }
}
