// What a guest hears: owns the page's one audio element and the two ways of filling it, and does what the rules in
// `listening.js` say. It knows no words and no layout.

import { MAIN_STREAM } from './api.js';
import { atRest, next } from './listening.js';
import { PocketListener } from './pocket.js';
import { StallWatch } from './stall.js';
import { liveIsPossible, WhepListener } from './whep.js';

/** Packets arrive but the element does not move: after this long a new session is tried. */
const DEAF_LIMIT_MS = 4000;
const LOOK_EVERY_MS = 1000;

export class Player {
  #audio;
  #onChange;
  #live;
  #pocket;
  #state = atRest();
  /** True while a loss or a change of path, not the phone, may pause the element. */
  #settling = false;
  #deaf = new StallWatch(DEAF_LIMIT_MS);

  /**
   * @param {HTMLAudioElement} audio the same element for ever: a phone only trusts the one that was tapped
   * @param {(state: import('./listening.js').Listening) => void} onChange
   * @param {number} [jitterTargetMs]
   */
  constructor(audio, onChange, jitterTargetMs) {
    this.#audio = audio;
    this.#onChange = onChange;
    const onLost = (/** @type {import('./whep.js').Loss} */ loss) => this.#take({ type: 'lost', loss });
    const onHeard = () => this.#take({ type: 'heard' });
    this.#live = new WhepListener(
      MAIN_STREAM,
      { onStream: (stream) => this.#play(stream), onLive: onHeard, onLost },
      jitterTargetMs,
    );
    this.#pocket = new PocketListener(audio, { onOpen: () => this.#play(null), onHeard, onLost });
    audio.addEventListener('pause', () => this.#paused());
    audio.addEventListener('playing', () => (this.#settling = false));
    setInterval(() => this.#listenIn(), LOOK_EVERY_MS);
  }

  get state() {
    return this.#state;
  }

  /** Whether the button stops: something plays or is on its way. */
  get active() {
    return this.#state.path !== null && this.#state.phase !== 'blocked';
  }

  /** To be called inside the guest's tap and nowhere else: only a tap may start sound. */
  listen() {
    if (this.#state.phase === 'blocked') {
      // Starts over, so that everything is played from inside this tap.
      this.#take({ type: 'stop' });
    }
    // Tells iOS that this is music, to be played on with the screen locked and the ringer off.
    if (navigator.audioSession !== undefined) {
      navigator.audioSession.type = 'playback';
    }
    // Before there is anything to play: this call is what the phone counts as permission.
    this.#audio.play().catch(() => {});
    this.#take({ type: 'listen', webrtc: liveIsPossible() });
  }

  stop() {
    this.#take({ type: 'stop' });
  }

  /** @param {import('./listening.js').Path} path */
  choose(path) {
    this.#take({ type: 'choose', path, webrtc: liveIsPossible() });
  }

  /** The phone woke up or found a network. */
  nudge() {
    this.#live.nudge();
    this.#pocket.nudge();
  }

  /** Frees what the box holds for this page, which is being closed or put aside. */
  leave() {
    this.#live.stop();
    this.#pocket.stop();
  }

  /** A page that had been put aside is shown again: goes on with what the guest wanted. */
  comeBack() {
    if (this.#state.path !== null) {
      this.#take({ type: 'listen', webrtc: liveIsPossible() });
    }
  }

  /** @param {import('./listening.js').ListeningEvent} event */
  #take(event) {
    const before = this.#state;
    this.#state = next(before, event);
    const { path } = this.#state;
    if (path !== 'live') this.#live.stop();
    if (path !== 'pocket') this.#pocket.stop();
    this.#settling ||= before.path !== path || event.type === 'lost';
    if (path === 'live') this.#live.start();
    if (path === 'pocket') this.#pocket.start();
    if (path === null) this.#silence();
    this.#onChange(this.#state);
  }

  /** @param {MediaStream | null} stream null: the element already has its address */
  #play(stream) {
    this.#settling = true;
    if (stream !== null) {
      this.#audio.srcObject = stream;
    }
    this.#audio.play().catch((error) => {
      // `AbortError` only says that the next thing to play came in before this one began.
      if (error.name === 'NotAllowedError') this.#take({ type: 'blocked' });
    });
  }

  #silence() {
    this.#audio.pause();
    this.#audio.srcObject = null;
  }

  /** The element was paused. If nobody here did it, the phone did: a call, a pulled headphone plug. */
  #paused() {
    const { phase } = this.#state;
    const heard = phase === 'live' || phase === 'pocket';
    if (heard && !this.#settling && !this.#audio.ended) {
      this.#take({ type: 'phone_paused' });
    }
  }

  /** Never trusts a state alone: sound that is really heard moves the element's clock. */
  #listenIn() {
    if (this.#state.phase !== 'live') {
      this.#deaf = new StallWatch(DEAF_LIMIT_MS);
    } else if (this.#deaf.look(performance.now(), this.#audio.currentTime)) {
      this.#deaf = new StallWatch(DEAF_LIMIT_MS);
      this.#live.reconnect();
    }
  }
}
