// The channel's colour over the whole page: custom properties on the root, made of the colour's name.

import { COLOURS } from './channels.js';
import { BLACK, contrast, CONTROL, INK, on, parse, readable, TEXT, TEXT_LEAST, WHITE, write } from './colour.js';

/**
 * The lightest ground in the dark, and the darkest in the light, that something is written on.
 * @type {Record<'dark' | 'light', import('./colour.js').Rgb>}
 */
const GROUND = { dark: [58, 50, 54], light: [240, 228, 222] };
/** How far the colour that tones the grounds stays from white in the dark, and from black in the light, as contrasts: yellow
 * would make a dark page too light to read on, and purple a light one too dark. */
const TONE = { dark: 3, light: 4.7 };

let shown = '';

/**
 * Gives the page a channel's colour; one that the page does not know is ignored.
 * @param {string | undefined} colour its name
 */
export function tint(colour) {
  if (colour === undefined || colour === shown || COLOURS[colour] === undefined) return;
  shown = colour;
  const light = matchMedia('(prefers-color-scheme: light)');
  const draw = () => {
    for (const [name, value] of Object.entries(tones(colour, light.matches))) {
      document.documentElement.style.setProperty(name, value);
    }
  };
  draw();
  light.onchange = draw;
}

/**
 * The custom properties that make a page of one colour. Pure.
 * @param {string} colour a name of `COLOURS`
 * @param {boolean} light
 * @returns {Record<string, string>}
 */
export function tones(colour, light) {
  const channel = parse(COLOURS[colour].paint) ?? WHITE;
  const ground = light ? GROUND.light : GROUND.dark;
  const towards = light ? BLACK : WHITE;
  const away = light ? WHITE : BLACK;
  const seen = readable(channel, towards, ground, CONTROL);
  // Of what stands out, a colour half-way between black and white can be written on with neither.
  const fill = contrast(on(seen), seen) >= TEXT_LEAST ? seen : readable(seen, towards, light ? WHITE : INK, TEXT_LEAST);
  return {
    '--channel': write(channel),
    '--shade': write(readable(channel, away, towards, light ? TONE.light : TONE.dark)),
    '--accent': write(readable(channel, towards, ground, TEXT)),
    '--fill': write(fill),
    '--on-fill': write(on(fill)),
  };
}
