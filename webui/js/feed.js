// The feed: what the box says about the party, as it happens, for as long as the page is looked at. One WebSocket, of which
// this is the only speaker; it mends itself after every loss, and asks only for what it missed.

import { openFeed } from './api.js';
import { Backoff } from './backoff.js';
import { FeedState } from './feed-state.js';

/** After this long without a word the box is asked for a sign of life: it speaks every second while music plays. */
export const QUIET_LIMIT_MS = 6000;

/** How long that sign may take. A dead radio closes no connection, so this is how it is noticed. */
export const PONG_LIMIT_MS = 3000;

/** The connection, and what was said over it. */
export class Feed {
  #onNews;
  #onReachable;
  #backoff = new Backoff();
  #said = new FeedState();
  /** @type {string | null} the channel that is wanted; `null` for the first one, until the box says which that is */
  #wanted = null;
  /** Whether the wanted channel's own address gave no word the last time: it may be that the channel is gone. */
  #astray = false;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** What this page wants to see of the sound, and who is told. */
  #sight = 'nothing';
  /** Of which channels, where these are not what is followed. @type {string[]} */
  #sighted = [];
  #onSeen = (/** @type {any} */ _seen) => {};

  /**
   * @param {(kind: import('./feed-state.js').News) => void} onNews called after every message
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
   * @param {number | null} heardTicks see `FeedState.positionMs`
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

  /**
   * What to be told of the sound from now on: it stays so after a loss.
   * @param {'nothing' | 'spectrum' | 'inputs'} at
   * @param {(seen: any) => void} onSeen
   * @param {string[]} channels none: whatever channel is followed
   */
  look(at, onSeen, channels = []) {
    this.#sight = at;
    this.#sighted = channels;
    this.#onSeen = onSeen;
    this.#askToSee();
  }

  #askToSee() {
    this.#say({ type: 'look', at: this.#sight, ...(this.#sighted.length === 0 ? {} : { channels: this.#sighted }) });
  }

  /** @param {object} message */
  #say(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect() {
    this.#hangUp();
    const said = this.#said.state?.channel ?? null;
    // A connection to a channel that is gone fails without a reason, so it is asked for where there is an answer.
    const place = this.#astray ? null : this.#wanted;
    const socket = openFeed(place, place === said ? this.#said.resume : null);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      if (socket !== this.#socket) return;
      if (this.#wanted !== place) this.#askFor();
      if (this.#sight !== 'nothing') this.#askToSee();
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
    this.#say({ type: 'follow', channel: this.#wanted });
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
    if (kind === 'seen') this.#onSeen(this.#said.seen);
    else if (this.#arrived()) this.#onNews(kind);
  }

  /**
   * Whether what was said is what the page shall show: the wanted channel, or the one that the box chose because the wanted
   * one is gone. An answer to an earlier wish may still be on its way and is neither.
   */
  #arrived() {
    const { channel = null, channels = [] } = this.#said.state ?? {};
    const isThere = channels.some((/** @type {Party.Channel} */ { id }) => id === this.#wanted);
    if (channel !== this.#wanted && isThere) return false;
    this.#astray = false;
    if (channel === null || channel === this.#wanted) return true;
    this.#wanted = channel;
    // Else the box would change with what is first, or go back to a channel that comes back.
    this.#askFor();
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
