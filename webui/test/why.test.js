// Why nothing is heard, as the page concludes it.

import assert from 'node:assert/strict';
import test from 'node:test';

import { reason } from '../js/guest/reasons.js';
import { reasons } from '../js/why/reasons.js';
import words from '../lang/en/guest.js';

const playing = { phase: 'live', reason: '', volume: 1 };
const fine = { box: [], report: playing, playingElsewhere: 0, live: 'open' };

test('a party that has ended is the one reason', () => {
  assert.deepEqual(reasons({ box: ['paused', 'ended'], report: null, playingElsewhere: 1, live: 'blocked' }), ['ended']);
});

test('nothing is wrong when nothing is', () => {
  assert.deepEqual(reasons(fine), []);
});

test('each cause is found by itself', () => {
  const found = (finding) => reasons({ ...fine, ...finding });
  for (const code of ['paused', 'ended', 'no-signal', 'line-in-gone', 'sender-gone', 'no-tracks', 'scanning', 'radio-full', 'muted-volume']) {
    assert.deepEqual(found({ box: [code] }), [code]);
  }
  assert.deepEqual(found({ box: null }), ['unreachable']);
  assert.deepEqual(found({ report: null }), ['not-tapped']);
  assert.deepEqual(found({ report: { ...playing, phase: 'idle' } }), ['not-tapped']);
  assert.deepEqual(found({ report: { ...playing, phase: 'idle', reason: 'phone_paused' } }), ['phone-paused']);
  assert.deepEqual(found({ report: { ...playing, phase: 'blocked' } }), ['blocked']);
  assert.deepEqual(found({ report: { ...playing, volume: 0 } }), ['volume-zero']);
  assert.deepEqual(found({ report: { ...playing, phase: 'pocket', reason: 'hidden' } }), ['hidden']);
  assert.deepEqual(found({ playingElsewhere: 1 }), ['other-tab']);
  assert.deepEqual(found({ live: 'blocked' }), ['udp-blocked']);
  assert.deepEqual(found({ live: 'full' }), ['server-full']);
  assert.deepEqual(found({ live: 'full', box: ['radio-full'] }), ['radio-full'], 'said once');
  assert.deepEqual(found({ live: 'impossible' }), ['no-webrtc']);
  assert.deepEqual(found({ box: ['not-flowing'] }), ['not-flowing']);
});

test('what concerns everybody comes before what concerns this phone', () => {
  const found = reasons({ ...fine, box: ['server-full', 'paused'], report: { ...playing, volume: 0 }, live: 'blocked' });
  assert.deepEqual(found, ['paused', 'server-full', 'volume-zero', 'udp-blocked']);
});

test('every reason has words and something to do', () => {
  const all = reasons({
    box: ['paused', 'ended', 'no-signal', 'line-in-gone', 'sender-gone', 'no-tracks', 'scanning', 'radio-full', 'server-full', 'muted-volume',
      'not-flowing'],
    report: { phase: 'blocked', reason: 'phone_paused', volume: 0 }, playingElsewhere: 1, live: 'impossible',
  });
  for (const code of [...all, 'unreachable', 'not-tapped', 'udp-blocked', 'hidden']) {
    assert.ok(`silence.${code}` in words && `silence.${code}_do` in words, code);
  }
});

test('of the reasons for a place in the queue the one that says most is shown', () => {
  assert.deepEqual(reason([{ code: 'votes', votes: 3 }, { code: 'turn', before: 2 }]), { key: 'why.turn', n: 2 });
  assert.deepEqual(reason([{ code: 'votes', votes: 3 }]), { key: 'why.votes', n: 3 });
  assert.deepEqual(reason([{ code: 'turn', before: 0 }]), { key: 'why.turn_next', n: null });
  assert.deepEqual(reason([]), { key: '', n: null });
  assert.deepEqual(reason([{ code: 'of-a-newer-box' }]), { key: '', n: null });
});
