// What can be listened to, asked for again and again while the page is looked at or plays. It shows nothing.

import { tellReachable } from '../listen.js';
import { readStreams } from './api.js';

/** How long after an answer the box is asked again, in milliseconds. */
const EVERY_MS = 3000;

/**
 * Tells of every answer from now on.
 * @param {(said: import('./api.js').Streams) => void} onNews
 * @param {() => void} onLost the box did not answer
 */
export function watchStreams(onNews, onLost) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = async () => {
    clearTimeout(timer);
    const said = await readStreams().catch(() => null);
    tellReachable(said !== null);
    if (said === null) onLost();
    else onNews(said);
    clearTimeout(timer);
    timer = setTimeout(look, EVERY_MS);
  };
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') look();
  });
  look();
}
