// How the radio is, from what a browser counts of the sound that comes: whether to say "step closer" before the sound breaks.
// Pure: it is given numbers and the time.

/** Over so long the packets are counted, in milliseconds: one burst is a door that closes, not a weak radio. */
const WINDOW_MS = 6000;
/** Share of packets lost for good or made up that a listener begins to hear: browsers hide less. */
const LOSS_BAD = 0.03;
/** Mean deviation of arrivals, in seconds, that a jitter buffer of a fraction of a second only just evens out (RFC 3550). */
const JITTER_BAD_S = 0.05;
/** Once said, it stays for so long, so that words do not flicker. */
const HOLD_MS = 8000;
/** Fewer packets than these in the window say nothing. */
const PACKETS_LEAST = 60;

export class Weather {
  /** @type {{atMs: number, received: number, lost: number}[]} */
  #seen = [];
  #badUntilMs = -Infinity;

  /**
   * @param {number} nowMs
   * @param {{packetsReceived?: number, packetsLost?: number, jitter?: number} | null} inbound as `RTCInboundRtpStreamStats`
   * @returns {boolean} whether the radio is weak
   */
  look(nowMs, inbound) {
    const now = { atMs: nowMs, received: inbound?.packetsReceived ?? 0, lost: Math.max(0, inbound?.packetsLost ?? 0) };
    const last = this.#seen[this.#seen.length - 1];
    // Another session counts from nothing.
    if (last !== undefined && now.received < last.received) this.#seen = [];
    this.#seen.push(now);
    while (this.#seen.length > 2 && nowMs - this.#seen[1].atMs >= WINDOW_MS) this.#seen.shift();
    const [first] = this.#seen;
    const received = now.received - first.received;
    const lost = Math.max(0, now.lost - first.lost);
    const isLong = nowMs - first.atMs >= WINDOW_MS / 2 && received + lost >= PACKETS_LEAST;
    const isBad = isLong && (lost / (received + lost) > LOSS_BAD || (inbound?.jitter ?? 0) > JITTER_BAD_S);
    if (isBad) this.#badUntilMs = nowMs + HOLD_MS;
    return nowMs < this.#badUntilMs;
  }
}

/**
 * What the browser counts of the sound that comes in, `null` where there is none.
 * @param {RTCPeerConnection} peer
 */
export async function inboundAudio(peer) {
  try {
    for (const report of (await peer.getStats()).values()) {
      if (report.type === 'inbound-rtp' && report.kind === 'audio') return report;
    }
  } catch {
    // A closed connection has no statistics: the watch ends on its own.
  }
  return null;
}
