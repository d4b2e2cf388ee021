// The colours of a page, as custom properties on the root: the channel's for its edges and signs, and for everything else the
// cover's, so that the page looks like the song that plays.

import { colourOf } from './api.js';
import { COLOURS } from './channels.js';
import { BLACK, contrast, CONTROL, INK, on, parse, readable, TEXT, TEXT_LEAST, WHITE, write } from './colour.js';

/**
 * The lightest ground in the dark, and the darkest in the light, that something is written on.
 * @type {Record<'dark' | 'light', import('./colour.js').Rgb>}
 */
const GROUND = { dark: [58, 50, 54], light: [226, 216, 212] };
/** What a box with one channel looks like without a cover: a colour that tells channels apart tells nothing there (css/base.css). */
const BRAND = '#ff7a45';
/** How far the colour that tones the grounds stays from white in the dark, and from black in the light, as contrasts: yellow
 * would make a dark page too light to read on, and purple a light one too dark. */
const TONE = { dark: 3, light: 4.9 };

/** What is shown: the channel's colour and the cover's, or nothing of it yet. */
const shown = { channel: '', cover: '', art: '' };
/** @type {MediaQueryList | null} */
let light = null;
let alwaysDark = false;

/**
 * Gives the page the colours of a channel and of the cover of what plays; a colour that the page does not know is ignored.
 * @param {readonly {id: string, color: string}[]} channels all there are
 * @param {string | undefined} id of the one shown
 * @param {string | null} [art] where the cover lies; without one everything has the channel's colour, or the house's where there is one channel
 * @param {boolean} [dark] whether the page is dark whatever its reader likes
 */
export function tint(channels, id, art = null, dark = false) {
  alwaysDark = dark;
  const paint = channels.length === 1 ? BRAND : COLOURS[channels.find((one) => one.id === id)?.color ?? '']?.paint;
  const wanted = art ?? '';
  const isNew = paint !== undefined && paint !== shown.channel;
  if (isNew) shown.channel = paint;
  if (wanted !== shown.art) {
    shown.art = wanted;
    if (wanted === '') shown.cover = '';
    else find(wanted);
  } else if (!isNew) {
    return;
  }
  draw();
}

/**
 * Asks the box for the colour of a picture. Without an answer the colour before stays.
 * @param {string} art
 */
async function find(art) {
  const found = await colourOf(art).catch(() => '');
  if (shown.art !== art || parse(found) === null) return;
  shown.cover = found;
  draw();
}

function draw() {
  if (light === null) {
    light = matchMedia('(prefers-color-scheme: light)');
    light.addEventListener('change', draw);
  }
  if (shown.channel === '' && shown.cover === '') return;
  const all = { '--channel': shown.channel || shown.cover, ...tones(shown.cover || shown.channel, light.matches && !alwaysDark) };
  for (const [name, value] of Object.entries(all)) document.documentElement.style.setProperty(name, value);
}

/**
 * The custom properties that make a page of one colour, whatever it is: everything that is read stands out by 4.5, everything
 * that is tapped by 3 (WCAG 2.2). Pure.
 * @param {string} colour such as `#e53935`
 * @param {boolean} isLight
 * @returns {Record<string, string>}
 */
export function tones(colour, isLight) {
  const paint = parse(colour) ?? WHITE;
  const ground = isLight ? GROUND.light : GROUND.dark;
  const towards = isLight ? BLACK : WHITE;
  const away = isLight ? WHITE : BLACK;
  const seen = readable(paint, towards, ground, CONTROL);
  // Of what stands out, a colour half-way between black and white can be written on with neither.
  const fill = contrast(on(seen), seen) >= TEXT_LEAST ? seen : readable(seen, towards, isLight ? WHITE : INK, TEXT_LEAST);
  return {
    '--shade': write(readable(paint, away, towards, isLight ? TONE.light : TONE.dark)),
    '--accent': write(readable(paint, towards, ground, TEXT)),
    '--fill': write(fill),
    '--on-fill': write(on(fill)),
  };
}
