// What is said of votes to skip, for everybody who may look at the page.

import assert from 'node:assert/strict';
import test from 'node:test';

import { atRest, next } from '../js/listening.js';
import { skippedBy, skipWords } from '../js/skip.js';

const listening = [{ type: 'listen', webrtc: true }, { type: 'heard', path: 'live' }].reduce(next, atRest());
const you = { role: 'guest', skip_vote: false, skip_from_ms: 0 };
const status = {
  session: { live: true },
  track: { id: 1 },
  skip: { votes: 1, needed: 3, from_ms: 20_000 },
  history: [{ skipped_by: 2 }],
};

test('who hears a song for long enough may vote, and sees how many do', () => {
  const { button, label, disabled } = skipWords(status, you, listening, 20_000, 25_000);
  assert.deepEqual([button, disabled, label], [true, false, { key: 'skip.vote', values: { votes: 1, needed: 3 } }]);
});

test('nobody without sound is offered a vote, nor where there is nothing to vote on', () => {
  assert.equal(skipWords(status, you, atRest(), 30_000, 25_000).button, false);
  assert.equal(skipWords(null, null, listening, 30_000, null).button, false);
  for (const part of [{ session: { live: false } }, { track: null }, { skip: { votes: 0, needed: 0, from_ms: 0 } }]) {
    assert.equal(skipWords({ ...status, ...part }, you, listening, 30_000, 25_000).button, false, JSON.stringify(part));
  }
});

test('it is said how long it is too early, by the song or by this guest’s last vote, whichever is later', () => {
  const label = (boxMs, of = you) => skipWords(status, of, listening, boxMs, 5_000).label;
  assert.deepEqual(label(500), { key: 'skip.wait', values: { n: 20 } });
  assert.deepEqual(label(30_000, { ...you, skip_from_ms: 75_001 }), { key: 'skip.wait', values: { n: 46 } });
  // Who has voted may take it back at any time.
  assert.equal(skipWords(status, { ...you, skip_vote: true, skip_from_ms: 75_001 }, listening, 30_000, 5_000).disabled, false);
});

test('the next song says who skipped the one before, for a while', () => {
  assert.equal(skippedBy(status, 19_999), 2);
  assert.equal(skippedBy(status, 20_000), 0);
  assert.equal(skippedBy({ ...status, history: [] }, 5), 0);
  assert.equal(skippedBy({ ...status, session: { live: false } }, 5), 0);
});
