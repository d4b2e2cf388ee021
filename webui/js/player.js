// What a guest hears: owns the two audio elements, one for each way of listening, and does what the rules in `listening.js`
// say. When the way changes, the new one starts first and the old one fades out once it is heard. It knows no words and no
// layout.

import { MAIN_STREAM } from './api.js';
import { atRest, FULL_RETRY_MS, next } from './listening.js';
import { PocketListener } from './pocket.js';
import { StallWatch } from './stall.js';
import { liveIsPossible, WhepListener } from './whep.js';

/** Packets arrive but the element does not move: after this long a new session is tried. */
const DEAF_LIMIT_MS = 4000;
const LOOK_EVERY_MS = 1000;
/** How long both ways are heard when one takes over. */
const CROSS_MS = 150;
const CROSS_STEPS = 10;

/** @typedef {import('./listening.js').Path} Path */

export class Player {
  /** @type {Record<Path, HTMLAudioElement>} */
  #audio;
  /** @type {{live: WhepListener, pocket: PocketListener}} */
  #ways;
  #onChange;
  #state = atRest();
  /** @type {Path | null} the way that still sounds while the other begins */
  #leaving = null;
  #volume = 1;
  #weak = false;
  #asleep = false;
  /** When a loss or a change of path, not the phone, last may have paused an element. */
  #settling = false;
  #deaf = new StallWatch(DEAF_LIMIT_MS);
  /** @type {ReturnType<typeof setTimeout> | undefined} until a full box is asked again */
  #patience;

  /**
   * @param {Record<Path, HTMLAudioElement>} audio the same elements for ever: a phone only trusts those that were tapped
   * @param {(state: import('./listening.js').Listening) => void} onChange
   * @param {number} [jitterTargetMs]
   */
  constructor(audio, onChange, jitterTargetMs) {
    this.#audio = audio;
    this.#onChange = onChange;
    /** @param {Path} path */
    const events = (path) => ({
      onHeard: () => this.#take({ type: 'heard', path }),
      onLost: (/** @type {import('./whep.js').Loss} */ loss) =>
        this.#take({ type: 'lost', path, loss, hidden: document.visibilityState !== 'visible' }),
    });
    const { onHeard, onLost } = events('live');
    const onStream = (/** @type {MediaStream} */ stream) => {
      this.#audio.live.srcObject = stream;
      this.#play('live');
    };
    this.#ways = {
      live: new WhepListener(MAIN_STREAM, { onStream, onLive: onHeard, onLost, onWeather: (weak) => this.#feel(weak) }, jitterTargetMs),
      pocket: new PocketListener(audio.pocket, { ...events('pocket'), onOpen: () => this.#play('pocket') }),
    };
    for (const path of /** @type {Path[]} */ (['live', 'pocket'])) {
      audio[path].addEventListener('pause', () => this.#paused(path));
      audio[path].addEventListener('playing', () => (this.#settling = false));
    }
    setInterval(() => this.#listenIn(), LOOK_EVERY_MS);
  }

  get state() {
    return this.#state;
  }

  /** Whether the button stops: something plays or is on its way. */
  get active() {
    return this.#state.path !== null && this.#state.phase !== 'blocked';
  }

  /** Whether the radio is about to lose the sound, as far as Live can tell. */
  get weak() {
    return this.#weak && this.#state.phase === 'live';
  }

  /**
   * Ticks of the box's timeline that this phone plays now, `null` where nobody knows.
   * @param {number} near ticks of any moment within hours
   */
  heardTicks(near) {
    const { phase } = this.#state;
    if (phase === 'live') return this.#ways.live.heardTicks(near);
    return phase === 'pocket' ? this.#ways.pocket.heardTicks() : null;
  }

  get volume() {
    return this.#volume;
  }

  /** @param {number} volume 0 to 1 */
  set volume(volume) {
    this.#volume = volume;
    for (const path of /** @type {Path[]} */ (['live', 'pocket'])) {
      if (path !== this.#leaving) this.#audio[path].volume = volume;
    }
  }

  /** @param {boolean} yes whether something else is heard for a moment: the sound goes on, and nobody hears it */
  hush(yes) {
    for (const path of /** @type {Path[]} */ (['live', 'pocket'])) this.#audio[path].muted = yes;
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
    // Before there is anything to play: these calls are what the phone counts as permission, for either way.
    this.#audio.live.play().catch(() => {});
    this.#audio.pocket.play().catch(() => {});
    this.#take({ type: 'listen', webrtc: liveIsPossible() });
  }

  stop() {
    this.#take({ type: 'stop' });
  }

  /** Nobody has tapped yet, and somebody may soon: what takes time is done before. */
  prepare() {
    if (this.#state.path === null && this.#state.chosen !== 'pocket' && liveIsPossible()) this.#ways.live.prepare();
  }

  /** The box knows this phone as a guest from now on. */
  introduce() {
    this.#ways.live.introduce();
  }

  /** Another tab of this phone plays now. */
  yield() {
    this.#take({ type: 'elsewhere' });
  }

  /** The party is over. */
  end() {
    this.#take({ type: 'ended' });
  }

  /** @param {import('./listening.js').Choice} path */
  choose(path) {
    this.#take({ type: 'choose', path, webrtc: liveIsPossible() });
  }

  /**
   * Another channel.
   * @param {string} stream
   */
  tune(stream) {
    this.#ways.live.tune(stream);
    this.#ways.pocket.tune(stream);
  }

  /** The phone woke up, found a network, or heard from the box again. */
  nudge() {
    this.#ways.live.nudge();
    this.#ways.pocket.nudge();
  }

  /** The box fell silent elsewhere: perhaps it restarts. */
  doubt() {
    this.#ways.live.doubt();
  }

  /** The box is back and knows nothing of before. */
  restarted() {
    this.#ways.live.restarted();
  }

  /**
   * Nobody looks at the page any more.
   * @param {boolean} endsLive whether this phone then ends the sound of Live
   */
  hidden(endsLive) {
    if (!endsLive) return;
    this.#ways.pocket.detach();
    this.#take({ type: 'hidden' });
  }

  /** The page is looked at again. */
  shown() {
    this.#take({ type: 'shown' });
  }

  /** The phone puts the whole page to sleep: what stops now was not stopped by the guest. */
  sleep() {
    this.#asleep = true;
  }

  /** Awake again: whatever the page believed before, its connections may be long gone. */
  wake() {
    if (!this.#asleep) return;
    this.#asleep = false;
    if (this.#state.path === null) return;
    this.leave();
    this.comeBack();
  }

  /** Frees what the box holds for this page, which is being closed or put aside. */
  leave() {
    this.#ways.live.stop();
    this.#ways.pocket.stop();
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
    const { path, phase } = this.#state;
    this.#settling ||= before.path !== path || event.type === 'lost';
    if (path === null) {
      this.#leaving = null;
      this.leave();
      this.#silence();
    } else if (path !== before.path) {
      this.#change(before.path, path, phase);
    }
    if (path !== before.path || this.#state.reason !== 'full') clearTimeout(this.#patience);
    if (path !== null && path !== before.path && this.#state.reason === 'full') {
      // A box that has no place is not asked on one way just because the other is full as well.
      this.#patience = setTimeout(() => this.#ways[path].start(), FULL_RETRY_MS);
    } else if (path !== null && this.#state.reason !== 'full') {
      this.#ways[path].start();
    }
    // The new way is heard, or the old one is not any more: nothing is left to wait for.
    if (this.#leaving !== null && phase !== this.#leaving) this.#leave(this.#leaving, phase === path);
    this.#onChange(this.#state);
  }

  /**
   * @param {Path | null} from
   * @param {Path} to
   * @param {import('./listening.js').Phase} phase
   */
  #change(from, to, phase) {
    if (this.#leaving === to) this.#leaving = null;
    this.#audio[to].volume = this.#volume;
    if (from === null || from === to) return;
    if (phase === from) this.#leaving = from;
    else this.#ways[from].stop();
  }

  /**
   * Ends the way that was left; it fades while the other is heard already.
   * @param {Path} path
   * @param {boolean} fading
   */
  #leave(path, fading) {
    this.#leaving = null;
    const audio = this.#audio[path];
    let step = fading ? 0 : CROSS_STEPS;
    const fade = () => {
      if (this.#state.path === path) {
        // The guest changed their mind meanwhile.
        audio.volume = this.#volume;
        return;
      }
      step += 1;
      if (step < CROSS_STEPS) {
        audio.volume = this.#volume * (1 - step / CROSS_STEPS);
        setTimeout(fade, CROSS_MS / CROSS_STEPS);
        return;
      }
      this.#settling = true;
      this.#ways[path].stop();
      audio.pause();
      if (path === 'live') audio.srcObject = null;
      audio.volume = this.#volume;
    };
    fade();
  }

  /** @param {boolean} weak */
  #feel(weak) {
    if (weak === this.#weak) return;
    this.#weak = weak;
    this.#onChange(this.#state);
  }

  /** @param {Path} path */
  #play(path) {
    this.#settling = true;
    this.#audio[path].play().catch((error) => {
      // `AbortError` only says that the next thing to play came in before this one began.
      if (error.name === 'NotAllowedError' && path === this.#state.path) this.#take({ type: 'blocked' });
    });
  }

  #silence() {
    this.#audio.live.pause();
    this.#audio.live.srcObject = null;
    this.#audio.pocket.pause();
  }

  /**
   * The element was paused. If nobody here did it, the phone did: a call, a pulled headphone plug.
   * @param {Path} path
   */
  #paused(path) {
    const heard = this.#state.phase === path && this.#state.path === path;
    if (heard && !this.#asleep && !this.#settling && !this.#audio[path].ended) {
      this.#take({ type: 'phone_paused' });
    }
  }

  /** Never trusts a state alone: sound that is really heard moves the element's clock. */
  #listenIn() {
    if (this.#state.phase !== 'live') {
      this.#deaf = new StallWatch(DEAF_LIMIT_MS);
    } else if (this.#deaf.look(performance.now(), this.#audio.live.currentTime)) {
      this.#deaf = new StallWatch(DEAF_LIMIT_MS);
      this.#ways.live.reconnect();
    }
  }
}
