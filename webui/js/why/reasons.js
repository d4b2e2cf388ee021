// Why nothing is heard, from what the box says and what this phone knows. Pure: findings in, keys of messages out.

/**
 * - `open` sound arrives over WebRTC
 * - `blocked` the box agreed, but no sound came: something between stops UDP
 * - `full` the box has no room
 * - `impossible` this browser has no WebRTC
 * - `unreachable` the box did not answer
 * @typedef {'open' | 'blocked' | 'full' | 'impossible' | 'unreachable'} LiveWay
 */

/**
 * @typedef {object} Findings
 * @property {string[] | null} box codes from the box; null if it did not answer
 * @property {import('../report.js').Report | null} report how listening went on the guest page
 * @property {number} playingElsewhere other tabs of this phone that play
 * @property {LiveWay} live
 */

/** What keeps everybody from hearing, the weightiest first; then what keeps this phone from it. */
const OF_THE_PARTY = ['ended', 'paused', 'no-tracks', 'line-in-gone', 'sender-gone', 'no-signal', 'scanning', 'muted-volume'];
const OF_THE_ROOM = ['radio-full', 'server-full'];

/**
 * @param {Findings} found
 * @returns {string[]} codes of reasons, the likeliest first; empty when everything looks right
 */
export function reasons({ box, report, playingElsewhere, live }) {
  if (box === null) return ['unreachable'];
  // Whatever else may be so, there is nothing to hear.
  if (box.includes('ended')) return ['ended'];
  const said = [...OF_THE_PARTY, ...OF_THE_ROOM].filter((code) => box.includes(code));
  const own = [];
  if (report === null || (report.phase === 'idle' && report.reason === '')) own.push('not-tapped');
  if (report?.phase === 'blocked') own.push('blocked');
  if (report?.reason === 'phone_paused') own.push('phone-paused');
  if (report !== null && report.volume === 0) own.push('volume-zero');
  if (playingElsewhere > 0) own.push('other-tab');
  if (live === 'full' && said.every((code) => !OF_THE_ROOM.includes(code))) own.push('server-full');
  if (live === 'blocked') own.push('udp-blocked');
  if (live === 'impossible') own.push('no-webrtc');
  if (box.includes('not-flowing') && live !== 'blocked') own.push('not-flowing');
  if (report?.reason === 'hidden') own.push('hidden');
  return [...said, ...own];
}
