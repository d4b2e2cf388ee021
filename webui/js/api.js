// Everything the guests' pages ask of the box. Only this module and the host's (`host/api.js`) name URLs: the rest of the
// pages speak of joining, leaving and pausing. It decides nothing about retries; it turns an answer into a value or an error.

/** How long the box may take to answer a request before it counts as unreachable, in milliseconds. */
const ANSWER_LIMIT_MS = 6000;

/** How many rows of the catalogue are asked for at once. */
const PAGE_ROWS = 50;

/** The channel that a box begins with: what is listened to and asked of until the feed has said which there are. */
export const MAIN_STREAM = 'main';

/** The channel that requests are about. */
let channel = MAIN_STREAM;

/**
 * What the box says about the party to everybody. A member that is `null` there may be missing here.
 * @typedef {object} State
 * @property {string} name what the host calls the box
 * @property {string} channel the channel that all below is about, where it is not about the box
 * @property {Party.Channel[]} channels all there are, in the host's order
 * @property {{live: boolean, title?: string | null, started_ms: number}} [session] `live`: the party has not ended
 * @property {boolean} playing false while the host has paused
 * @property {string} source `files` or `line-in`
 * @property {{id: string, state: string, detail?: string, title?: string, artist?: string}[]} sources
 * @property {boolean} fallback the chosen source is silent or gone, and another one stands in
 * @property {(Track & {item?: number | null, by?: By, hearts?: number, position_ms?: number}) | null} [track]
 * @property {{id: string}[]} streams
 * @property {{live: number, pocket: number}} listeners
 * @property {{order: number[], items: Record<string, QueueItem>}} [queue]
 * @property {Track[]} [upcoming] what plays by itself when the queue is empty
 * @property {{track: Track, by?: By, how: string, skipped_by: number, at_ms: number, hearts: number}[]} [history] newest first
 * @property {Record<string, number>} [reactions] how many of each kind there were at this party
 * @property {{votes: number, needed: number, from_ms: number}} [skip] `from_ms`: when votes are taken, by the box's clock
 * @property {{requests: 'approve' | 'auto' | 'off', files?: 'approve' | 'auto' | 'off', own_only?: boolean, reactions: boolean}} [settings]
 */

/** The same in one answer. @typedef {State & {you_are_host: boolean}} Status */

/** @typedef {{label: number, name?: string | null} | 'host' | null} By who asked for a track */

/**
 * @typedef {object} QueueItem
 * @property {Track} track
 * @property {By} [by]
 * @property {number} votes
 * @property {boolean} boosted
 * @property {{code: string, votes?: number, before?: number, round?: number}[]} why it stands where it stands
 */

/**
 * @typedef {object} Track
 * @property {number} id
 * @property {string} title
 * @property {string} artist
 * @property {string} [album]
 * @property {number | null} [duration_ms] nothing when nobody knows
 * @property {string | null} [art] the address of its picture
 */

/**
 * What the box says about this phone, to it alone.
 * @typedef {object} You
 * @property {'guest' | 'dj' | 'host'} role
 * @property {number} [label]
 * @property {string | null} [name]
 * @property {number[]} [votes] items this phone voted for
 * @property {number[]} [items] items this phone asked for
 * @property {{id: number, track: Track, state: 'pending' | 'declined' | 'queued', why?: string | null}[]} [requests]
 * @property {boolean} [skip_vote]
 * @property {boolean} [heart] whether it loves what plays
 * @property {number} [skip_from_ms] when it may vote to skip again, by the box's clock
 * @property {number} [boosts_left]
 * @property {number} [requests_left]
 */

/** @typedef {{key: string, name: string, artist?: string, tracks: number, art?: string | null}} Group */

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

/**
 * From now on requests are about another channel: the one whose state the page shows, because what is asked for (a vote for
 * that song) was said by that state.
 * @param {string} id
 */
export const askAbout = (id) => {
  channel = id;
};

/** @param {string} place of something that belongs to the channel */
export const ofChannel = (place) => `/api/channels/${channel}/${place}`;

/** The address of the endless MP3, for the audio element and for other players. */
export function pocketUrl(stream = MAIN_STREAM) {
  return new URL(`/stream/${stream}.mp3`, location.href).href;
}

/**
 * A page as it is served.
 * @param {string} path
 */
export async function fetchPage(path) {
  return (await ask(path, {})).text();
}

/**
 * The status once.
 * @returns {Promise<Status>}
 */
export async function readStatus() {
  const answer = await ask('/api/party/status', { cache: 'no-store' });
  return answer.json();
}

/**
 * Everything about the party as it changes.
 * @param {string | null} of the channel; `null` for the first one
 * @param {{session: string, seq: number} | null} resume the last change that is known, to be sent only what came after
 */
export function openFeed(of, resume) {
  const place = new URL(of === null ? '/api/party/live' : `/api/channels/${of}/live`, location.href);
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
 * @param {boolean} standby whether nothing is to be heard until the session is told a stream
 * @returns {Promise<{answer: string, session: string | null}>} the box's SDP, and the address to leave by
 */
export async function joinLive(stream, offer, standby) {
  const answer = await ask(`/whep/${stream}${standby ? '?standby=1' : ''}`, {
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
 * Makes a session go on with another stream: the next packet is that one's.
 * @param {string} session
 * @param {string} stream
 */
export const tuneLive = (session, stream) => send('PUT', `${session}/stream`, { stream });

/**
 * Leaves a session. It also works while the page is being closed, and nobody waits for the answer: a box that
 * cannot be told frees the session by itself.
 * @param {string} session
 */
export function leaveLive(session) {
  fetch(session, { method: 'DELETE', keepalive: true }).catch(() => {});
}

/**
 * The endless MP3 as it comes, for whoever puts it together. It says first where it begins (`stamp.js`).
 * @param {string} stream
 * @param {AbortSignal} signal
 */
export async function openPocket(stream, signal) {
  const answer = await fetch(`${pocketUrl(stream)}?stamp=id3`, { cache: 'no-store', signal });
  if (!answer.ok || answer.body === null) throw new RefusedError(answer.status, '', '', retryAfterMs(answer));
  return answer.body.getReader();
}

/** @param {string} art the address of a picture, for a list */
export const smallArt = (art) => `${art}${art.includes('?') ? '&' : '?'}size=small`;

/** @param {number} track */
export const request = (track) => send('POST', ofChannel('requests'), { track });
/** @param {number} id */
export const takeBack = (id) => send('DELETE', ofChannel(`requests/${id}`));
/** @param {number} item of the queue, asked for by this phone */
export const withdraw = (item) => send('DELETE', ofChannel(`queue/${item}`));
/**
 * @param {number} item
 * @param {boolean} yes false: no longer
 */
export const vote = (item, yes) => send(yes ? 'PUT' : 'DELETE', ofChannel(`queue/${item}/vote`));
/** @param {number} item */
export const boost = (item) => send('PUT', ofChannel(`queue/${item}/boost`));
/** @param {boolean} yes */
export const voteToSkip = (yes) => send(yes ? 'PUT' : 'DELETE', ofChannel('skip-vote'));
/** @param {boolean} yes whether this phone loves what plays */
export const love = (yes) => send(yes ? 'PUT' : 'DELETE', ofChannel('heart'));
/** @param {string} kind of `KINDS` in `reactions.js` */
export const react = (kind) => send('POST', ofChannel('reactions'), { kind });
/**
 * The colour that stands for a picture.
 * @param {string} art the picture's address
 * @returns {Promise<string>} such as `#e53935`
 */
export const colourOf = async (art) => (await (await ask(art.replace(/(\?|$)/, '/color$1'), {})).json()).color;
/**
 * The songs of the evening, oldest first, and the box's clock now.
 * @returns {Promise<{songs: NonNullable<State['history']>, time_ms: number}>}
 */
export const readEvening = () => read(ofChannel('evening'));
/**
 * What guests want most tonight.
 * @returns {Promise<{songs: {track: Track, wishes: number}[]}>}
 */
export const wished = () => read(ofChannel('wished'));
/**
 * The tracks that came to the box last.
 * @param {number} limit
 * @returns {Promise<{tracks: Track[], next: number | null}>}
 */
export const newest = (limit) => read('/api/library/newest', { limit });
/** The picture of a code that opens the page. */
export const pageCode = () => '/api/qr/page.svg';
/** @param {string | null} name */
export const callMe = (name) => send('PUT', '/api/me', { name });

/** Why this phone may hear nothing, as far as the box knows. */
export async function readWhy() {
  /** @type {{reasons: {code: string}[]}} */
  const said = await read('/api/why');
  return said.reasons;
}

/**
 * Tracks in which every word of `text` begins a word.
 * @param {string} text
 * @param {string | number | null} after
 * @returns {Promise<{tracks: Track[], next: number | null}>}
 */
export const search = (text, after) => read('/api/library/search', { q: text, limit: PAGE_ROWS, after });

/**
 * Tracks of a group.
 * @param {string} by `artist`, `album`, `genre`, `year` or `playlist`
 * @param {string} key
 * @param {string | number | null} after
 * @returns {Promise<{tracks: Track[], next: number | null}>}
 */
export const tracksOf = (by, key, after) => read('/api/library/tracks', { [by]: key, limit: PAGE_ROWS, after });

/**
 * The groups of one kind.
 * @param {string} by
 * @param {string | number | null} after
 * @returns {Promise<{groups: Group[], next: string | null}>}
 */
export async function groups(by, after, limit = PAGE_ROWS) {
  if (by !== 'playlist') return read('/api/library/groups', { by, limit, after });
  /** @type {{playlists: {id: number, name: string, tracks: number}[]}} */
  const { playlists } = await read('/api/library/playlists');
  return { groups: playlists.map(({ id, name, tracks }) => ({ key: String(id), name, tracks })), next: null };
}

/**
 * @param {string} path
 * @param {Record<string, string | number | null>} [query]
 */
async function read(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const answer = await ask(given.length === 0 ? path : `${path}?${search}`, { cache: 'no-store' });
  return answer.json();
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 */
function send(method, path, body) {
  if (body === undefined) return ask(path, { method });
  return ask(path, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

/**
 * How this phone stands with pairing.
 * @returns {Promise<Stand>}
 */
export async function readPairing() {
  const answer = await ask('/api/pairing', { cache: 'no-store' });
  return answer.json();
}

/**
 * What somebody at the box does to let a phone be host, and the address that its configuration would name.
 * @returns {Promise<{way: 'button' | 'key' | 'none', address: string}>}
 */
export async function readPairingWay() {
  const answer = await ask('/api/pairing/way', { cache: 'no-store' });
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
