// Where a stream lies on the box's timeline, as its sender says it: in the description of a WebRTC session, and in the first bytes
// of an MP3 body. Pure.

/** Ticks of the timeline in a second. */
export const TICKS_PER_S = 48000;

/** What an ID3v2 tag begins with, how long its head is, and its frame's. */
const TAG = [0x49, 0x44, 0x33];
const HEAD_BYTES = 10;
/** The frame's first field ends with a zero; the ticks come after it. */
const OWNER = 'partybox/media-time';

/**
 * The RTP timestamp at the beginning of the timeline (RFC 7273), `null` if it is not said.
 * @param {string} sdp
 */
export function clockZero(sdp) {
  const found = /^a=mediaclk:direct=(\d+)/m.exec(sdp);
  return found === null ? null : Number(found[1]);
}

/**
 * The ticks that an RTP timestamp means. It wraps once a day, so those near a known moment are taken.
 * @param {number} timestamp
 * @param {number} zero the timestamp at tick 0
 * @param {number} near ticks
 */
export const ticksOf = (timestamp, zero, near) => near + ((timestamp - zero - near) | 0);

/**
 * What the beginning of an MP3 body says.
 * @param {Uint8Array} bytes
 * @returns {{ticks: number | null, length: number} | null} the ticks of its first sound, if it says them, and how many bytes that
 *   took; `null` if there are too few bytes to tell
 */
export function readStamp(bytes) {
  if (bytes.length < HEAD_BYTES) return null;
  if (TAG.some((byte, n) => bytes[n] !== byte)) return { ticks: null, length: 0 };
  // Sizes have 7 bits to a byte.
  const length = HEAD_BYTES + bytes.subarray(6, 10).reduce((size, byte) => size * 128 + byte, 0);
  if (bytes.length < length) return null;
  const owner = String.fromCharCode(...bytes.subarray(2 * HEAD_BYTES, 2 * HEAD_BYTES + OWNER.length));
  if (owner !== OWNER || length < 2 * HEAD_BYTES + OWNER.length + 9) return { ticks: null, length };
  const ticks = new DataView(bytes.buffer, bytes.byteOffset + length - 8, 8).getBigUint64(0);
  return { ticks: Number(ticks), length };
}
