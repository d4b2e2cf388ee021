// What the page with the box's settings asks of the box. Its other modules name no addresses.

import { ask } from '../api.js';

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

/** @returns {Promise<Party.BoxSettings>} */
export const boxSettings = async () => (await send('GET', '/api/box/settings')).json();
/**
 * Sets all of these or none.
 * @param {Record<string, unknown>} some values by key; `null` takes back what a host had set
 * @returns {Promise<Party.BoxSettings>}
 */
export const setBox = async (some) => (await send('PATCH', '/api/box/settings', some)).json();
/** The first host was asked. @returns {Promise<Party.BoxSettings>} */
export const wasAsked = async () => (await send('POST', '/api/box/settings/asked')).json();
export const setClock = () => send('POST', '/api/box/clock', { unix_ms: Date.now(), set: true });
export const restartBox = () => send('POST', '/api/box/restart');
/**
 * The address of a backup.
 * @param {boolean} hosts whether with the hosts
 */
export const backup = (hosts) => `/api/box/backup${hosts ? '?hosts=yes' : ''}`;
/**
 * Takes a backup back.
 * @param {string} text what the file says
 * @returns {Promise<{left_out: Party.LeftOut[]}>} what of it this box does not know or does not take
 */
export const restoreBackup = async (text) =>
  (await ask('/api/box/backup', { method: 'PUT', cache: 'no-store', headers: { 'Content-Type': 'application/json' }, body: text })).json();
