// The DJ's sound as this phone hears it: one connection, taken as the DJ offers it. What is told beside the sound comes from a
// stranger and is only ever shown as text.

import { describe } from './music.js';

/** Sound held back so that packets which cross the radio twice come in time, in milliseconds. */
const JITTER_TARGET_MS = 100;
/** Longest title that is shown, characters. */
const TITLE_MAX = 120;

/**
 * @typedef {object} IncomingEvents
 * @property {(stream: MediaStream) => void} onStream there is something to play
 * @property {(title: string) => void} onTitle what the DJ says that plays; empty: nothing does
 * @property {() => void} onChange the connection's state is another
 */

export class Incoming {
  #say;
  #events;
  /** @type {RTCPeerConnection | null} */
  #peer = null;
  #from = 0;
  #work = Promise.resolve();

  /**
   * @param {(message: object) => void} say tells the box
   * @param {IncomingEvents} events
   */
  constructor(say, events) {
    this.#say = say;
    this.#events = events;
  }

  /** @returns {RTCPeerConnectionState} */
  get state() {
    return this.#peer?.connectionState ?? 'new';
  }

  /**
   * Takes what the DJ offers in place of what was before.
   * @param {number} from
   * @param {string} sdp
   */
  offer(from, sdp) {
    this.close();
    const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
    this.#peer = peer;
    this.#from = from;
    peer.addEventListener('track', ({ streams, track, receiver }) => {
      // Unknown to some browsers: there it is an ordinary property that nobody reads.
      receiver.jitterBufferTarget = JITTER_TARGET_MS;
      if (peer === this.#peer) this.#events.onStream(streams[0] ?? new MediaStream([track]));
    });
    peer.addEventListener('datachannel', ({ channel }) => {
      channel.addEventListener('message', ({ data }) => {
        if (peer === this.#peer) this.#events.onTitle(titleOf(data));
      });
    });
    peer.addEventListener('icecandidate', ({ candidate }) => {
      if (peer === this.#peer) this.#say({ type: 'ice-candidate', to: from, candidate: candidate?.toJSON() ?? null });
    });
    peer.addEventListener('connectionstatechange', () => {
      if (peer === this.#peer) this.#events.onChange();
    });
    this.#work = Promise.resolve();
    this.#do(async () => {
      await peer.setRemoteDescription({ type: 'offer', sdp });
      const answer = await describe(peer, await peer.createAnswer());
      if (peer === this.#peer) this.#say({ type: 'answer', to: from, sdp: answer });
    });
    this.#events.onChange();
  }

  /**
   * @param {number} from
   * @param {RTCIceCandidateInit | null} candidate
   */
  candidate(from, candidate) {
    const peer = this.#peer;
    if (peer !== null && from === this.#from && candidate !== null) this.#do(() => peer.addIceCandidate(candidate));
  }

  close() {
    const peer = this.#peer;
    this.#peer = null;
    peer?.close();
  }

  /**
   * One step after the other; what cannot be understood is left out, and the DJ offers again.
   * @param {() => Promise<void>} step
   */
  #do(step) {
    this.#work = this.#work.then(step).catch(() => {});
  }
}

/**
 * The title in what a DJ's page sends; empty if there is none.
 * @param {unknown} data
 */
export function titleOf(data) {
  try {
    const { title } = JSON.parse(String(data));
    return typeof title === 'string' ? title.slice(0, TITLE_MAX) : '';
  } catch {
    return '';
  }
}
