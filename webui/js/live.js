// What the box says about the party, as it happens, for as long as the page is looked at: one WebSocket, of which this is
// the only speaker. It keeps the newest state, mends itself after every loss, and asks only for what it missed.
//
// What is pure stands first: messages in, state out, told the time and keeping no clock.

import { openLive } from './api.js';
import { Backoff } from './backoff.js';

/** After this long without a word the box is asked for a sign of life: it speaks every second while music plays. */
export const QUIET_LIMIT_MS = 6000;

/** How long that sign may take. A dead radio closes no connection, so this is how it is noticed. */
export const PONG_LIMIT_MS = 3000;

/** Ticks of the stream's timeline in a millisecond. */
const TICKS_PER_MS = 48;

/**
 * A track as lists show it.
 * @typedef {object} Track
 * @property {number} id
 * @property {string} title
 * @property {string} artist may be empty
 * @property {string} album may be empty
 * @property {number | null} duration_ms
 * @property {string | null} art where its picture is
 */

/**
 * What a message was.
 * @typedef {'snapshot' | 'change' | 'you' | 'position' | 'pong'} News
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
export class LiveState {
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

/** The connection, and what was said over it. */
export class Live {
  #onNews;
  #onReachable;
  #backoff = new Backoff();
  #said = new LiveState();
  /** @type {string | null} the channel that is wanted; `null` for the first one, until the box says which that is */
  #wanted = null;
  /** Whether the wanted channel's own address gave no word the last time: it may be that the channel is gone. */
  #astray = false;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {(kind: News) => void} onNews called after every message
   * @param {(reachable: boolean) => void} onReachable called on every message and every loss
   */
  constructor(onNews, onReachable) {
    this.#onNews = onNews;
    this.#onReachable = onReachable;
  }

  /** The party, `null` before the first word. */
  get state() {
    return this.#said.state;
  }

  /** This phone as the box knows it, `null` before the first word. */
  get you() {
    return this.#said.you;
  }

  /** Tells this run of the box from others; known after a snapshot. */
  get run() {
    return this.#said.run;
  }

  /**
   * Milliseconds into the track now, `null` while there is none.
   * @param {number | null} heardTicks see `LiveState.positionMs`
   */
  positionMs(heardTicks = null) {
    return this.#said.positionMs(performance.now(), heardTicks);
  }

  /** The box's clock now, `null` before the box has told it. */
  boxMs() {
    return this.#said.boxMs(performance.now());
  }

  /** Opens, or starts over at once: the phone's network may be back, or the page was asleep. */
  open() {
    this.#backoff.reset();
    this.#connect();
  }

  close() {
    this.#hangUp();
  }

  /**
   * Another channel from now on. Nothing is told until the box has said how that one is.
   * @param {string} channel
   */
  follow(channel) {
    if (channel === this.#wanted) return;
    this.#wanted = channel;
    this.#astray = false;
    this.#askFor();
  }

  #connect() {
    this.#hangUp();
    const said = this.#said.state?.channel ?? null;
    // A connection to a channel that is gone fails without a reason, so it is asked for where there is an answer.
    const place = this.#astray ? null : this.#wanted;
    const socket = openLive(place, place === said ? this.#said.resume : null);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      if (socket === this.#socket && this.#wanted !== place) this.#askFor();
    });
    socket.addEventListener('message', (event) => {
      if (socket === this.#socket) this.#take(event.data);
    });
    let silent = true;
    socket.addEventListener('message', () => (silent = false), { once: true });
    for (const end of ['close', 'error']) {
      socket.addEventListener(end, () => {
        if (socket !== this.#socket) return;
        // Where the box itself is away both ways are tried in turn, because the own address needs no snapshot.
        this.#astray = silent && !this.#astray;
        this.#retry();
      });
    }
    this.#expectWord();
  }

  /** Before the connection is open there is nobody to ask; it asks when it is. */
  #askFor() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ type: 'follow', channel: this.#wanted }));
  }

  #hangUp() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  /** @param {unknown} data */
  #take(data) {
    const kind = typeof data === 'string' ? this.#said.take(data, performance.now()) : null;
    if (kind === null) return; // A message of a newer box: the rest still holds.
    if (kind === 'gap') {
      this.#retry();
      return;
    }
    this.#backoff.reset();
    this.#onReachable(true);
    this.#expectWord();
    if (this.#arrived()) this.#onNews(kind);
  }

  /**
   * Whether what was said is what the page shall show: the wanted channel, or the one that the box chose because the wanted
   * one is gone. An answer to an earlier wish may still be on its way and is neither.
   */
  #arrived() {
    const { channel = null, channels = [] } = this.#said.state ?? {};
    const isThere = channels.some((/** @type {Party.Channel} */ { id }) => id === this.#wanted);
    if (channel !== this.#wanted && isThere) return false;
    this.#wanted = channel;
    this.#astray = false;
    return true;
  }

  #expectWord() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const socket = this.#socket;
      if (socket?.readyState === WebSocket.OPEN) {
        socket.send(JSON.stringify({ type: 'ping', t: performance.now() }));
        this.#timer = setTimeout(() => this.#retry(), PONG_LIMIT_MS);
      } else {
        this.#retry();
      }
    }, QUIET_LIMIT_MS);
  }

  #retry() {
    this.#hangUp();
    this.#onReachable(false);
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }
}
