// The list of the evening, put together from what the box says of its last songs.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Evening, grown } from '../js/evening.js';

const songs = (text) => [...text].map((letter) => ({ id: letter.charCodeAt(0), title: letter, artist: '', mine: false }));
const read = (list) => list.map(({ title }) => title).join('');

test('what overlaps is there once, however much of it', () => {
  const table = [
    ['', 'ab', 'ab'],
    ['ab', '', 'ab'],
    ['abc', 'bcd', 'abcd'],
    ['abc', 'abc', 'abc'],
    ['abc', 'xyz', 'abcxyz'],
    // The same song twice in an evening is heard twice.
    ['aba', 'baa', 'abaa'],
    // A host went back: the last one is no longer over.
    ['abc', 'ab', 'ab'],
  ];
  for (const [known, last, wanted] of table) assert.equal(read(grown(songs(known), songs(last))), wanted, `${known} + ${last}`);
});

test('an evening longer than the box remembers is whole, and the next one begins with nothing', () => {
  const evening = new Evening();
  const track = (id) => ({ id, title: String(id), artist: '' });
  const played = (id) => ({ track: track(id), by: id % 5 === 0 ? { label: 7 } : null, how: 'played', skipped_by: 0 });
  for (let now = 0; now < 60; now += 1) {
    const history = Array.from({ length: Math.min(now, 20) }, (_, age) => played(now - 1 - age));
    evening.note({ session: { live: true, started_ms: 5 }, history, track: { ...track(now), by: null } }, 7);
  }
  // What the box says once the party is over is no news.
  evening.note({ session: { live: false, started_ms: 0 }, history: [], track: null }, 9);
  assert.deepEqual(evening.songs.map(({ id }) => id), Array.from({ length: 60 }, (_, id) => id));
  assert.equal(evening.songs.filter(({ mine }) => mine).length, 12);
  evening.note({ session: { live: true, started_ms: 99 }, history: [], track: { ...track(3), by: null } }, 9);
  assert.deepEqual(evening.songs.map(({ id }) => id), [3]);
});
