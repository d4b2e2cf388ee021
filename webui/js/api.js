// Everything the pages ask of the box. This is the only module that names URLs: the rest of the pages speak of
// joining, leaving and pausing. It decides nothing about retries; it turns an answer into a value or an error.

/** How long the box may take to answer a request before it counts as unreachable, in milliseconds. */
const ANSWER_LIMIT_MS = 6000;

/** The channel every guest hears. */
export const MAIN_STREAM = 'main';

/**
 * What the box says about the party.
 * @typedef {object} Status
 * @property {string} name what the host calls the box
 * @property {boolean} playing false while the host has paused
 * @property {string} source `files` or `line-in`
 * @property {{id: string, state: string, detail?: string}[]} sources
 * @property {boolean} fallback the chosen source is silent or gone, and another one stands in
 * @property {Track | null} track
 * @property {{id: string, live: boolean}[]} streams
 * @property {{live: number, pocket: number}} listeners
 * @property {boolean} you_are_host
 */

/**
 * @typedef {object} Track
 * @property {number} id
 * @property {string} title
 * @property {string} artist
 * @property {number | null} duration_ms null when nobody knows
 * @property {number} position_ms
 */

/**
 * How this phone stands with pairing.
 * @typedef {{state: 'guest'} | {state: 'asking', label: number, remaining_ms: number}
 *   | {state: 'host', id: number, label: number} | {state: 'ended', why: string}} Stand
 */

/**
 * @typedef {object} Host
 * @property {number} id
 * @property {number} label the two digits it asked under
 * @property {string} browser empty when nobody knows
 * @property {string} system empty when nobody knows
 * @property {boolean} you
 */

/** The box answered, but not with what was asked for. */
export class RefusedError extends Error {
  /**
   * @param {number} status the HTTP status code
   * @param {string} detail what the box said, in its own words
   * @param {string} code why, for pages to put into words; empty if the box gave none
   * @param {number | null} retryAfterMs how long the box asks to wait
   */
  constructor(status, detail, code, retryAfterMs) {
    super(detail || `status ${status}`);
    this.name = 'RefusedError';
    this.status = status;
    this.detail = detail;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The address of the endless MP3, for the audio element and for other players. */
export function pocketUrl(stream = MAIN_STREAM) {
  return new URL(`/stream/${stream}.mp3`, location.href).href;
}

/**
 * The status once.
 * @returns {Promise<Status>}
 */
export async function readStatus() {
  const answer = await ask('/api/party/status', { cache: 'no-store' });
  return answer.json();
}

/** The status on every change, as `status` events. */
export function openStatusEvents() {
  return new EventSource('/api/party/events');
}

/**
 * Everything about the party as it changes.
 * @param {{session: string, seq: number} | null} resume the last change that is known, to be sent only what came after
 */
export function openLive(resume) {
  const place = new URL('/api/party/live', location.href);
  place.protocol = place.protocol === 'https:' ? 'wss:' : 'ws:';
  if (resume !== null) {
    place.searchParams.set('session', resume.session);
    place.searchParams.set('seq', String(resume.seq));
  }
  return new WebSocket(place.href);
}

/**
 * Joins a stream over WebRTC (WHEP).
 * @param {string} stream
 * @param {string} offer the phone's SDP
 * @returns {Promise<{answer: string, session: string | null}>} the box's SDP, and the address to leave by
 */
export async function joinLive(stream, offer) {
  const answer = await ask(`/whep/${stream}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp' },
    body: offer,
  });
  const place = answer.headers.get('Location');
  return {
    answer: await answer.text(),
    session: place === null ? null : new URL(place, answer.url || location.href).href,
  };
}

/**
 * Leaves a session. It also works while the page is being closed, and nobody waits for the answer: a box that
 * cannot be told frees the session by itself.
 * @param {string} session
 */
export function leaveLive(session) {
  fetch(session, { method: 'DELETE', keepalive: true }).catch(() => {});
}

/** Host: go on playing. */
export const hostPlay = () => ask('/api/party/play', { method: 'POST' });
/** Host: pause for everybody. */
export const hostPause = () => ask('/api/party/pause', { method: 'POST' });
/** Host: the next track. */
export const hostNext = () => ask('/api/party/next', { method: 'POST' });
/**
 * Host: choose what is heard.
 * @param {string} source
 */
export const hostSource = (source) =>
  ask('/api/party/source', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ source }),
  });

/**
 * How this phone stands with pairing.
 * @returns {Promise<Stand>}
 */
export async function readPairing() {
  const answer = await ask('/api/pairing', { cache: 'no-store' });
  return answer.json();
}

/**
 * Asks to be host. The box remembers this phone by a cookie that no script sees.
 * @returns {Promise<Stand>}
 */
export async function askToBeHost() {
  const answer = await ask('/api/pairing', { method: 'POST' });
  return answer.json();
}

/** Asks no longer. */
export const giveUpAsking = () => ask('/api/pairing', { method: 'DELETE' });

/**
 * Host: all hosts, in the order in which they became it.
 * @returns {Promise<Host[]>}
 */
export async function readHosts() {
  const answer = await ask('/api/hosts', { cache: 'no-store' });
  return (await answer.json()).hosts;
}

/**
 * Host: this one shall be host no more.
 * @param {number} id
 */
export const removeHost = (id) => ask(`/api/hosts/${id}`, { method: 'DELETE' });

/**
 * One request with a time limit. Rejects with `RefusedError` when the box said no, and with whatever `fetch`
 * rejects with when it did not answer.
 * @param {string} path
 * @param {RequestInit} init
 */
export async function ask(path, init) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_LIMIT_MS);
  try {
    const answer = await fetch(path, { ...init, signal: abort.signal });
    if (!answer.ok) {
      const { detail, code } = await reason(answer);
      throw new RefusedError(answer.status, detail, code, retryAfterMs(answer));
    }
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What the box said, in its own words and as a code.
 * @param {Response} answer
 */
async function reason(answer) {
  const text = await answer.text().catch(() => '');
  try {
    const { error, code } = JSON.parse(text);
    return { detail: String(error ?? ''), code: String(code ?? '') };
  } catch {
    return { detail: text.slice(0, 200), code: '' };
  }
}

/** @param {Response} answer */
function retryAfterMs(answer) {
  const seconds = Number.parseInt(answer.headers.get('Retry-After') ?? '', 10);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}
