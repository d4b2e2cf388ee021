// What the pages of streams ask of the box: the list of them. How one is heard is asked elsewhere (`../api.js`).

import { ask } from '../api.js';

/**
 * @typedef {{id: string, name: string, color: string | null, active: boolean, source: string, title: string, artist: string,
 *   art: string | null, tags: string[], listeners: number, since_ms: number}} Stream one that can be listened to
 */

/** @typedef {{active: boolean, latest: string | null, time_ms: number, streams: Stream[]}} Streams */

/**
 * Every stream of the box, and its clock.
 * @returns {Promise<Streams>}
 */
export const readStreams = async () => (await ask('/stream/status', { cache: 'no-store' })).json();
