// What the DJ's page asks of the box over and above `../api.js`: to be let send (WHIP), what plays, and whether it is heard. It
// names addresses and nothing else does; it decides nothing about retries.

import { ask } from '../api.js';

/**
 * What becomes of what is sent, as far as the box knows.
 * @typedef {object} Heard
 * @property {string | null} state of the channel's sender, as in the status
 * @property {boolean} chosen the channel plays senders
 * @property {boolean} heard its listeners hear this sender now
 * @property {string[]} together who else sends to the channel
 * @property {number | null} waits_ms how long packets wait at the box until they are played
 * @property {number} listeners of the channel
 */

/**
 * Offers to send to a channel.
 * @param {string} channel
 * @param {string} offer the phone's SDP
 * @param {'takeover' | 'voice' | null} [as] a host takes the place of whoever sends, or speaks over the music
 * @returns {Promise<{answer: string, session: string}>} the box's SDP, and the address of the session
 */
export async function offerSound(channel, offer, as = null) {
  const answer = await ask(`/whip/${channel}${as === null ? '' : `?${as}=1`}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp' },
    body: offer,
  });
  const place = answer.headers.get('Location') ?? '';
  return { answer: await answer.text(), session: new URL(place, answer.url || location.href).href };
}

/**
 * Ends a session. It also works while the page is being closed, and nobody waits for the answer.
 * @param {string} session
 */
export function endSound(session) {
  fetch(session, { method: 'DELETE', keepalive: true }).catch(() => {});
}

/**
 * Says what plays.
 * @param {string} session
 * @param {import('./tags.js').Tags} tags
 */
export const sayTitle = (session, { title, artist }) =>
  ask(`${session}/title`, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ title, artist }) });

/**
 * @param {string} session
 * @returns {Promise<Heard>}
 */
export const askHeard = async (session) => (await ask(`${session}/heard`, { cache: 'no-store' })).json();
