// Live: one WebRTC session with the box, signaled by WHEP, kept alive until it is told to stop.
// It does not touch the page and does not decide when Live is hopeless; it reports, and whoever owns it decides.

import { joinLive, leaveLive, RefusedError, tuneLive } from './api.js';
import { Backoff } from './backoff.js';
import { wantMusic } from './sdp.js';
import { clockZero, ticksOf } from './stamp.js';
import { LatenessWatch, StallWatch } from './stall.js';
import { inboundAudio, Weather } from './weather.js';

/**
 * How much sound the browser should hold back, in milliseconds. Phones on a busy radio see packets come late by 8 ms
 * one time in twenty and by 50 ms one time in a hundred, so 60 ms is heard as unbroken by nearly everybody.
 * `?jitter=20` in the page's address sets another value for measuring.
 */
const JITTER_TARGET_MS = 60;

/** How long a session stands by for a tap, in milliseconds: less than the box lets it. */
const STANDBY_MS = 100000;

/** From the box's answer to the first packet. Longer than this means that the way for sound is closed. */
const FIRST_PACKET_LIMIT_MS = 5000;
/** Packets come every 10 to 60 ms; this long without one, and the session is dead. */
const NO_PACKET_LIMIT_MS = 2000;
/** What was played longer ago than this says nothing of now. */
const PLAYED_AGO_MS_MAX = 100;
/** Ticks of the stream's timeline in a millisecond. */
const TICKS_PER_MS = 48;
/** How often the statistics are read. */
const LOOK_EVERY_MS = 500;
/** A session that lasted this long has proved itself: the next loss starts with the short pause again. */
const PROVED_AFTER_MS = 10000;
/** Playing this much later than the target for `LATE_HOLD_MS` is cured by a new session… */
const LATE_LIMIT_MS = 150;
const LATE_HOLD_MS = 5000;
/** …but not more often than this, because on a bad radio the delay is needed. */
const LATE_CURE_EVERY_MS = 60000;

/**
 * - `idle` nobody wants sound
 * - `standby` nobody wants it yet, and a session is there for whoever does, or on its way
 * - `offering` asking the box
 * - `connecting` the box answered; no packet yet
 * - `live` packets arrive
 * - `waiting` lost; tries again after a pause
 * @typedef {'idle' | 'standby' | 'offering' | 'connecting' | 'live' | 'waiting'} WhepState
 */

/**
 * Why a session was lost or not had.
 * - `unreachable` the box did not answer
 * - `full` the box has no room (503)
 * - `refused` the box said no
 * - `no_media` the box said yes, but no sound arrives
 * - `stalled` the sound stopped
 * - `late` the sound came too late
 * @typedef {'unreachable' | 'full' | 'refused' | 'no_media' | 'stalled' | 'late'} Loss
 */

/**
 * @typedef {object} WhepEvents
 * @property {(stream: MediaStream) => void} onStream there is something to play
 * @property {() => void} onLive the first packet of a session has arrived
 * @property {(loss: Loss) => void} onLost the session is gone; the next try is already planned
 * @property {(weak: boolean) => void} [onWeather] how the radio is, at every look
 */

/** Whether this browser can listen Live at all. */
export function liveIsPossible() {
  return typeof globalThis.RTCPeerConnection === 'function';
}

export class WhepListener {
  /** @type {WhepState} */
  #state = 'idle';
  #stream;
  #events;
  #jitterTargetMs;
  #backoff = new Backoff();
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  /** @type {RTCPeerConnection | null} the session that stood when the box fell silent elsewhere */
  #doubted = null;
  /** @type {string | null} where to leave the session */
  #session = null;
  /** @type {number | null} the RTP timestamp at tick 0, if the box has said it */
  #clockZero = null;
  /** @type {string | null} the session that is being told another stream */
  #tuning = null;
  /** Whether the session under way was asked for before the box knew whose it is, or to stand by. */
  #unnamed = false;
  /** @type {MediaStream | null} what a session that stands by will play */
  #silent = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} the pause, or the next look at the statistics */
  #timer;
  /** When the state last changed. */
  #sinceMs = 0;
  #lateCuredAtMs = -LATE_CURE_EVERY_MS;

  /**
   * @param {string} stream the stream's id
   * @param {WhepEvents} events
   * @param {number} jitterTargetMs
   */
  constructor(stream, events, jitterTargetMs = JITTER_TARGET_MS) {
    this.#stream = stream;
    this.#events = events;
    this.#jitterTargetMs = jitterTargetMs;
  }

  /** @returns {WhepState} */
  get state() {
    return this.#state;
  }

  /**
   * Another stream from now on, in the same session where there is one: then the next packet is the other stream's.
   * @param {string} stream
   */
  tune(stream) {
    if (stream === this.#stream) return;
    this.#stream = stream;
    if (this.#state === 'idle' || this.#state === 'standby') return;
    if (this.#session === null) this.#connect();
    else this.#retune(this.#session);
  }

  /** The box knows this phone as a guest now: a session from before that is told whose it is. */
  introduce() {
    if (this.#state === 'standby') return;
    if (this.#session !== null) this.#retune(this.#session);
    else this.#unnamed ||= this.#state === 'offering';
  }

  /** Has a session stand by, so that `start` finds it connected. Whoever is not let stand by just starts without. */
  prepare() {
    if (this.#state === 'idle') this.#connect(true);
  }

  /**
   * Ticks of what is heard now, `null` where the browser or the box does not say.
   * @param {number} near ticks of any moment within hours
   */
  heardTicks(near) {
    const source = this.#peer?.getReceivers()[0]?.getSynchronizationSources?.()[0];
    if (this.#state !== 'live' || this.#clockZero === null || source?.rtpTimestamp === undefined) return null;
    // It is of the sound that was played last, at a time of the clock on the wall.
    const passedMs = performance.timeOrigin + performance.now() - source.timestamp;
    return ticksOf(source.rtpTimestamp, this.#clockZero, near) + Math.min(Math.max(0, passedMs), PLAYED_AGO_MS_MAX) * TICKS_PER_MS;
  }

  /** Connects and stays connected. Does nothing when already started. */
  start() {
    if (this.#state === 'idle') this.#connect();
    else if (this.#state === 'standby') this.#hear();
  }

  /** The session that stands by, or is on its way, is wanted now. */
  #hear() {
    clearTimeout(this.#timer);
    this.#enter('offering');
    if (this.#silent !== null) this.#events.onStream(this.#silent);
    // Where the answer is still on its way, `#connect` goes on with it.
    if (this.#unnamed && this.#peer !== null) this.#await(this.#peer, this.#session);
  }

  /** Leaves the box and forgets everything. Safe at any time, also while the page is being closed. */
  stop() {
    this.#enter('idle');
    this.#backoff.reset();
    this.#hangUp();
  }

  /** The phone's network or the box may be back: a pause ends now. */
  nudge() {
    if (this.#state === 'waiting') {
      this.#backoff.reset();
      this.#connect();
    }
  }

  /** The packets arrive but are not heard: a new session is worth a try. */
  reconnect() {
    if (this.#state === 'live') {
      this.#lose('stalled');
    }
  }

  /** The box fell silent elsewhere: the session that stands now is gone if it was a restart. */
  doubt() {
    this.#doubted = this.#peer;
  }

  /** The box is back and knows nothing of before: a session from then is lost, and its silence need not be waited for. */
  restarted() {
    const lost = this.#peer !== null && this.#peer === this.#doubted;
    if (lost && (this.#state === 'live' || this.#state === 'connecting')) {
      this.#lose('stalled');
    }
  }

  /**
   * Tells the box which stream a session shall go on with. One request at a time, because two on their way may arrive in any
   * order; the last wish counts.
   * @param {string} session
   */
  async #retune(session) {
    if (this.#tuning === session) return;
    this.#tuning = session;
    let told;
    try {
      do {
        told = this.#stream;
        await tuneLive(session, told);
      } while (told !== this.#stream && session === this.#session);
    } catch {
      // The box knows neither session nor stream any more, or is away: a new session shows which.
      if (session === this.#session) this.#connect();
    } finally {
      if (this.#tuning === session) this.#tuning = null;
    }
  }

  /** @param {boolean} standby whether nobody wants to hear yet */
  async #connect(standby = false) {
    this.#enter(standby ? 'standby' : 'offering');
    /** @type {RTCPeerConnection | null} */
    let peer = null;
    try {
      peer = this.#open();
      await this.#offer(peer);
      // Another stream was wanted meanwhile, or none.
      if (peer !== this.#peer) return;
      const { answer, session } = await joinLive(this.#stream, peer.localDescription?.sdp ?? '', standby);
      if (peer !== this.#peer) {
        // Stopped while the box was thinking: nobody else knows this session.
        if (session !== null) leaveLive(session);
        return;
      }
      this.#session = session;
      this.#clockZero = clockZero(answer);
      await peer.setRemoteDescription({ type: 'answer', sdp: answer });
      if (peer !== this.#peer) return;
      this.#unnamed ||= standby;
      if (this.#state === 'standby') this.#timer = setTimeout(() => this.stop(), STANDBY_MS);
      else this.#await(peer, session);
    } catch (error) {
      if (peer === null || peer === this.#peer) {
        if (this.#state === 'standby') this.stop();
        else if (standby) this.#connect();
        else this.#lose(lossOf(error), error instanceof RefusedError ? error.retryAfterMs : null);
      }
    }
  }

  /**
   * The box has answered: waits for packets.
   * @param {RTCPeerConnection} peer
   * @param {string | null} session
   */
  #await(peer, session) {
    this.#enter('connecting');
    this.#watch(peer);
    if (this.#unnamed && session !== null) this.#retune(session);
    this.#unnamed = false;
  }

  /** A fresh peer connection that wants one audio track and sends nothing. */
  #open() {
    this.#hangUp();
    const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
    this.#peer = peer;
    const { receiver } = peer.addTransceiver('audio', { direction: 'recvonly' });
    // Unknown to some browsers: there it is an ordinary property that nobody reads.
    receiver.jitterBufferTarget = this.#jitterTargetMs;
    peer.addEventListener('track', (event) => {
      const stream = event.streams[0] ?? new MediaStream([event.track]);
      if (this.#state === 'standby') this.#silent = stream;
      else this.#events.onStream(stream);
    });
    peer.addEventListener('connectionstatechange', () => {
      if (peer !== this.#peer) return;
      if (this.#state === 'standby') {
        // What fails before anybody wants it is no loss.
        if (peer.connectionState === 'failed' || peer.connectionState === 'closed') this.stop();
      } else if (peer.connectionState === 'failed') {
        this.#lose(this.#state === 'live' ? 'stalled' : 'no_media');
      }
    });
    return peer;
  }

  /**
   * Sets the offer. No candidate is waited for: the box listens on a known address and learns the phone's from its
   * first packet.
   * @param {RTCPeerConnection} peer
   */
  async #offer(peer) {
    const offer = await peer.createOffer();
    try {
      await peer.setLocalDescription({ type: 'offer', sdp: wantMusic(offer.sdp ?? '') });
    } catch {
      // A browser that takes nothing but its own words: mono, but it plays.
      await peer.setLocalDescription(offer);
    }
  }

  /**
   * Looks at the statistics again and again while this peer is the current one.
   * @param {RTCPeerConnection} peer
   */
  #watch(peer) {
    const packets = new StallWatch(NO_PACKET_LIMIT_MS);
    const weather = new Weather();
    const lateness = new LatenessWatch(this.#jitterTargetMs + LATE_LIMIT_MS, LATE_HOLD_MS);
    const look = async () => {
      const inbound = await inboundAudio(peer);
      if (peer !== this.#peer) return;
      const nowMs = performance.now();
      const received = inbound?.packetsReceived ?? 0;
      this.#events.onWeather?.(weather.look(nowMs, inbound));
      if (this.#state === 'connecting' && received > 0) {
        this.#enter('live');
        this.#events.onLive();
      }
      if (this.#state === 'connecting' && nowMs - this.#sinceMs > FIRST_PACKET_LIMIT_MS) {
        this.#lose('no_media');
      } else if (this.#state === 'live' && packets.look(nowMs, received)) {
        this.#lose('stalled');
      } else if (this.#state === 'live' && this.#tooLate(lateness, nowMs, inbound)) {
        this.#lateCuredAtMs = nowMs;
        this.#lose('late');
      } else {
        const soonMs = this.#state === 'connecting' ? LOOK_EVERY_MS / 5 : LOOK_EVERY_MS;
        this.#timer = setTimeout(look, soonMs);
      }
    };
    look();
  }

  /**
   * @param {LatenessWatch} lateness
   * @param {number} nowMs
   * @param {any} inbound
   */
  #tooLate(lateness, nowMs, inbound) {
    const late = lateness.look(nowMs, inbound?.jitterBufferDelay ?? 0, inbound?.jitterBufferEmittedCount ?? 0);
    return late && nowMs - this.#lateCuredAtMs > LATE_CURE_EVERY_MS;
  }

  /**
   * @param {Loss} loss
   * @param {number | null} atLeastMs
   */
  #lose(loss, atLeastMs = null) {
    if (this.#state === 'live' && performance.now() - this.#sinceMs > PROVED_AFTER_MS) {
      this.#backoff.reset();
    }
    this.#hangUp();
    this.#enter('waiting');
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next(atLeastMs));
    this.#events.onLost(loss);
  }

  #hangUp() {
    clearTimeout(this.#timer);
    this.#peer?.close();
    this.#peer = null;
    this.#silent = null;
    this.#unnamed = false;
    if (this.#session !== null) {
      leaveLive(this.#session);
      this.#session = null;
    }
  }

  /** @param {WhepState} state */
  #enter(state) {
    this.#state = state;
    this.#sinceMs = performance.now();
  }
}

/**
 * @param {unknown} error
 * @returns {Loss}
 */
function lossOf(error) {
  if (error instanceof RefusedError) {
    return error.status === 503 ? 'full' : 'refused';
  }
  // `fetch` rejects with these when nobody answers, and Firefox throws one while the phone has no network.
  const silent = error instanceof TypeError || (error instanceof DOMException && error.name === 'AbortError');
  return silent || globalThis.navigator?.onLine === false ? 'unreachable' : 'refused';
}
