// The party's state as the box tells it, put together: a snapshot, then patches. Pure: messages in, state out, told the time
// and keeping no clock.

/** Ticks of the stream's timeline in a millisecond. */
const TICKS_PER_MS = 48;

/**
 * What a message was.
 * @typedef {'snapshot' | 'change' | 'you' | 'position' | 'pong' | 'seen'} News
 */

/**
 * Where the music is: `position_ms` of this track was at `media_time` of the stream.
 * @typedef {object} Position
 * @property {number | null} item
 * @property {number | null} track
 * @property {number} position_ms
 * @property {number} media_time ticks of 48 kHz
 * @property {boolean} playing
 */

/**
 * Applies a JSON merge patch (RFC 7396). Neither argument is changed; what the patch does not touch is shared.
 * @param {any} target
 * @param {any} patch
 * @returns {any}
 */
export function mergePatch(target, patch) {
  if (!isObject(patch)) {
    return patch;
  }
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      merged.delete(key);
    } else {
      merged.set(key, mergePatch(merged.get(key), value));
    }
  }
  return Object.fromEntries(merged);
}

/** @param {any} value */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Everything the box has said, put together. */
export class FeedState {
  /** @type {any} the party, `null` before the first word */
  state = null;
  /** @type {any} this phone: role, number, votes; `null` before the first word */
  you = null;
  /** @type {Position | null} */
  #position = null;
  #positionAtMs = 0;
  /** @type {string | null} */
  #session = null;
  #seq = 0;
  /** @type {number | null} what to add to this phone's clock to have the box's */
  #boxAheadMs = null;
  /** @type {any} how it sounds, as the box said last to who looks at it */
  seen = null;

  /**
   * Takes one message. Says what it was, or `gap` if changes are missing, so that only a snapshot helps; what cannot be
   * read is `null`.
   * @param {string} text
   * @param {number} nowMs of this phone's clock
   * @returns {News | 'gap' | null}
   */
  take(text, nowMs) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return null;
    }
    switch (message?.type) {
      case 'snapshot':
        // Where the track of another channel is says nothing of this one's.
        if (message.state?.channel !== this.state?.channel) this.#position = null;
        this.state = message.state;
        this.you = message.you;
        this.#session = message.session;
        this.#seq = message.seq;
        this.#clock(message.time_ms, nowMs);
        return 'snapshot';
      case 'change':
        if (this.state === null || message.seq !== this.#seq + 1) {
          this.#session = null;
          return 'gap';
        }
        this.#seq = message.seq;
        this.state = mergePatch(this.state, message.patch);
        return 'change';
      case 'you':
        this.you = message.value;
        return 'you';
      case 'position':
        this.#position = message;
        this.#positionAtMs = nowMs;
        return 'position';
      case 'spectrum':
      case 'inputs':
        this.seen = message;
        return 'seen';
      case 'pong':
        this.#clock(message.time_ms, nowMs);
        return 'pong';
      default:
        return null;
    }
  }

  /** Tells this run of the box from others; `null` before a snapshot, and when only a new one helps. */
  get run() {
    return this.#session;
  }

  /** What to ask for after a loss: the last change that came. `null` to begin anew. */
  get resume() {
    return this.#session === null ? null : { session: this.#session, seq: this.#seq };
  }

  /**
   * Milliseconds into the track, `null` while there is none.
   * @param {number} nowMs of this phone's clock
   * @param {number | null} heardTicks the place on the stream's timeline that this phone plays now, if it is known:
   *   then what is shown is what is heard, however late that is
   * @returns {number | null}
   */
  positionMs(nowMs, heardTicks = null) {
    const at = this.#position;
    if (at === null || at.track === null) {
      return null;
    }
    let passedMs = 0;
    if (at.playing) {
      passedMs =
        heardTicks === null ? Math.max(0, nowMs - this.#positionAtMs) : (heardTicks - at.media_time) / TICKS_PER_MS;
    }
    const longest = this.state?.track?.id === at.track ? (this.state.track.duration_ms ?? Infinity) : Infinity;
    return Math.min(Math.max(0, at.position_ms + passedMs), longest);
  }

  /**
   * The box's clock, `null` before the box has told it.
   * @param {number} nowMs of this phone's clock
   */
  boxMs(nowMs) {
    return this.#boxAheadMs === null ? null : nowMs + this.#boxAheadMs;
  }

  /**
   * @param {number | undefined} boxMs
   * @param {number} nowMs
   */
  #clock(boxMs, nowMs) {
    if (boxMs !== undefined) this.#boxAheadMs = boxMs - nowMs;
  }
}
