// The evening's list as a text to keep: one line a song, with the time it began by this phone's clock. The box has no clock of
// the wall that can be trusted, so the phone puts its own to the box's.

import { readEvening } from './api.js';
import { make } from './dom.js';
import { timeOfDay } from './i18n.js';

/**
 * When something was, by this phone's clock, in milliseconds of its epoch. Pure.
 * @param {number} atMs by the box's clock
 * @param {number} boxNowMs
 * @param {number} nowMs of this phone's epoch
 */
export const onWall = (atMs, boxNowMs, nowMs) => nowMs - (boxNowMs - atMs);

/**
 * The list. Pure but for how a time of day is written.
 * @param {{track: {title: string, artist: string}, at_ms: number, hearts: number, how: string}[]} songs
 * @param {number} boxNowMs
 * @param {number} nowMs
 * @param {(ms: number) => string} time
 */
export function listed(songs, boxNowMs, nowMs, time) {
  const line = (/** @type {typeof songs[number]} */ { track, at_ms: atMs, hearts }) => {
    const name = track.artist === '' ? track.title : `${track.artist} – ${track.title}`;
    return `${time(onWall(atMs, boxNowMs, nowMs))}  ${name}${hearts > 0 ? `  ♥ ${hearts}` : ''}`;
  };
  return `${songs.map(line).join('\r\n')}\r\n`;
}

/**
 * Asks the box for the evening and hands it to the phone as a file.
 * @param {string} name of the party
 */
export async function saveEvening(name) {
  const { songs, time_ms: boxNowMs } = await readEvening();
  const text = `${name}\r\n\r\n${listed(songs, boxNowMs, Date.now(), timeOfDay)}`;
  const place = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = make('a', { href: place, download: `${name.replace(/[^\p{L}\p{N}]+/gu, '-')}.txt` });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(place), 60_000);
}
