// How this phone stands with pairing, what comes next, and which words go with it. Pure: it is told what the box said,
// and returns message keys, not text.

/** How often the box is asked while this phone waits for a press, in milliseconds. */
const LOOK_EVERY_MS = 1000;

/** @typedef {'guest' | 'asking' | 'host' | 'ended' | 'refused'} Phase */

/**
 * @typedef {object} Asking
 * @property {Phase} phase
 * @property {number} label the two digits by which people tell phones apart; 0 while there are none
 * @property {number} endsAtMs when the box stops waiting, on the page's own clock
 * @property {string} why why it ended or was refused
 * @property {number} retryMs how long the box asks to wait
 * @property {boolean} known whether the box has recognised this phone since it asked: then its cookies are kept
 */

/** @returns {Asking} */
export function atRest() {
  return { phase: 'guest', label: 0, endsAtMs: 0, why: '', retryMs: 0, known: false };
}

/**
 * The box has taken the request.
 * @param {import('./api.js').Stand} stand
 * @param {number} nowMs
 * @returns {Asking}
 */
export function asked(stand, nowMs) {
  return { ...seen(atRest(), stand, nowMs), known: false };
}

/**
 * The box said how this phone stands.
 * @param {Asking} before
 * @param {import('./api.js').Stand} stand
 * @param {number} nowMs
 * @returns {Asking}
 */
export function seen(before, stand, nowMs) {
  switch (stand.state) {
    case 'asking':
      return { ...atRest(), phase: 'asking', label: stand.label, endsAtMs: nowMs + stand.remaining_ms, known: true };
    case 'host':
      return { ...atRest(), phase: 'host', label: stand.label };
    case 'ended':
      if (stand.why === 'aborted') return atRest();
      return { ...atRest(), phase: 'ended', why: stand.why };
    default:
      if (before.phase !== 'asking') return before.phase === 'host' ? atRest() : before;
      return { ...atRest(), phase: 'ended', why: before.known ? 'lost' : 'no_cookies' };
  }
}

/**
 * The box did not take the request.
 * @param {number} status the HTTP status code; 0 if the box did not answer
 * @param {number} retryMs
 * @returns {Asking}
 */
export function refused(status, retryMs) {
  const why = { 409: 'full', 429: 'often', 503: 'busy' }[status] ?? 'no_answer';
  return { ...atRest(), phase: 'refused', why, retryMs };
}

/**
 * When to ask the box again; null when there is nothing to wait for.
 * @param {Asking} asking
 */
export function lookAgainMs(asking) {
  return asking.phase === 'asking' ? LOOK_EVERY_MS : null;
}

/**
 * Whole seconds that the box still waits.
 * @param {Asking} asking
 * @param {number} nowMs
 */
export function secondsLeft(asking, nowMs) {
  return Math.max(0, Math.ceil((asking.endsAtMs - nowMs) / 1000));
}

/**
 * What is written, and what the button does.
 * @param {Asking} asking
 * @param {'button' | 'key' | 'none'} way what somebody at the box does to let a phone in
 * @returns {{button: string, say: string, hint: string}} message keys; empty for no words
 */
export function describe(asking, way = 'button') {
  const ask = { button: 'pairing.ask', say: '', hint: '' };
  switch (asking.phase) {
    case 'asking':
      return { button: 'pairing.cancel', say: way === 'key' ? 'pairing.press_key' : 'pairing.press', hint: 'pairing.number' };
    case 'host':
      return { ...ask, say: 'pairing.host' };
    case 'ended':
      return { ...ask, hint: `pairing.ended_${asking.why}` };
    case 'refused':
      return { ...ask, hint: `pairing.refused_${asking.why}` };
    default:
      return ask;
  }
}
