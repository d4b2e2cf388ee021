// One WebRTC session that sends this page's sound to the box, signaled by WHIP, kept alive until it is told to stop. It does not
// touch the page; it reports, and the page says it.

import { RefusedError } from '../api.js';
import { Backoff } from '../backoff.js';
import { askHeard, endSound, offerSound, sayTitle } from './api.js';

/** How often the box is asked whether listeners hear it, in milliseconds. */
const ASK_EVERY_MS = 1000;
/** From the box's answer until the session stands; longer than this means that the way for sound is closed. */
const CONNECT_LIMIT_MS = 8000;
/** A session that lasted this long has proved itself: the next loss starts with the short pause again. */
const PROVED_AFTER_MS = 10000;
/** How long after a session's end the box has to show that it was a restart, and nobody's will. */
const RESTART_SHOWS_MS = 2500;

/**
 * - `idle` nothing is sent
 * - `connecting` asking the box, or it answered and the session does not stand yet
 * - `sending` the session stands
 * - `waiting` lost; tries again after a pause
 * - `taken` somebody else sends to the channel; tries again when the box says so, or when it is nudged
 * - `ended` a host ended it, or somebody took over
 * - `refused` the box lets this phone not send (any more)
 * @typedef {'idle' | 'connecting' | 'sending' | 'waiting' | 'taken' | 'ended' | 'refused'} WhipState
 */

export class WhipSender {
  /** @type {WhipState} */
  #state = 'idle';
  #stream;
  #run;
  #changed;
  #isVoice;
  #channel = '';
  #backoff = new Backoff();
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  /** @type {string | null} */
  #session = null;
  /** The run of the box in which the session began. @type {string | null} */
  #begunIn = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} the pause, the limit or the next question */
  #timer;
  #sinceMs = 0;
  /** @type {import('./tags.js').Tags} */
  #tags = { title: '', artist: '' };
  /** What was said last in this session. @type {import('./tags.js').Tags | null} */
  #said = null;
  #saying = false;
  /** @type {import('./api.js').Heard | null} */
  heard = null;
  /** Between phone and box, milliseconds. @type {number | null} */
  roundTripMs = null;

  /**
   * @param {() => MediaStream} stream what is sent; asked for at each session and kept alive by its owner
   * @param {() => string | null} run which run of the box answers now; `null` while none does
   * @param {() => void} changed called whenever there is something else to say
   * @param {boolean} [isVoice] what is sent is a host's voice over the music
   */
  constructor(stream, run, changed, isVoice = false) {
    this.#stream = stream;
    this.#run = run;
    this.#changed = changed;
    this.#isVoice = isVoice;
  }

  get state() {
    return this.#state;
  }

  /** Whether it sends or tries to. */
  get active() {
    return !['idle', 'ended', 'refused'].includes(this.#state);
  }

  /**
   * Sends to a channel from now on.
   * @param {string} channel
   * @param {boolean} [takesOver] takes the place of whoever sends
   */
  start(channel, takesOver = false) {
    this.#channel = channel;
    this.#backoff.reset();
    this.#connect(takesOver);
  }

  /** Sends nothing any more. Safe at any time, also while the page is being closed. */
  stop() {
    this.#hangUp();
    this.#enter('idle');
  }

  /** The network, the box or the place at the channel may be back: a pause ends now. */
  nudge() {
    if (this.#state !== 'waiting' && this.#state !== 'taken') return;
    this.#backoff.reset();
    this.#connect(false);
  }

  /**
   * Says what plays, now and in every session to come.
   * @param {import('./tags.js').Tags} tags
   */
  say(tags) {
    this.#tags = tags;
    this.#saySoon();
  }

  /** One request at a time, because two on their way may arrive in any order; the last word counts. */
  async #saySoon() {
    const [session, tags] = [this.#session, this.#tags];
    const known = this.#said !== null && this.#said.title === tags.title && this.#said.artist === tags.artist;
    if (this.#saying || session === null || this.#state !== 'sending' || known) return;
    this.#saying = true;
    // One that is not taken is said again with the next look.
    const took = await sayTitle(session, tags).then(() => true, () => false);
    this.#saying = false;
    if (took && session === this.#session) this.#said = tags;
    if (took) this.#saySoon();
  }

  /** @param {boolean} takesOver */
  async #connect(takesOver) {
    this.#hangUp();
    this.#enter('connecting');
    const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
    this.#peer = peer;
    peer.addEventListener('connectionstatechange', () => this.#follow(peer));
    const stream = this.#stream();
    peer.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] });
    try {
      await peer.setLocalDescription(await peer.createOffer());
      this.#begunIn = this.#run();
      const { answer, session } = await offerSound(this.#channel, peer.localDescription?.sdp ?? '', this.#isVoice ? 'voice' : takesOver ? 'takeover' : null);
      if (peer !== this.#peer) {
        // Stopped while the box was thinking: nobody else knows this session.
        endSound(session);
        return;
      }
      this.#session = session;
      // Stereo and the bit rate are what the answer asks for.
      await peer.setRemoteDescription({ type: 'answer', sdp: answer });
      if (peer === this.#peer && this.#state === 'connecting') this.#timer = setTimeout(() => this.#lose(), CONNECT_LIMIT_MS);
    } catch (error) {
      if (peer === this.#peer) this.#refuse(error);
    }
  }

  /** @param {unknown} error what an offer was answered with */
  #refuse(error) {
    if (!(error instanceof RefusedError)) return this.#lose();
    const isTaken = error.code === 'sender-taken';
    if (error.status === 401 || error.status === 403) {
      this.#hangUp();
      this.#enter('refused');
    } else {
      this.#lose(error.retryAfterMs, isTaken ? 'taken' : 'waiting');
    }
  }

  /** @param {RTCPeerConnection} peer */
  #follow(peer) {
    if (peer !== this.#peer) return;
    if (peer.connectionState === 'connected' && this.#state === 'connecting') {
      this.#enter('sending');
      this.#saySoon();
      this.#look(peer);
    }
    // A radio that is away for a moment is waited for: the session outlasts it.
    if (peer.connectionState === 'failed') this.#lose();
  }

  /**
   * Asks the box what becomes of the sound, again and again while this session stands.
   * @param {RTCPeerConnection} peer
   */
  async #look(peer) {
    const session = this.#session ?? '';
    const askedMs = performance.now();
    /** @type {number | null} */
    let answeredMs = null;
    const asking = askHeard(session).then((heard) => {
      answeredMs = performance.now() - askedMs;
      return heard;
    });
    const [heard, checkedMs] = await Promise.all([asking.catch((error) => error), roundTrip(peer)]);
    if (peer !== this.#peer) return;
    if (heard instanceof RefusedError && heard.status === 404) return this.#end(peer);
    // A box that does not answer says nothing of the sound.
    this.heard = heard instanceof Error ? null : heard;
    // Firefox does not say how long its checks took; then it is this question that took so long.
    this.roundTripMs = checkedMs ?? answeredMs;
    this.#saySoon();
    this.#changed();
    this.#timer = setTimeout(() => this.#look(peer), ASK_EVERY_MS);
  }

  /**
   * The box does not know the session any more: it has begun anew, it lost sight of this phone, or somebody ended it.
   * @param {RTCPeerConnection} peer
   */
  #end(peer) {
    const stood = peer.connectionState === 'connected';
    const begunIn = this.#begunIn;
    this.#session = null;
    this.#lose();
    if (!stood) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#run() === begunIn) this.#enter('ended');
      else this.#connect(false);
    }, RESTART_SHOWS_MS);
  }

  /**
   * @param {number | null} atLeastMs
   * @param {WhipState} state
   */
  #lose(atLeastMs = null, state = 'waiting') {
    if (this.#state === 'sending' && performance.now() - this.#sinceMs > PROVED_AFTER_MS) this.#backoff.reset();
    this.#hangUp();
    this.#enter(state);
    this.#timer = setTimeout(() => this.#connect(false), this.#backoff.next(atLeastMs));
  }

  #hangUp() {
    clearTimeout(this.#timer);
    this.#peer?.close();
    this.#peer = null;
    if (this.#session !== null) endSound(this.#session);
    this.#session = null;
    this.#said = null;
    this.heard = null;
    this.roundTripMs = null;
  }

  /** @param {WhipState} state */
  #enter(state) {
    this.#state = state;
    this.#sinceMs = performance.now();
    this.#changed();
  }
}

/**
 * How long a question takes to the box and back, as connectivity checks measured it; `null` while none has.
 * @param {RTCPeerConnection} peer
 */
async function roundTrip(peer) {
  try {
    for (const report of (await peer.getStats()).values()) {
      const isUsed = report.type === 'candidate-pair' && report.nominated && report.currentRoundTripTime !== undefined;
      if (isUsed) return report.currentRoundTripTime * 1000;
    }
  } catch {
    // A closed connection has no statistics.
  }
  return null;
}
