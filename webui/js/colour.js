// A channel's colour made fit to read: contrast as WCAG 2.2 defines it. Pure.

/** What text of normal size needs (WCAG 2.2, 1.4.3), and a little more for rounding. */
export const TEXT = 4.6;
/** The same where nothing is mixed. */
export const TEXT_LEAST = 4.55;
/** What the outline of a control needs (WCAG 2.2, 1.4.11), and a little more. */
export const CONTROL = 3.1;

/** @typedef {[number, number, number]} Rgb 0 to 255 each */

/** @type {Rgb} */
export const BLACK = [0, 0, 0];
/** @type {Rgb} */
export const WHITE = [255, 255, 255];
/** What is written with on a light colour. @type {Rgb} */
export const INK = [20, 14, 10];

/**
 * @param {string} text such as `#e53935`
 * @returns {Rgb | null}
 */
export function parse(text) {
  const hit = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  return hit === null ? null : [parseInt(hit[1], 16), parseInt(hit[2], 16), parseInt(hit[3], 16)];
}

/** @param {Rgb} colour */
export const write = (colour) => `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;

/**
 * Relative luminance, 0 to 1.
 * @param {Rgb} colour
 */
function luminance(colour) {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * 1 (the same) to 21 (black on white).
 * @param {Rgb} a
 * @param {Rgb} b
 */
export function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * The colour, moved towards white or black until it stands out enough on a ground.
 * @param {Rgb} colour
 * @param {Rgb} towards
 * @param {Rgb} ground
 * @param {number} least the contrast wanted
 * @returns {Rgb}
 */
export function readable(colour, towards, ground, least) {
  let moved = colour;
  for (let step = 0; step <= 20; step += 1) {
    const share = step / 20;
    moved = /** @type {Rgb} */ (colour.map((part, n) => part + (towards[n] - part) * share));
    if (contrast(moved, ground) >= least) break;
  }
  return moved;
}

/**
 * What can be read on a colour: nearly black, or white.
 * @param {Rgb} colour
 * @returns {Rgb}
 */
export function on(colour) {
  return contrast(INK, colour) >= contrast(WHITE, colour) ? INK : WHITE;
}
