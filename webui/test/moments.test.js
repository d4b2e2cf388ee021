// What guests are told of their own wishes, of reactions, of the radio, and the list of the evening: rules that need no browser.

import assert from 'node:assert/strict';
import test from 'node:test';

import { moments } from '../js/guest/moments.js';
import { READ_MS, SHOWN_MS, Turns, WAITING_MAX } from '../js/guest/turns.js';
import { listed, onWall } from '../js/list-file.js';
import { gainOf } from '../js/loudness.js';
import { risen } from '../js/reactions.js';
import { Weather } from '../js/weather.js';

const song = (id) => ({ id, title: `Song ${id}`, artist: '' });
const by = (label) => ({ label });

/** A state in which nothing of mine (label 7) happens, and what is given of it. */
function seen({ requests = [], items = [], order = [], queued = {}, track = { ...song(1), item: null, by: null }, history = [] } = {}) {
  return { state: { queue: { order, items: queued }, track, history }, you: { label: 7, requests, items } };
}

const kinds = (was, is) => moments(was, is).map(({ kind }) => kind);

test('a wish is told to be taken or declined once, with the reason', () => {
  const wish = (state, why = null) => seen({ requests: [{ id: 3, track: song(5), state, why }] });
  assert.deepEqual(moments(wish('pending'), wish('queued')), [{ kind: 'taken', title: 'Song 5' }]);
  assert.deepEqual(kinds(wish('queued'), wish('queued')), []);
  assert.deepEqual(kinds(wish('pending'), wish('declined')), ['declined']);
  assert.deepEqual(kinds(wish('queued'), wish('declined', 'removed')), ['removed']);
  assert.deepEqual(kinds(wish('queued'), wish('declined', 'broken')), ['broken']);
  assert.deepEqual(kinds(seen(), wish('queued')), [], 'what was taken at once was said when it was asked for');
});

test('my song is told to be next, and to play, once each', () => {
  const queued = { 9: { track: song(5), by: by(7) }, 8: { track: song(6), by: by(2) } };
  const later = seen({ items: [9], order: [8, 9], queued });
  const next = seen({ items: [9], order: [9], queued });
  assert.deepEqual(kinds(later, later), []);
  assert.deepEqual(kinds(later, next), ['next']);
  const asked = seen({ requests: [{ id: 3, track: song(5), state: 'pending', why: null }] });
  const taken = { ...next, you: { ...next.you, requests: [{ id: 3, track: song(5), state: 'queued', why: null }] } };
  assert.deepEqual(kinds(asked, taken), ['next'], 'one word says both');
  assert.deepEqual(kinds(next, next), []);
  const playing = seen({ track: { ...song(5), item: 9, by: by(7) } });
  assert.deepEqual(kinds(next, playing), ['playing']);
  assert.deepEqual(kinds(playing, playing), []);
  assert.deepEqual(kinds(next, seen({ track: { ...song(6), item: 8, by: by(2) } })), [], 'not somebody else’s');
});

test('who comes to the page learns nothing as news', () => {
  assert.deepEqual(moments(null, seen({ track: { ...song(5), item: 9, by: by(7) } })), []);
});

test('my song is told how many loved it when it is over', () => {
  const played = (label, hearts) => seen({ history: [{ track: song(5), by: by(label), at_ms: 90, hearts, how: 'played', skipped_by: 0 }] });
  assert.deepEqual(moments(seen(), played(7, 4)), [{ kind: 'loved', title: 'Song 5', n: 4 }]);
  assert.deepEqual(kinds(played(7, 4), played(7, 4)), []);
  assert.deepEqual(kinds(seen(), played(7, 0)), []);
  assert.deepEqual(kinds(seen(), played(2, 4)), []);
});

test('reactions rise as often as they came, but no wall of them', () => {
  assert.deepEqual(risen(undefined, { fire: 9 }), []);
  assert.deepEqual(risen({ fire: 1 }, { fire: 2, wow: 1 }), ['fire', 'wow']);
  assert.deepEqual(risen({ fire: 5 }, {}), [], 'another party counts from nothing');
  assert.equal(risen({}, { fire: 500, clap: 500 }).length, 12);
});

test('half of a slider is a quarter as loud to the ear, and its ends are its ends', () => {
  assert.deepEqual([gainOf(0), gainOf(1), gainOf(2), gainOf(-1)], [0, 1, 1, 0]);
  assert.ok(Math.abs(20 * Math.log10(gainOf(0.5)) + 18) < 0.1);
});

test('a weak radio is noticed before the sound breaks, and a burst is not', () => {
  const run = (lossOf, jitter = 0.005, seconds = 20) => {
    const weather = new Weather();
    let [packetsReceived, packetsLost, said] = [0, 0, 0];
    for (let s = 0; s < seconds; s += 1) {
      packetsLost += lossOf(s);
      packetsReceived += 50 - lossOf(s);
      said += weather.look(s * 1000, { packetsReceived, packetsLost, jitter }) ? 1 : 0;
    }
    return said;
  };
  assert.equal(run(() => 0), 0);
  assert.equal(run((s) => (s === 5 ? 5 : 0)), 0, 'one burst');
  assert.ok(run(() => 5) > 10, 'loss');
  assert.ok(run(() => 0, 0.08) > 10, 'jitter');
  assert.equal(run(() => 0, 0.005, 2), 0);
  const weather = new Weather();
  weather.look(0, { packetsReceived: 5000, packetsLost: 400, jitter: 0 });
  assert.equal(weather.look(4000, { packetsReceived: 100, packetsLost: 0, jitter: 0 }), false, 'another session');
  assert.equal(weather.look(5000, null), false);
});

test('the list of the evening has a line for each song, by the clock on the wall', () => {
  assert.equal(onWall(1000, 61_000, 1_000_000), 940_000);
  const songs = [
    { track: { title: 'Lemonade', artist: 'The Porch Lights' }, at_ms: 0, hearts: 3, how: 'played' },
    { track: { title: 'Line', artist: '' }, at_ms: 1000, hearts: 0, how: 'skipped' },
  ];
  assert.equal(listed(songs, 2000, 5000, (ms) => `${ms}`), '3000  The Porch Lights – Lemonade  ♥ 3\r\n4000  Line\r\n');
});

test('an answer is shown at once, and news when the sentence before could be read', () => {
  const turns = new Turns();
  assert.equal(turns.at(0), '');
  assert.equal(turns.due(0), null);
  turns.answer('It is in the queue.', 0);
  turns.announce('It is next.', 10);
  assert.equal(turns.at(READ_MS - 1), 'It is in the queue.');
  assert.equal(turns.due(READ_MS - 1), READ_MS);
  assert.equal(turns.at(READ_MS), 'It is next.');
  assert.equal(turns.at(READ_MS + SHOWN_MS - 1), 'It is next.');
  assert.equal(turns.at(READ_MS + SHOWN_MS), '');
});

test('news that an answer covered before they could be read are shown after it', () => {
  const turns = new Turns();
  turns.announce('It is next.', 0);
  assert.equal(turns.at(0), 'It is next.', 'nothing else is shown');
  turns.answer('It is in the queue.', 50);
  assert.equal(turns.at(50), 'It is in the queue.');
  assert.equal(turns.at(50 + READ_MS), 'It is next.');
  turns.answer('Another.', 50 + 2 * READ_MS);
  assert.equal(turns.at(50 + 2 * READ_MS), 'Another.');
  assert.equal(turns.at(50 + 2 * READ_MS + SHOWN_MS), '', 'what was read is not said again');
});

test('of more news than can be read the oldest are dropped', () => {
  const turns = new Turns();
  turns.answer('An answer.', 0);
  for (let n = 0; n < 10; n += 1) turns.announce(`News ${n}`, 1);
  const shown = Array.from({ length: 11 }, (_, n) => turns.at((n + 1) * READ_MS)).filter((text) => text !== '');
  assert.deepEqual([...new Set(shown)], ['News 7', 'News 8', 'News 9'].slice(-WAITING_MAX));
});

test('what is no longer true is not said any more, and what comes after it is', () => {
  const turns = new Turns();
  turns.answer('It is in the queue.', 0);
  turns.announce('Your song is playing!', 10);
  turns.clear();
  assert.equal(turns.at(20), '');
  assert.equal(turns.due(20), null);
  turns.answer('The party has ended.', 30);
  assert.equal(turns.at(30), 'The party has ended.');
  assert.equal(turns.at(30 + SHOWN_MS), '', 'nothing waits');
});
