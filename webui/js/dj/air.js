// How sending stands, in keys of messages: what listeners hear of it, as far as the box knows, and what can be done about it.
// Pure: values in, keys out.

/**
 * @typedef {object} Said
 * @property {string} key
 * @property {Record<string, string | number>} [values]
 * @property {number} [count] the number that chooses the form
 */

/**
 * What a DJ can do about it.
 * - `take-over` take the place of whoever sends (hosts)
 * - `choose` have the channel play senders (hosts)
 * @typedef {'take-over' | 'choose' | null} Way
 */

/**
 * @param {object} of
 * @param {import('./whip.js').WhipState} of.state
 * @param {import('./api.js').Heard | null} of.heard
 * @param {number | null} of.lateMs see `lateness`
 * @param {boolean} of.isHost
 * @param {string} of.sender who sends to the channel, as the feed says it; empty: nobody
 * @param {boolean} of.paused whether the channel is paused
 * @returns {{say: Said, more: Said | null, together?: Said | null, way: Way}} `together`: with whom
 */
export function describe({ state, heard, lateMs, isHost, sender, paused }) {
  const plain = (/** @type {string} */ key, /** @type {Said | null} */ more = null, /** @type {Way} */ way = null) => ({ say: { key }, more, way });
  if (state === 'taken') {
    const say = { key: isHost ? 'air.taken' : 'air.taken_wait', values: { name: sender } };
    return { say, more: null, way: isHost ? 'take-over' : null };
  }
  if (state !== 'sending') return plain(`air.${state}`);
  // It has not been asked yet, or does not answer.
  if (heard === null) return plain('air.unknown');
  if (!heard.chosen) return plain('air.elsewhere', isHost ? null : { key: 'air.ask_host' }, isHost ? 'choose' : null);
  if (paused) return plain('air.paused');
  if (heard.state === 'silent' || !heard.heard) return plain('air.silent');
  const late = lateMs === null ? null : { key: 'air.late', values: { ms: lateMs } };
  const beside = heard.together.filter((name) => name !== '').join(', ');
  const together = beside === '' ? null : { key: 'air.together', values: { name: beside } };
  if (heard.listeners === 0) return { ...plain('air.nobody', late), together };
  return { say: { key: 'air.heard', count: heard.listeners }, more: late, together, way: null };
}
