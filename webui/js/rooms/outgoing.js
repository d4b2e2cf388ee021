// The DJ's sound on its way to everybody else in the room: one connection to each, offered again when it fails. What plays is told
// on the same way, so that the box learns nothing of it.

import { Backoff } from '../backoff.js';
import { describe } from './music.js';

/** The channel beside the sound on which its title is told. */
const TITLES = 'title';

/**
 * @typedef {object} Way to one listener
 * @property {RTCPeerConnection} peer
 * @property {RTCDataChannel} titles
 * @property {Promise<void>} work what is done to the connection, one step after the other
 * @property {Backoff} backoff
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 */

export class Outgoing {
  #stream;
  #say;
  #onChange;
  /** @type {Map<number, Way>} */
  #ways = new Map();
  #title = '';

  /**
   * @param {MediaStream} stream what is played
   * @param {(message: object) => void} say tells the box
   * @param {() => void} onChange called when somebody began or ceased to be reached
   */
  constructor(stream, say, onChange) {
    this.#stream = stream;
    this.#say = say;
    this.#onChange = onChange;
  }

  /**
   * How far the sound gets to somebody.
   * @param {number} to
   * @returns {RTCPeerConnectionState}
   */
  state(to) {
    return this.#ways.get(to)?.peer.connectionState ?? 'new';
  }

  /**
   * What plays; empty while nothing does.
   * @param {string} title
   */
  tell(title) {
    this.#title = title;
    for (const { titles } of this.#ways.values()) this.#told(titles);
  }

  /** @param {number} to */
  offer(to) {
    const backoff = this.#ways.get(to)?.backoff ?? new Backoff();
    this.drop(to);
    const peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
    for (const track of this.#stream.getAudioTracks()) {
      peer.addTransceiver(track, { direction: 'sendonly', streams: [this.#stream] });
    }
    const titles = peer.createDataChannel(TITLES);
    /** @type {Way} */
    const way = { peer, titles, work: Promise.resolve(), backoff, timer: undefined };
    this.#ways.set(to, way);
    titles.addEventListener('open', () => this.#told(titles));
    peer.addEventListener('icecandidate', ({ candidate }) => {
      if (this.#ways.get(to) === way) this.#say({ type: 'ice-candidate', to, candidate: candidate?.toJSON() ?? null });
    });
    peer.addEventListener('connectionstatechange', () => {
      if (this.#ways.get(to) !== way) return;
      if (peer.connectionState === 'connected') backoff.reset();
      if (peer.connectionState === 'failed') way.timer = setTimeout(() => this.offer(to), backoff.next());
      this.#onChange();
    });
    this.#do(way, async () => {
      const sdp = await describe(peer, await peer.createOffer());
      if (this.#ways.get(to) === way) this.#say({ type: 'offer', to, sdp });
    });
  }

  /**
   * @param {number} from
   * @param {string} sdp
   */
  answer(from, sdp) {
    const way = this.#ways.get(from);
    if (way !== undefined) this.#do(way, () => way.peer.setRemoteDescription({ type: 'answer', sdp }));
  }

  /**
   * @param {number} from
   * @param {RTCIceCandidateInit | null} candidate
   */
  candidate(from, candidate) {
    const way = this.#ways.get(from);
    if (way !== undefined && candidate !== null) this.#do(way, () => way.peer.addIceCandidate(candidate));
  }

  /** @param {number} to */
  drop(to) {
    const way = this.#ways.get(to);
    clearTimeout(way?.timer);
    this.#ways.delete(to);
    way?.peer.close();
  }

  close() {
    for (const to of [...this.#ways.keys()]) this.drop(to);
  }

  /** @param {RTCDataChannel} titles */
  #told(titles) {
    if (titles.readyState === 'open') titles.send(JSON.stringify({ title: this.#title }));
  }

  /**
   * One step after the other, because messages may come while the one before is still understood. What cannot be understood is left
   * out: the connection then fails, and is offered again.
   * @param {Way} way
   * @param {() => Promise<void>} step
   */
  #do(way, step) {
    way.work = way.work.then(step).catch(() => {});
  }
}
