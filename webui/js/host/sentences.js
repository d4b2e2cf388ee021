// Values of the box as sentences: who asked, why a song stands where it stands, how long a wait is. It returns
// text in the language of the page and touches nothing.

import { count, known, t } from '../i18n.js';

/**
 * The name a person goes by; guests who gave none go by their number.
 * @param {{label: number, name?: string | null}} person
 */
export const person = ({ label, name }) => name || t('by.guest', { n: label });

/**
 * Who asked for a song; empty for the box itself.
 * @param {Party.By} by
 */
export function asker(by) {
  if (by === null || by === undefined) return '';
  return by === 'host' ? t('by.host') : person(by);
}

/** @param {{title: string}} track */
export const titleOf = (track) => track.title || t('now.untitled');

/**
 * Why a song stands where it stands, in one line.
 * @param {Party.Why[]} why
 */
export function reasons(why) {
  // The number of votes stands beside it, and the order of asking is worth a word only where nothing else is.
  return why
    .filter(({ code }) => code !== 'votes' && (code !== 'oldest' || why.length === 1))
    .map(({ code, ...numbers }) => {
      const n = numbers.before ?? numbers.votes ?? numbers.round;
      const key = `place.${code}`;
      if (n !== undefined && known(`${key}.other`)) return count(key, n);
      return known(key) ? t(key, { n: n ?? 0 }) : '';
    })
    .filter((text) => text !== '')
    .join(' · ');
}

/**
 * Seconds as words: as much as one wants to know of a wait.
 * @param {number} seconds
 */
export function wait(seconds) {
  return seconds < 90 ? count('wait.s', Math.max(1, Math.round(seconds))) : count('wait.min', Math.round(seconds / 60));
}
