// The line to the box on which a room is spoken about: opened when somebody wants into a room, mended after every loss until they
// leave. Who lost it comes back as the one they were; where the box began again, the DJ opens the room again under its code.
// It knows nothing of sound, which goes on meanwhile.

import { Backoff } from '../backoff.js';
import { openRooms } from './api.js';

/** How often the box is asked for a sign of life, and how long it may give none: a dead radio closes no connection. */
const PING_EVERY_MS = 4000;
const SILENCE_MAX_MS = 10000;

/** How long a room that is gone is asked for again: where the box began again, its DJ has to be back first. */
const GONE_MAX_MS = 20000;

/** @typedef {{type: 'create', name: string, code?: string} | {type: 'join', code: string, name: string, key?: string}} Wish */

export class RoomLine {
  #onTold;
  #onReach;
  #backoff = new Backoff();
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Wish | null} how to come in; `null`: nobody wants to */
  #wish = null;
  /** Whether this phone has been in the room. */
  #inside = false;
  #isDj = false;
  /** Since when the room is gone. @type {number | null} */
  #goneSinceMs = null;
  #heardAtMs = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #pings;

  /**
   * @param {(told: import('./room.js').Told) => void} onTold called for everything that the box says
   * @param {(reachable: boolean) => void} onReach called when the line is lost, and when it is back
   */
  constructor(onTold, onReach) {
    this.#onTold = onTold;
    this.#onReach = onReach;
  }

  /** @param {Wish} wish */
  enter(wish) {
    this.#wish = wish;
    this.#inside = false;
    this.#goneSinceMs = null;
    this.#connect();
  }

  leave() {
    this.say({ type: 'leave' });
    this.#hangUp();
    this.#onTold({ type: 'left' });
  }

  /**
   * Whether this phone is to open the room again, should the box forget it.
   * @param {boolean} isDj
   */
  playing(isDj) {
    this.#isDj = isDj;
  }

  /** The phone's network may be back: a pause ends now. */
  nudge() {
    if (this.#wish !== null && this.#socket?.readyState !== WebSocket.OPEN) this.#connect();
  }

  /** @param {object} message */
  say(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #connect() {
    this.#close();
    const socket = openRooms();
    this.#socket = socket;
    this.#heardAtMs = performance.now();
    socket.addEventListener('open', () => {
      if (socket === this.#socket) this.say(this.#wish ?? {});
    });
    socket.addEventListener('message', (event) => {
      if (socket === this.#socket) this.#take(JSON.parse(event.data));
    });
    for (const end of ['close', 'error']) {
      socket.addEventListener(end, () => {
        if (socket === this.#socket) this.#retry();
      });
    }
    this.#pings = setInterval(() => {
      if (performance.now() - this.#heardAtMs > SILENCE_MAX_MS) this.#retry();
      else this.say({ type: 'ping', t: Math.round(performance.now()) });
    }, PING_EVERY_MS);
  }

  /** @param {import('./room.js').Told} told */
  #take(told) {
    this.#heardAtMs = performance.now();
    if (told.type === 'pong') return;
    if (told.type === 'refused' && (told.about === 'join' || told.about === 'create')) {
      if (this.#inside && told.code === 'no-such-room' && this.#wish?.type === 'join') {
        this.#openAgain(this.#wish, told);
        return;
      }
      this.#hangUp();
    }
    if (told.type === 'room') {
      const name = this.#wish?.name ?? '';
      this.#wish = { type: 'join', code: told.code, name, key: told.key };
      this.#inside = true;
      this.#goneSinceMs = null;
      this.#backoff.reset();
      this.#onReach(true);
    }
    this.#onTold(told);
  }

  /**
   * The box knows nothing of the room any more.
   * @param {{code: string, name: string}} wish
   * @param {import('./room.js').Told} told
   */
  #openAgain({ code, name }, told) {
    if (this.#isDj) {
      this.#wish = { type: 'create', name, code };
      this.say(this.#wish);
      return;
    }
    this.#goneSinceMs ??= performance.now();
    if (performance.now() - this.#goneSinceMs > GONE_MAX_MS) {
      this.#hangUp();
      this.#onTold(told);
    } else {
      this.#retry();
    }
  }

  #retry() {
    this.#close();
    this.#onReach(false);
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }

  #hangUp() {
    this.#wish = null;
    this.#inside = false;
    this.#isDj = false;
    this.#close();
  }

  #close() {
    clearTimeout(this.#timer);
    clearInterval(this.#pings);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
