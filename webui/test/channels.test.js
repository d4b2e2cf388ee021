// The rules of channels that need no page: colours to read on, what a silent disco needs, fingers that wipe, lines of a chart.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { beside, COLOURS } from '../js/channels.js';
import { contrast, CONTROL, on, parse } from '../js/colour.js';
import { wiped } from '../js/guest/swipe.js';
import { points } from '../js/host/chart.js';
import { freeColour, newId, silentDisco } from '../js/host/disco.js';
import { columns } from '../js/screen/channels.js';
import { tones } from '../js/tint.js';

/** WCAG 2.2, 1.4.3: text of normal size. */
const AA = 4.5;

/** sRGB to Oklab and back, as CSS Color 4 defines it for `color-mix(in oklab, …)`. */
const toLinear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
const toByte = (part) => 255 * (part <= 0.0031308 ? 12.92 * part : 1.055 * Math.max(0, part) ** (1 / 2.4) - 0.055);
const times = (rows, [x, y, z]) => rows.map(([a, b, c]) => a * x + b * y + c * z);
const toOklab = (rgb) =>
  times(
    [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]],
    times(
      [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]],
      rgb.map(toLinear),
    ).map(Math.cbrt),
  );
const fromOklab = (lab) =>
  times(
    [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.707614701]],
    times(
      [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]],
      lab,
    ).map((part) => part ** 3),
  ).map((part) => Math.min(255, Math.max(0, toByte(part))));
const mixed = (one, share, other) => {
  const [a, b] = [toOklab(one), toOklab(other)];
  return fromOklab(a.map((part, n) => part * share + b[n] * (1 - share)));
};
const colour = (text) => parse(text.length === 4 ? text.replace(/[0-9a-f]/g, '$&$&') : text);

/** The custom properties of the shared style: first what all have, then what changes them, as the cascade does. */
function style(light) {
  const sheet = readFileSync(new URL('../css/base.css', import.meta.url), 'utf8');
  const [dark, bright] = sheet.split('@media (prefers-color-scheme: light)');
  const found = new Map();
  for (const part of light ? [dark, bright.split('\n}\n')[0]] : [dark]) {
    for (const [, name, value] of part.matchAll(/(--[a-z-]+): ([^;]+);/g)) found.set(name, value);
  }
  return found;
}

/** What a property is for a channel's tones. */
function value(found, toned, name) {
  const text = toned[name] ?? found.get(name);
  const mix = /^color-mix\(in oklab, var\((--[a-z]+)\) (\d+)%, (#[0-9a-f]+)\)$/.exec(text);
  return mix === null ? colour(text) : mixed(value(found, toned, mix[1]), Number(mix[2]) / 100, colour(mix[3]));
}

/** The channels' colours, and covers of every hue from pale to dark, vivid to grey. */
const PAINTS = Object.values(COLOURS).map(({ paint }) => paint);
for (const red of [0, 51, 128, 204, 255]) {
  for (const green of [0, 51, 128, 204, 255]) {
    for (const blue of [0, 51, 128, 204, 255]) {
      PAINTS.push(`#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`);
    }
  }
}

for (const light of [false, true]) {
  test(`everything can be read in the colour of every channel and of any cover in the ${light ? 'light' : 'dark'}`, () => {
    const found = style(light);
    for (const name of PAINTS) {
      const toned = tones(name, light);
      const of = (property) => value(found, toned, property);
      const least = (words, ground, wanted) => {
        const has = contrast(of(words), of(ground));
        assert.ok(has >= wanted, `${name}: ${words} on ${ground} has ${has.toFixed(2)}`);
      };
      for (const ground of ['--room', '--glow', '--card', '--raise']) {
        for (const words of ['--text', '--soft', '--live', '--wait', '--pocket', '--bad']) least(words, ground, AA);
        // The glow is behind the head of the page, where nothing is written in the channel's own colour.
        if (ground !== '--glow') least('--accent', ground, AA);
        least('--fill', ground, CONTROL - 0.1);
      }
      least('--on-fill', '--fill', AA);
    }
  });
}

test('a field can be read in its own colour, and no two channels have the same shape', () => {
  const fields = Object.values(COLOURS);
  assert.equal(fields.length, 8);
  for (const { paint } of fields) assert.ok(contrast(on(parse(paint)), parse(paint)) >= AA, paint);
  assert.equal(new Set(fields.map(({ shape }) => shape)).size, 8);
  const icons = readFileSync(new URL('../img/icons.svg', import.meta.url), 'utf8');
  for (const { shape } of fields) assert.ok(icons.includes(`id="${shape}"`), shape);
});

test('channels stand in a ring', () => {
  const ring = ['a', 'b', 'c'].map((id) => ({ id }));
  assert.deepEqual([beside(ring, 'a', 1).id, beside(ring, 'c', 1).id, beside(ring, 'a', -1).id], ['b', 'a', 'c']);
});

const channels = (...list) => list.map(([id, color]) => ({ id, color }));

test('a silent disco has red, green and blue, and asking twice changes nothing', () => {
  const made = (list) => {
    const steps = silentDisco(list);
    return [...list.filter(({ id }) => steps.every((step) => step.id !== id)), ...steps];
  };
  assert.deepEqual(silentDisco(channels(['main', 'red'])), channels(['green', 'green'], ['blue', 'blue']));
  assert.deepEqual(silentDisco(channels(['main', 'teal'])), channels(['main', 'red'], ['green', 'green'], ['blue', 'blue']));
  // A green first channel becomes red, so that green is missing then.
  assert.deepEqual(silentDisco(channels(['main', 'green'])), channels(['main', 'red'], ['green', 'green'], ['blue', 'blue']));
  // Somebody else is red, or has the id.
  assert.deepEqual(silentDisco(channels(['main', 'pink'], ['x', 'red'], ['blue', 'teal'])), channels(['green', 'green'], ['blue-2', 'blue']));
  for (const start of [channels(['main', 'red']), channels(['main', 'blue'], ['b', 'pink'])]) {
    assert.deepEqual(silentDisco(made(start)), []);
  }
});

test('a new channel gets a colour and an id that nobody has', () => {
  assert.equal(freeColour(channels(['main', 'red'])), 'green');
  assert.equal(freeColour(Object.keys(COLOURS).map((color) => ({ id: color, color }))), undefined);
  assert.equal(newId('green', channels(['green', 'pink'], ['green-2', 'red'])), 'green-3');
});

test('a wipe goes across, quickly and from inside the page; all else is left to the browser', () => {
  const at = (x, y, ms = 0) => ({ x, y, ms });
  assert.equal(wiped(at(300, 400), at(150, 420, 200), 390), -1);
  assert.equal(wiped(at(150, 400), at(300, 380, 200), 390), 1);
  assert.equal(wiped(at(200, 400), at(160, 400, 200), 390), 0, 'a nervous tap');
  assert.equal(wiped(at(300, 400), at(200, 460, 200), 390), 0, 'slanted: it scrolls');
  assert.equal(wiped(at(200, 600), at(195, 200, 200), 390), 0, 'it scrolls');
  assert.equal(wiped(at(300, 400), at(150, 400, 900), 390), 0, 'slow: it selects text');
  assert.equal(wiped(at(8, 400), at(200, 400, 200), 390), 0, 'from the edge: the phone goes back');
  assert.equal(wiped(at(384, 400), at(200, 400, 200), 390), 0, 'from the other edge');
});

test('lines of a chart end together, and the largest value reaches the top', () => {
  const long = points([0, 5, 10], 3, 10);
  const short = points([10], 3, 10);
  assert.deepEqual(long.at(-1), short.at(-1));
  assert.ok(long[0][0] < long[1][0] && long[0][1] > long[1][1]);
  assert.deepEqual(points([], 0, 0), []);
  for (const [x, y] of points([0, 0], 2, 0)) assert.ok(Number.isFinite(x) && Number.isFinite(y), 'nobody listens');
});

test('fields of the screen stand in at most two rows', () => {
  assert.deepEqual([2, 3, 4, 5, 6, 7, 8].map(columns), [2, 3, 4, 3, 3, 4, 4]);
});
