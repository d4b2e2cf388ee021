// Becoming a host, as the page understands what the box says.

import assert from 'node:assert/strict';
import test from 'node:test';

import words from '../lang/en/host.js';
import { asked, atRest, describe, lookAgainMs, refused, secondsLeft, seen } from '../js/asking.js';

const asking = (remaining_ms = 60000) => ({ state: 'asking', label: 47, remaining_ms });
const ended = (why) => ({ state: 'ended', why });
const guest = { state: 'guest' };

test('a request counts down and looks for a press every second', () => {
  const state = asked(asking(), 1000);
  assert.equal(state.phase, 'asking');
  assert.equal(secondsLeft(state, 1000), 60);
  assert.equal(secondsLeft(state, 59001), 2);
  assert.equal(secondsLeft(state, 99000), 0);
  assert.equal(lookAgainMs(state), 1000);
  assert.equal(seen(state, { state: 'host', id: 1, label: 47 }, 9000).phase, 'host');
});

test('a phone that waited in vain asks no more: nobody is told of a press that came too late', () => {
  const state = seen(asked(asking(), 0), ended('lapsed'), 60000);
  assert.deepEqual([describe(state).hint, lookAgainMs(state)], ['pairing.ended_lapsed', null]);
});

test('a browser that keeps no cookies is told from a box that was started anew', () => {
  const fresh = asked(asking(), 0);
  assert.equal(seen(fresh, guest, 1000).why, 'no_cookies');
  const known = seen(fresh, asking(59000), 1000);
  assert.equal(seen(known, guest, 2000).why, 'lost');
});

test('a page that never asked shows nothing, whatever it finds', () => {
  assert.deepEqual(seen(atRest(), guest, 0), atRest());
  assert.deepEqual(describe(atRest()), { button: 'pairing.ask', say: '', hint: '' });
  assert.deepEqual(seen(asked(asking(), 0), ended('aborted'), 1), atRest());
  assert.deepEqual(seen(seen(atRest(), { state: 'host', id: 1, label: 10 }, 0), guest, 1), atRest());
});

test('every end and every refusal has its sentence', () => {
  const reasons = ['lapsed', 'crowded', 'replaced', 'full', 'revoked', 'forgotten', 'lost', 'no_cookies'];
  const hints = reasons.map((why) => describe(seen(atRest(), ended(why), 0)).hint);
  hints.push(...[409, 429, 503, 0, 500].map((status) => describe(refused(status, 0)).hint));
  for (const hint of hints) assert.ok(hint in words, `${hint} has no sentence`);
  for (const key of Object.keys(words).filter((key) => /^pairing\.(ended|refused)_/.test(key))) {
    assert.ok(hints.includes(key), `${key} is never shown`);
  }
});
