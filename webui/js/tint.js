// The channel's colour over the whole screen.

import { CONTROL, on, parse, readable, TEXT, write } from './colour.js';

/**
 * The lightest ground in the dark, and the darkest in the light, that something is written on.
 * @type {Record<'dark' | 'light', import('./colour.js').Rgb>}
 */
const GROUND = { dark: [58, 50, 54], light: [240, 228, 222] };

let shown = '';

/**
 * Gives the page a channel's colour; one that is none is ignored.
 * @param {string | undefined} colour such as `#e53935`
 */
export function tint(colour) {
  if (colour === undefined || colour === shown) return;
  const channel = parse(colour);
  if (channel === null) return;
  shown = colour;
  draw(channel);
  matchMedia('(prefers-color-scheme: light)').onchange = () => draw(channel);
}

/** @param {import('./colour.js').Rgb} channel */
function draw(channel) {
  const light = matchMedia('(prefers-color-scheme: light)').matches;
  const ground = light ? GROUND.light : GROUND.dark;
  /** @type {import('./colour.js').Rgb} */
  const towards = light ? [0, 0, 0] : [255, 255, 255];
  const fill = readable(channel, towards, ground, CONTROL);
  const { style } = document.documentElement;
  style.setProperty('--channel', write(channel));
  style.setProperty('--accent', write(readable(channel, towards, ground, TEXT)));
  style.setProperty('--fill', write(fill));
  style.setProperty('--on-fill', write(on(fill)));
}
