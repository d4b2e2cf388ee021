// The rules of the box's settings that need no page: where a phone is likely to be, and values as people type them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countries, likely, named } from '../js/settings/country.js';
import { firstFirst, listed, pinLines, pinTable, range, section, unit, unlisted } from '../js/settings/values.js';

test('a phone is where its time zone is, else where its language is spoken so', () => {
  assert.equal(likely('Europe/Berlin', ['en-US']), 'DE');
  assert.equal(likely('Etc/UTC', ['en', 'pt-BR', 'de-DE']), 'BR');
  assert.equal(likely('Etc/UTC', ['zh-Hant-TW']), 'TW');
  assert.equal(likely('', ['en', 'es-419', 'xx-XX']), '');
  assert.equal(countries.length, 249);
  assert.equal(named('de').find(({ code }) => code === 'AT')?.name, 'Österreich');
});

test('pins are lines that are read as they are written, and nonsense is none', () => {
  const pins = { 'play-button': { line: 16, active: 'low', pull: 'up' }, 'guests-led': { wired: false }, 'next-button': { pull: 'none' } };
  assert.equal(pinLines(pins), 'play-button 16 low up\nguests-led off\nnext-button none');
  assert.deepEqual(pinTable(pinLines(pins)), pins);
  assert.deepEqual(pinTable(' play-button = 16,  high \n\n'), { 'play-button': { line: 16, active: 'high' } });
  assert.equal(pinTable('play-button sixteen'), null);
  assert.deepEqual(pinTable(''), {});
  assert.equal(pinLines(null), '');
});

test('lists are typed with commas, ranges have units, and the first of a list stays the first', () => {
  assert.deepEqual(unlisted(' one.internal,, two.local '), ['one.internal', 'two.local']);
  assert.equal(listed(['a', 'b']), 'a, b');
  assert.equal(range({ key: 'source.pause_fade_ms', min: 5, max: 5000 }), '5 – 5000 ms');
  assert.equal(range({ key: 'opus.complexity', min: 0, max: 10 }), '0 – 10');
  assert.deepEqual([unit('board.night_percent'), unit('opus.bitrate_bps'), unit('name')], ['%', 'bit/s', '']);
  assert.deepEqual([section('name'), section('wifi.ssid')], ['', 'wifi']);
  assert.deepEqual(firstFirst([192000, 64000], [64000, 192000]), [192000, 64000]);
  assert.deepEqual(firstFirst([192000], [64000, 96000]), [64000, 96000]);
});
