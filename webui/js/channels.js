// Channels as people tell them apart: by a colour, by the shape that goes with it and by a name, so that nothing is told by
// the colour alone.

import { on, parse, write } from './colour.js';
import { icon, redraw } from './dom.js';
import { t } from './i18n.js';

/**
 * The colours a channel may have, in the order in which they are offered, and the shape of each (`img/icons.svg`).
 * @type {Record<string, {paint: string, shape: string}>}
 */
export const COLOURS = {
  red: { paint: '#e53935', shape: 'circle' },
  green: { paint: '#43a047', shape: 'triangle' },
  blue: { paint: '#1e88e5', shape: 'square' },
  yellow: { paint: '#fdd835', shape: 'star' },
  purple: { paint: '#8e24aa', shape: 'diamond' },
  orange: { paint: '#fb8c00', shape: 'hexagon' },
  teal: { paint: '#00a3a3', shape: 'cross' },
  pink: { paint: '#f06292', shape: 'heart' },
};

/** @typedef {Party.Channel} Channel */

/** @param {string} colour one that the page does not know looks like the first */
const looks = (colour) => COLOURS[colour] ?? COLOURS.red;

/**
 * What a channel is called: its own name, else its colour in the language of the page.
 * @param {{name: string, color: string | null}} channel one without a colour has a name
 */
export const nameOf = ({ name, color }) => name || t(`channel.${color}`);

/**
 * What a channel plays, in a line.
 * @param {{playing: boolean, source: string, title: string}} channel
 */
export function playsNow({ playing, source, title }) {
  if (!playing) return t('channel.paused');
  if (title !== '' || source === 'files') return title || t('now.nothing');
  return t(source === 'line-in' ? 'now.line_in' : 'source.sender');
}

/**
 * The channel that many places further on; after the last comes the first.
 * @param {Channel[]} channels
 * @param {string} id
 * @param {number} places negative: back
 */
export function beside(channels, id, places) {
  const at = channels.findIndex((channel) => channel.id === id);
  return channels[(at + places + channels.length) % channels.length];
}

/** The shape of a channel, to be coloured by `dress`. */
export function sign() {
  const shape = icon(COLOURS.red.shape);
  shape.classList.add('shape');
  return shape;
}

/**
 * Gives something a channel's colour, for its style to use, and the shape in it that goes with the colour.
 * @param {HTMLElement} what with a `sign` in it
 * @param {string} colour
 */
export function dress(what, colour) {
  const { paint, shape } = looks(colour);
  what.style.setProperty('--paint', paint);
  what.style.setProperty('--ink', write(on(parse(paint) ?? [0, 0, 0])));
  const drawn = what.querySelector('.shape');
  if (drawn !== null) redraw(drawn, shape);
}
