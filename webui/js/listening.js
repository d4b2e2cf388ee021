// The rules of listening: what happens between a guest's tap and sound, on which path, and what comes after a loss.
// Pure: a state and an event make the next state. `player.js` does what the state says.

/** Live that fails this often in a row, while the box itself answers, is closed on this phone: Pocket takes over. */
export const LIVE_FAILURES_LIMIT = 2;

/** Live that was heard before gets more patience: a box that has just restarted has a whole room at its door. */
export const LIVE_RETURN_FAILURES_LIMIT = 6;

/** When the box has no place for this phone on either way, it is asked again this often, in milliseconds. */
export const FULL_RETRY_MS = 10_000;

/**
 * - `idle` nothing plays and nothing is wanted
 * - `connecting` tapped; no sound yet
 * - `live` sound over WebRTC
 * - `pocket` sound as an MP3 stream
 * - `reconnecting` sound was lost; it comes back without a tap
 * - `blocked` the browser wants one more tap
 * @typedef {'idle' | 'connecting' | 'live' | 'pocket' | 'reconnecting' | 'blocked'} Phase
 */

/** @typedef {'live' | 'pocket'} Path */

/**
 * What the guest asked for; `auto` is Live where it works and the page is seen, else Pocket.
 * @typedef {'auto' | Path} Choice
 */

/**
 * Why the guest hears Pocket though Live was wanted, or why nothing plays.
 * @typedef {'' | 'no_webrtc' | 'live_failed' | 'live_full' | 'full' | 'unreachable' | 'phone_paused' | 'elsewhere' | 'ended' | 'hidden'} Reason
 */

/**
 * @typedef {object} Listening
 * @property {Phase} phase
 * @property {Choice} chosen what the guest asked for
 * @property {Path | null} path what is being tried or heard; null when nothing is
 * @property {Reason} reason
 * @property {number} failures of Live in a row, while the box answered
 * @property {boolean} hadLive since the tap, Live was heard
 */

/**
 * @typedef {{type: 'listen', webrtc: boolean}
 *   | {type: 'stop'}
 *   | {type: 'choose', path: Choice, webrtc: boolean}
 *   | {type: 'heard', path: Path}
 *   | {type: 'lost', path: Path, loss: import('./whep.js').Loss, hidden: boolean}
 *   | {type: 'hidden'}
 *   | {type: 'shown'}
 *   | {type: 'blocked'}
 *   | {type: 'phone_paused'}
 *   | {type: 'elsewhere'}
 *   | {type: 'ended'}} ListeningEvent
 */

/**
 * @param {Choice} chosen
 * @returns {Listening}
 */
export function atRest(chosen = 'auto') {
  return { phase: 'idle', chosen, path: null, reason: '', failures: 0, hadLive: false };
}

/**
 * @param {Listening} now
 * @param {ListeningEvent} event
 * @returns {Listening}
 */
export function next(now, event) {
  switch (event.type) {
    case 'listen':
      return begin(now.chosen, event.webrtc);
    case 'stop':
      return atRest(now.chosen);
    case 'choose':
      return now.path === null ? atRest(event.path) : changed(now, begin(event.path, event.webrtc));
    case 'heard':
      return heard(now, event.path);
    case 'lost':
      return lost(now, event);
    case 'hidden':
      // The phone is about to end Live's sound: Pocket takes over while Live still plays.
      return now.chosen === 'auto' && now.path === 'live' ? { ...now, path: 'pocket', reason: 'hidden' } : now;
    case 'shown':
      return now.reason === 'hidden' ? { ...now, path: 'live', reason: '', failures: 0 } : now;
    case 'blocked':
      return now.path === null ? now : { ...now, phase: 'blocked' };
    case 'phone_paused':
      return { ...atRest(now.chosen), reason: 'phone_paused' };
    case 'elsewhere':
    case 'ended':
      // Whoever was at rest stays so, for whatever reason they were.
      return now.path === null ? now : { ...atRest(now.chosen), reason: event.type };
  }
}

/**
 * @param {Choice} chosen
 * @param {boolean} webrtc
 * @returns {Listening}
 */
function begin(chosen, webrtc) {
  const start = { ...atRest(chosen), phase: /** @type {Phase} */ ('connecting') };
  if (chosen !== 'pocket' && !webrtc) {
    return { ...start, path: 'pocket', reason: 'no_webrtc' };
  }
  return { ...start, path: chosen === 'pocket' ? 'pocket' : 'live' };
}

/**
 * Another way was chosen while one is heard: that one is heard on until the other is.
 * @param {Listening} now
 * @param {Listening} wanted
 * @returns {Listening}
 */
function changed(now, wanted) {
  const sounds = now.phase === 'live' || now.phase === 'pocket';
  return sounds ? { ...wanted, phase: now.phase } : wanted;
}

/**
 * @param {Listening} now
 * @param {Path} path
 * @returns {Listening}
 */
function heard(now, path) {
  // Packets that come while the browser refuses to play are not heard; nor is a way that is being left.
  if (now.path !== path || now.phase === 'blocked') {
    return now;
  }
  const back = now.path === 'pocket' && now.reason === 'full' ? 'live_full' : '';
  const reason = now.reason === 'unreachable' || now.reason === 'full' ? back : now.reason;
  return { ...now, phase: now.path, reason, failures: 0, hadLive: now.hadLive || now.path === 'live' };
}

/**
 * @param {Listening} now
 * @param {{path: Path, loss: import('./whep.js').Loss, hidden: boolean}} event
 * @returns {Listening}
 */
function lost(now, { path, loss, hidden }) {
  if (now.path === null) {
    return now;
  }
  if (now.path !== path) {
    // The way that was being left has ended before the other is heard.
    return now.phase === path ? { ...now, phase: 'reconnecting' } : now;
  }
  const again = { ...now, phase: /** @type {Phase} */ (now.phase === 'connecting' ? 'connecting' : 'reconnecting') };
  if (loss === 'unreachable') {
    return { ...again, phase: 'reconnecting', reason: 'unreachable' };
  }
  if (now.path === 'live' && loss === 'stalled' && hidden && now.chosen === 'auto') {
    // This phone ends Live's sound when nobody looks at the page.
    return { ...again, path: 'pocket', reason: 'hidden' };
  }
  return now.path === 'live' ? lostLive(again, loss) : lostPocket(again, loss);
}

/**
 * @param {Listening} again
 * @param {import('./whep.js').Loss} loss
 * @returns {Listening}
 */
function lostLive(again, loss) {
  if (loss === 'stalled' || loss === 'late') {
    // It worked a moment ago: no sign that Live is closed here.
    return { ...again, reason: '' };
  }
  if (loss === 'full' && again.reason === 'full') {
    return { ...again, path: 'pocket' };
  }
  const failures = again.failures + 1;
  const first = loss === 'full' ? 1 : LIVE_FAILURES_LIMIT;
  if (failures >= (again.hadLive ? LIVE_RETURN_FAILURES_LIMIT : first)) {
    return { ...again, path: 'pocket', reason: loss === 'full' ? 'live_full' : 'live_failed', failures, hadLive: false };
  }
  return { ...again, reason: '', failures };
}

/**
 * Pocket that breaks off means that something changed, so Live gets one more chance where it was only given up.
 * Where neither has a place, both are asked in turn.
 * @param {Listening} again
 * @param {import('./whep.js').Loss} loss
 * @returns {Listening}
 */
function lostPocket(again, loss) {
  if (loss === 'full') {
    return { ...again, path: again.chosen === 'pocket' ? 'pocket' : 'live', reason: 'full', failures: 0 };
  }
  if (again.reason === 'live_failed' || again.reason === 'live_full') {
    return { ...again, path: 'live', reason: '', failures: LIVE_FAILURES_LIMIT - 1 };
  }
  return again;
}
