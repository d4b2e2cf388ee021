// What pages draw of the sound: which moment is drawn, how a stream says where it lies, what the lamp may do to eyes, and what is
// said at a sound check.

import assert from 'node:assert/strict';
import test from 'node:test';

import { COLOURS } from '../js/channels.js';
import { contrast, parse } from '../js/colour.js';
import { FeedState } from '../js/feed-state.js';
import { clockZero, readStamp, ticksOf } from '../js/stamp.js';
import { Pace, Spectra } from '../js/late/bars.js';
import { shaded } from '../js/late/lamp.js';
import { Pulse } from '../js/late/pulse.js';
import { placeOf } from '../js/late/room.js';
import { Lately, verdict } from '../js/late/sound-check.js';

const spectrum = (media_time, db) => ({ type: 'spectrum', media_time, level_db: db, bands_db: [db, -90] });

test('what is drawn is what sounds at that moment, and nothing where nothing is known', () => {
  const spectra = new Spectra();
  assert.equal(spectra.at(0), null);
  for (const [n, db] of [-54, -27, 0].entries()) spectra.add(spectrum(48000 + n * 2400, db));
  assert.deepEqual(spectra.at(48000), { level: 0, bands: [0, 0] });
  assert.deepEqual(spectra.at(50400), { level: 0.5, bands: [0.5, 0] });
  assert.deepEqual(spectra.at(51600), { level: 0.75, bands: [0.75, 0] });
  assert.equal(spectra.at(52800 + 2400).level, 1, 'the last one lasts until the next is due');
  assert.equal(spectra.at(52800 + 2401), null);
  assert.equal(spectra.at(48000 - 2401), null);
  // A hole in what came.
  spectra.add(spectrum(96000, 0));
  assert.equal(spectra.at(70000), null);
  // The box began anew.
  spectra.add(spectrum(2400, 0));
  assert.equal(spectra.at(96000), null);
  assert.equal(spectra.newest, 2400);
});

test('spectra that nobody draws do not pile up', () => {
  const spectra = new Spectra();
  for (let n = 0; n < 1000; n += 1) spectra.add(spectrum(n * 2400, 0));
  assert.equal(spectra.at(900 * 2400), null);
  assert.notEqual(spectra.at(950 * 2400), null);
});

test('who plays nothing draws by what came fastest', () => {
  const pace = new Pace();
  for (const [ticks, nowMs] of [[48000, 1200], [50400, 1110], [52800, 1250]]) pace.note(ticks, nowMs);
  assert.ok(Math.abs(pace.now(1110) - 50400) < 20);
  pace.note(0, 5000);
  assert.equal(pace.now(5050), 2400, 'a box that begins anew is followed at once');
});

test('a session says where its timeline begins', () => {
  assert.equal(clockZero('v=0\r\na=ts-refclk:local\r\na=mediaclk:direct=4000000000\r\na=mid:0\r\n'), 4000000000);
  assert.equal(clockZero('v=0\r\na=mid:0\r\n'), null);
  const near = 48000 * 3600 * 30;
  assert.equal(ticksOf((4000000000 + near + 960) >>> 0, 4000000000, near), near + 960);
  assert.equal(ticksOf((4000000000 + near - 960) >>> 0, 4000000000, near), near - 960);
});

test('a body says where it begins, and one that does not is sound from its first byte', () => {
  const owner = [...'partybox/media-time'].map((letter) => letter.charCodeAt(0));
  const tag = [0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 38, 0x50, 0x52, 0x49, 0x56, 0, 0, 0, 28, 0, 0, ...owner, 0, 0, 0, 0, 0, 0, 1, 0, 2];
  const bytes = Uint8Array.from([...tag, 0xff, 0xfb]);
  assert.deepEqual(readStamp(bytes), { ticks: 65538, length: 48 });
  for (const few of [0, 9, 47]) assert.equal(readStamp(bytes.subarray(0, few)), null);
  assert.deepEqual(readStamp(Uint8Array.from([0xff, 0xfb, ...Array(20)])), { ticks: null, length: 0 });
  const other = Uint8Array.from(tag);
  other[20] = 0x41;
  assert.deepEqual(readStamp(other), { ticks: null, length: 48 });
});

test('what is seen is no news of the party', () => {
  const said = new FeedState();
  assert.equal(said.take(JSON.stringify(spectrum(2400, -3)), 0), 'seen');
  assert.deepEqual(said.seen.bands_db, [-3, -90]);
  assert.equal(said.state, null);
});

/** Flashes in a second at most: pairs of opposite changes of a tenth of the light (WCAG 2.2, "general flash"). */
function flashes(luminances, perSecond) {
  const turns = [];
  let [least, most, way] = [luminances[0], luminances[0], 0];
  luminances.forEach((light, n) => {
    [least, most] = [Math.min(least, light), Math.max(most, light)];
    if (way <= 0 && light - least >= 0.1) {
      turns.push(n);
      [way, most] = [1, light];
    } else if (way >= 0 && most - light >= 0.1) {
      turns.push(n);
      [way, least] = [-1, light];
    }
  });
  let worst = 0;
  for (const turn of turns) worst = Math.max(worst, turns.filter((other) => other >= turn && other < turn + perSecond).length);
  return worst / 2;
}

test('the lamp goes with the beat and never flashes as often as harms', () => {
  const luminance = (rgb) => contrast(rgb, [0, 0, 0]) * 0.05 - 0.05;
  const dice = (seed) => () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648);
  const roll = dice(7);
  const sounds = {
    strobe: (n) => n % 2,
    'ten beats a second': (n) => Number(n % 6 < 3),
    noise: () => roll(),
    'two beats a second': (n) => Number(n % 30 < 4),
  };
  for (const { paint } of Object.values(COLOURS)) {
    for (const [name, sound] of Object.entries(sounds)) {
      const pulse = new Pulse();
      const shares = Array.from({ length: 600 }, (_, n) => pulse.step(sound(n), 1000 / 60));
      assert.ok(shares.every((share) => share >= 0.59 && share <= 1), name);
      const lights = shares.map((share) => luminance(shaded(paint, share).match(/\d+/g).map(Number)));
      assert.ok(flashes(lights, 60) <= 3, `${paint} ${name}: ${flashes(lights, 60)}`);
      // Of the rises themselves, small ones too.
      const rises = shares.flatMap((share, n) => (n > 1 && share > shares[n - 1] && shares[n - 1] <= shares[n - 2] ? [n] : []));
      for (const rise of rises) assert.ok(rises.filter((other) => other >= rise && other < rise + 60).length <= 3, name);
      if (name.startsWith('two')) assert.ok(Math.max(...shares.slice(60)) - Math.min(...shares.slice(60)) > 0.2, 'it can be seen');
    }
  }
  assert.equal(flashes(Array.from({ length: 60 }, (_, n) => n % 2), 60), 29.5, 'a strobe would be noticed');
  assert.deepEqual(parse('#e53935'), shaded('#e53935', 1).match(/\d+/g).map(Number));
});

test('the ring goes everywhere before it comes back', () => {
  const places = Array.from({ length: 77 }, (_, n) => [placeOf(n).x, placeOf(n).y].map((part) => part.toFixed(3)).join(' '));
  assert.ok(new Set(places).size >= 70);
  assert.ok(Array.from({ length: 77 }, (_, n) => placeOf(n)).some(({ x }) => x > 0.9));
});

test('a sound check says what to do', () => {
  const level = (peak_db, loudness_lufs, clipping = false) => ({ id: 'line-in', peak_db, loudness_lufs, clipping });
  for (const [said, of] of [
    ['none', null],
    ['silent', level(-90, -90)],
    ['quiet', level(-25, -38)],
    ['good', level(-6, -16)],
    ['good', level(-8, -34)],
    ['loud', level(-1, -14)],
    ['loud', level(-4, -9)],
    ['clipping', level(0, -8, true)],
  ]) {
    assert.equal(verdict(of), said);
  }
  const lately = new Lately();
  assert.equal(lately.now(0), null);
  lately.note(0, level(-1, -20, true));
  lately.note(1000, level(-10, -18));
  assert.deepEqual(lately.now(1100), level(-1, -18, true));
  lately.note(3900, level(-12, -17));
  assert.deepEqual(lately.now(3950), level(-10, -17), 'what is long ago is over');
  assert.equal(lately.now(5401), null, 'nothing comes any more');
});
