// What hosts and DJs ask of the box, over and above what `../api.js` asks for everybody. It names addresses and nothing
// else does; the box checks the role of every request, so nothing here is a lock.

import { ask, groups, ofChannel, RefusedError, tracksOf } from '../api.js';

/** How many rows of a search or a list are asked for at once. */
const ROWS = 30;
/** The same where all of them are wanted: as many as the box gives. */
const PAGE_ROWS = 200;
/** No more than so many are offered to choose from: a longer list is none that people choose from. */
const LISTED_MAX = 2000;

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] sent as JSON
 */
const send = (method, path, body) =>
  ask(path, {
    method,
    cache: 'no-store',
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });

/** @param {string} path */
const read = async (path) => (await send('GET', path)).json();

export const play = () => send('POST', ofChannel('play'));
export const pause = () => send('POST', ofChannel('pause'));
/** @param {number} ms from the song's start */
export const seek = (ms) => send('POST', ofChannel('seek'), { position_ms: ms });
export const next = () => send('POST', ofChannel('next'));
export const previous = () => send('POST', ofChannel('previous'));
/** @param {number} db 0 to -40 */
export const volume = (db) => send('PUT', ofChannel('volume'), { db });
/** @param {boolean} on whether somebody speaks over the music; said again while it goes on */
export const talkOver = (on) => send(on ? 'PUT' : 'DELETE', ofChannel('talk-over'));
/** @param {string} source */
export const choose = (source) => send('POST', ofChannel('source'), { source });
/** @param {Partial<Party.Settings>} some */
export const settings = (some) => send('PUT', ofChannel('settings'), some);
/** @param {string} title */
export const startParty = (title) => send('POST', '/api/party/start', { title });
export const endParty = () => send('POST', '/api/party/end');

/**
 * @param {number} track
 * @param {'next' | 'end'} at
 */
export const enqueue = (track, at) => send('POST', ofChannel('queue'), { track, at });
/**
 * @param {number} item
 * @param {number} to its place from now on, counted from 0
 */
export const move = (item, to) => send('POST', ofChannel(`queue/${item}/move`), { to });
/** @param {number} item */
export const remove = (item) => send('DELETE', ofChannel(`queue/${item}`));
export const clear = () => send('DELETE', ofChannel('queue'));
export const undo = () => send('POST', ofChannel('queue/undo'));

/** @param {number} request */
export const approve = (request) => send('POST', ofChannel(`requests/${request}/approve`));
/** @param {number} request */
export const decline = (request) => send('POST', ofChannel(`requests/${request}/decline`));

/**
 * Adds a channel or changes one.
 * @param {string} id
 * @param {{name?: string, color?: string, repertoire?: Party.Repertoire}} some
 */
export const setChannel = (id, some) => send('PUT', `/api/channels/${id}`, some);
/** @param {string} id */
export const removeChannel = (id) => send('DELETE', `/api/channels/${id}`);
/**
 * @param {string} id
 * @param {number} to its place from now on, counted from 0
 */
export const moveChannel = (id, to) => send('POST', `/api/channels/${id}/move`, { to });
/**
 * Changes settings of a channel that need not be the one that is steered.
 * @param {string} id
 * @param {Partial<Party.Settings>} some
 */
export const settingsOf = (id, some) => send('PUT', `/api/channels/${id}/settings`, some);
/** @returns {Promise<Party.ChannelStatistics>} */
export const channelStatistics = () => read('/api/channels/statistics');

/** @returns {Promise<Party.Guest[]>} */
export async function guests() {
  const said = await read('/api/guests');
  return Array.isArray(said) ? said : said.guests;
}
/**
 * @param {number} label
 * @param {boolean} may whether the guest may do what DJs may
 */
export const dj = (label, may) => send(may ? 'PUT' : 'DELETE', `/api/guests/${label}/dj`);

/**
 * What was typed, or all there is for nothing typed.
 * @param {string} typed
 * @param {number | null} after what the page before said as `next`
 * @returns {Promise<{tracks: Party.Track[], next: number | null}>}
 */
export const search = (typed, after) => {
  const which = typed === '' ? 'tracks?' : `search?q=${encodeURIComponent(typed)}&`;
  return read(`/api/library/${which}limit=${ROWS}${after === null ? '' : `&after=${after}`}`);
};

/**
 * The groups of one kind, or the playlists.
 * @param {string} by
 * @param {string | null} after
 * @returns {Promise<{groups: import('../api.js').Group[], next: string | number | null}>}
 */
export const groupsOf = (by, after) => groups(by, after);
/**
 * The tracks of a group.
 * @param {string} by
 * @param {string} key
 * @param {string | number | null} after
 */
export const tracksIn = (by, key, after) => tracksOf(by, key, after);
/** @returns {Promise<{tracks: Party.Track[], next: number | null}>} the tracks that came last */
export const fresh = () => read(`/api/library/newest?limit=${ROWS}`);

/** @param {string} channel whose code and colour the poster bears */
export const posterOf = (channel) => `/poster?channel=${channel}`;
/** @param {number} track that a host sent to the box */
export const removeUpload = (track) => send('DELETE', `/api/library/uploads/${track}`);

/** @returns {Promise<Party.Place[]>} */
export async function places() {
  const said = await read('/api/library/roots');
  return Array.isArray(said) ? said : said.roots;
}
/**
 * All that a list of the library has, page by page.
 * @param {string} which
 * @param {string} name of the rows in an answer
 */
async function readAll(which, name) {
  const all = [];
  let after = '';
  while (all.length < LISTED_MAX) {
    const page = await read(`/api/library/${which}limit=${PAGE_ROWS}${after}`);
    all.push(...page[name]);
    if (page.next == null) break;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
  return all;
}
/**
 * The folders in another one.
 * @param {string} key of that one; empty: the places of music
 * @returns {Promise<Party.Folder[]>}
 */
export const folders = (key) => readAll(`folders?${key === '' ? '' : `in=${encodeURIComponent(key)}&`}`, 'folders');
/** @returns {Promise<Party.Playlist[]>} */
export const playlists = () => readAll('playlists?', 'playlists');
export const rescan = () => send('POST', '/api/library/rescan');
/** @returns {Promise<{path: string, reason: string}[]>} */
export const broken = async () => (await read(`/api/library/broken?limit=${ROWS}`)).files;
/**
 * Sheets and playlists of which not all is understood.
 * @returns {Promise<{id: number, path: string, trouble: string | null, missing: string[], missing_total: number, cut: boolean}[]>}
 */
export const troubledLists = async () => (await read(`/api/library/lists?limit=${ROWS}`)).lists;

/**
 * @returns {Promise<{
 *   network: (Record<string, unknown> & {origins?: Record<string, Party.Origin>}) | null,
 *   card_problems: Party.CardProblem[] | null,
 * }>}
 */
export const box = () => read('/api/box');
/** Whether nobody has said yet where the box is and what it is called. */
export const boxAsks = async () => (await read('/api/box/settings')).asks === true;
/** A box without a clock of its own learns from a host's phone when it is night. */
export const tellTime = () => send('POST', '/api/box/clock', { unix_ms: Date.now() });
/** @param {Record<string, unknown>} some any of `portal`, `forward` and `cable` */
export const setNetwork = (some) => send('PUT', '/api/box/network', some);
export const startAnew = () => send('POST', '/api/box/anew');
export const takeFromStick = () => send('POST', '/api/update/stick');
export const restart = () => send('POST', '/api/update/restart');

/**
 * The picture of a track in the size of a list, which is a tenth of the bytes.
 * @param {string | null | undefined} art where the whole picture is
 */
export const small = (art) => (art ? `${art}&size=small` : null);

/** @returns {Promise<{network: {name: string, passphrase: string} | null, url: string | null, name: string | null}>} */
export const invitation = () => read('/api/invitation');

/** The number in this address makes a browser fetch a picture again. */
let freshness = 0;
/**
 * @param {'wifi' | 'page'} what
 * @param {string} [channel] the one that the page opens on; else the first
 */
export const qr = (what, channel) =>
  `/api/qr/${what}.svg?again=${(freshness += 1)}${channel === undefined ? '' : `&channel=${channel}`}`;

/** How often a file is taken up again that a bad radio has stopped, and the pause before each time, in milliseconds. */
const TRIES = 20;
const TRY_PAUSE_MS = 3000;

/**
 * Sends a music file, and goes on where a bad radio has stopped it. See {@link sendFile}.
 * @param {File} file
 * @param {(share: number) => void} onProgress
 */
export function sendMusic(file, onProgress) {
  // No browser outside a secure context makes an id by itself.
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const path = `/api/library/uploads?name=${encodeURIComponent(file.name)}&id=${id}`;
  let given = false;
  let now = { abort: () => {} };
  const go = async (/** @type {number} */ from, /** @type {number} */ tries) => {
    const rest = from === 0 ? file : file.slice(from);
    const share = (/** @type {number} */ part) => onProgress((from + part * rest.size) / Math.max(1, file.size));
    const sending = sendFile(from === 0 ? path : `${path}&from=${from}`, rest, share);
    now = sending;
    try {
      await sending.done;
    } catch (error) {
      if (given || !(error instanceof TypeError) || tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_PAUSE_MS));
      if (given) throw new DOMException('given up', 'AbortError');
      await go(await bytesOf(id, from), tries - 1);
    }
  };
  return {
    done: go(0, TRIES),
    abort: () => {
      given = true;
      now.abort();
    },
  };
}

/**
 * How much of a file the box has; as much as before if it does not answer.
 * @param {string} id
 * @param {number} before
 * @returns {Promise<number>}
 */
async function bytesOf(id, before) {
  try {
    return (await read(`/api/library/uploads/unfinished/${id}`)).bytes;
  } catch {
    return before;
  }
}
/** Sends an update. See {@link sendFile}. */
export const sendUpdate = (/** @type {File} */ file, /** @type {(share: number) => void} */ onProgress) =>
  sendFile('/api/update', file, onProgress);

/**
 * Why a file was refused.
 * @param {number} status
 * @param {string} text the body of the answer
 */
function refusal(status, text) {
  try {
    const { error, code } = JSON.parse(text);
    return new RefusedError(status, String(error ?? ''), String(code ?? ''), null);
  } catch {
    return new RefusedError(status, '', '', null);
  }
}

/**
 * Sends a file and tells how it goes. `fetch` does not say how much it has sent, so this is the older way.
 * @param {string} path
 * @param {Blob} file
 * @param {(share: number) => void} onProgress 0 to 1
 * @returns {{done: Promise<void>, abort: () => void}} `done` rejects with `RefusedError` if the box said no, with a
 *   `TypeError` if it did not answer, and with an `AbortError` after `abort`
 */
function sendFile(path, file, onProgress) {
  const request = new XMLHttpRequest();
  const done = new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0));
    request.addEventListener('load', () =>
      request.status >= 200 && request.status < 300 ? resolve() : reject(refusal(request.status, request.responseText)),
    );
    request.addEventListener('error', () => reject(new TypeError('the box did not answer')));
    request.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
    request.open('POST', path);
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}

/** @returns {Promise<Party.Senders>} */
export const senders = () => read('/api/senders');
/**
 * The token is told this once.
 * @param {string} name
 * @returns {Promise<{id: number, token: string, url: string, name: string}>}
 */
export const makeSender = async (name) => (await send('POST', '/api/senders', { name })).json();
/** @param {number} id */
export const removeSender = (id) => send('DELETE', `/api/senders/${id}`);
/** @param {string} id of the channel */
export const endSender = (id) => send('DELETE', `/api/channels/${id}/sender`);
/**
 * @param {number} id
 * @param {string} token
 */
export const senderCode = (id, token) => `/api/senders/${id}/qr.svg?token=${token}`;
