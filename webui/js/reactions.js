// The kinds of reactions and their pictures; and how many of each are new since the last word of the box. Pure but for the
// pictures.

import { icon } from './dom.js';

/** The kinds, as the box names them, in the order in which they are offered. */
export const KINDS = ['fire', 'love', 'dance', 'clap', 'wow'];

/** Most pictures that rise for one word of the box: more are a wall, not a cheer. */
const RISING_MAX = 12;

/**
 * The picture of a kind, for the eye only.
 * @param {string} kind
 */
export function reactionIcon(kind) {
  const svg = icon(kind);
  svg.setAttribute('class', 'reaction');
  return svg;
}

/**
 * The kinds to show for what has come since, each as often as it came, as far as there is room. Pure.
 * @param {Record<string, number> | undefined} before `undefined`: nothing was known, so nothing is new
 * @param {Record<string, number> | undefined} now
 * @returns {string[]}
 */
export function risen(before, now) {
  if (before === undefined || now === undefined) return [];
  const grown = KINDS.map((kind) => ({ kind, n: Math.max(0, (now[kind] ?? 0) - (before[kind] ?? 0)) }));
  const all = grown.reduce((sum, { n }) => sum + n, 0);
  const share = all > RISING_MAX ? RISING_MAX / all : 1;
  return grown.flatMap(({ kind, n }) => Array(Math.ceil(n * share)).fill(kind)).slice(0, RISING_MAX);
}

/**
 * Has pictures rise in a place and go, for who wants things to move.
 * @param {Element} where
 * @param {string[]} kinds
 * @param {number} riseMs
 */
export function rise(where, kinds, riseMs) {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches || document.visibilityState !== 'visible') return;
  kinds.forEach((kind, n) => {
    const picture = reactionIcon(kind);
    where.append(picture);
    const x = 5 + Math.random() * 90;
    const sway = Math.random() * 16 - 8;
    picture.animate(
      [
        { left: `${x}%`, transform: 'translateY(0) scale(.4)', opacity: 0 },
        { left: `${x + sway / 2}%`, transform: 'translateY(-20cqh) scale(1.1)', opacity: 1, offset: 0.2 },
        { left: `${x + sway}%`, transform: 'translateY(-90cqh) scale(1)', opacity: 0 },
      ],
      { duration: riseMs * (0.8 + Math.random() * 0.4), delay: n * 70, easing: 'ease-out', fill: 'backwards' },
    ).addEventListener('finish', () => picture.remove());
  });
}
