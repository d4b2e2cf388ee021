// What hosts and DJs ask of the box, over and above what `../api.js` asks for everybody. It names addresses and nothing
// else does; the box checks the role of every request, so nothing here is a lock.

import { ask, groups, ofChannel, tracksOf } from '../api.js';
import { sendFile, sendWhole } from '../send.js';

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
/** @param {string} name of the setting that is to be what the files say again */
export const unset = (name) => send('DELETE', ofChannel(`settings/${name}`));
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
 *   network: (Record<string, unknown> & {origins?: Record<string, Party.Origin>, below?: Record<string, unknown>}) | null,
 *   card_problems: Party.CardProblem[] | null,
 * }>}
 */
export const box = () => read('/api/box');
/** What the box says of itself. @returns {Promise<Party.BoxSettings>} */
export const boxSaid = () => read('/api/box/settings');
/** A box without a clock of its own learns from a host's phone when it is night. */
export const tellTime = () => send('POST', '/api/box/clock', { unix_ms: Date.now() });
export const setClock = () => send('POST', '/api/box/clock', { unix_ms: Date.now(), set: true });
/** @param {string} zone as IANA names it */
export const setZone = (zone) => send('PATCH', '/api/box/settings', { time_zone: zone });
/** @param {Record<string, unknown>} some any of `portal`, `forward` and `cable` */
export const setNetwork = (some) => send('PUT', '/api/box/network', some);
/** @param {string} rule that is to be what the files say again */
export const unsetNetwork = (rule) => send('DELETE', `/api/box/network/${rule}`);
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

/**
 * Sends a music file, and goes on where a bad radio has stopped it. See {@link sendWhole}.
 * @param {File} file
 * @param {(share: number) => void} onProgress
 */
export const sendMusic = (file, onProgress) => sendWhole('/api/library/uploads', file, onProgress);
/** Sends an update. See {@link sendFile}. */
export const sendUpdate = (/** @type {File} */ file, /** @type {(share: number) => void} */ onProgress) =>
  sendFile('/api/update', file, onProgress);
/**
 * What a guest has brought stays on the box.
 * @param {number} track
 */
export const keepFile = (track) => send('POST', `/api/files/${track}/keep`);

/** Where the sound of what a guest has brought is, for hosts. @param {number} track */
export const soundOf = (track) => `/api/files/${track}/sound`;

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
/**
 * @param {string} channel
 * @param {number} id
 */
export const endSender = (channel, id) => send('DELETE', `/api/channels/${channel}/senders/${id}`);

/**
 * @param {string} channel
 * @param {number} id
 * @param {number} percent of its loudness, to the ear
 */
export const fadeSender = (channel, id, percent) => send('PUT', `/api/channels/${channel}/senders/${id}`, { loudness_percent: percent });
/**
 * @param {number} id
 * @param {string} token
 */
export const senderCode = (id, token) => `/api/senders/${id}/qr.svg?token=${token}`;
