// From tap to sound, through losses and back, and the words that go with each step.

import assert from 'node:assert/strict';
import test from 'node:test';

import guest from '../lang/en/guest.js';
import shared from '../lang/en/shared.js';
import { atRest, LIVE_FAILURES_LIMIT, LIVE_RETURN_FAILURES_LIMIT, next } from '../js/listening.js';
import { describe, nowPlaying } from '../js/words.js';

const words = { ...shared, ...guest };

/** The state after some events. */
const after = (start, ...events) => events.reduce(next, start);
const listen = { type: 'listen', webrtc: true };
const heard = { type: 'heard', path: 'live' };
const heardPocket = { type: 'heard', path: 'pocket' };
const lost = (loss, path = 'live', hidden = false) => ({ type: 'lost', path, loss, hidden });

test('a tap leads to Live', () => {
  const trying = after(atRest(), listen);
  assert.deepEqual([trying.phase, trying.path], ['connecting', 'live']);
  assert.equal(next(trying, heard).phase, 'live');
});

test('a browser without WebRTC hears Pocket and is told why', () => {
  const state = after(atRest(), { type: 'listen', webrtc: false }, heardPocket);
  assert.deepEqual([state.phase, state.path, state.reason], ['pocket', 'pocket', 'no_webrtc']);
});

test('a box that does not answer is waited for on Live, however long', () => {
  let state = after(atRest(), listen, heard);
  for (let n = 0; n < 50; n += 1) state = next(state, lost('unreachable'));
  assert.deepEqual([state.phase, state.path, state.reason], ['reconnecting', 'live', 'unreachable']);
  const back = next(state, heard);
  assert.deepEqual([back.phase, back.reason], ['live', '']);
});

test('Live that fails while the box answers gives way to Pocket', () => {
  for (const loss of ['no_media', 'refused']) {
    let state = after(atRest(), listen);
    for (let n = 1; n < LIVE_FAILURES_LIMIT; n += 1) {
      state = next(state, lost(loss));
      assert.equal(state.path, 'live');
    }
    state = next(state, lost(loss));
    assert.deepEqual([state.path, state.reason], ['pocket', 'live_failed']);
  }
});

test('a full box sends the guest to Pocket at once', () => {
  const state = after(atRest(), listen, lost('full'), heardPocket);
  assert.deepEqual([state.phase, state.reason], ['pocket', 'live_full']);
});

test('Live that was heard before survives the crowd at the door of a box that has just restarted', () => {
  let state = after(atRest(), listen, heard, lost('unreachable'));
  for (let n = 1; n < LIVE_RETURN_FAILURES_LIMIT; n += 1) state = next(state, lost('full'));
  assert.deepEqual([state.path, state.phase], ['live', 'reconnecting']);
  assert.equal(next(state, lost('full')).path, 'pocket');
});

test('a stall is no sign that Live is closed', () => {
  let state = after(atRest(), listen, heard);
  for (let n = 0; n < 9; n += 1) state = after(state, lost('stalled'));
  assert.deepEqual([state.phase, state.path], ['reconnecting', 'live']);
});

test('Pocket that breaks off gives Live one more chance, unless Pocket was chosen', () => {
  const fallen = after(atRest(), listen, lost('full'), heardPocket);
  const again = next(fallen, lost('stalled', 'pocket'));
  assert.equal(again.path, 'live');
  assert.equal(next(again, lost('no_media')).path, 'pocket');
  const chosen = after(atRest('pocket'), listen, heardPocket, lost('stalled', 'pocket'));
  assert.deepEqual([chosen.path, chosen.phase], ['pocket', 'reconnecting']);
});

test('a refusal of the browser waits for a tap, whatever arrives', () => {
  const state = after(atRest(), listen, { type: 'blocked' }, heard);
  assert.equal(state.phase, 'blocked');
  assert.equal(next(state, listen).phase, 'connecting');
});

test('nothing that comes late moves a guest who has stopped', () => {
  const stopped = after(atRest(), listen, heard, { type: 'stop' });
  for (const event of [heard, lost('stalled'), lost('full'), { type: 'blocked' }]) {
    assert.deepEqual(next(stopped, event), stopped);
  }
});

test('a change of path while listening goes on with the old one until the new one is heard', () => {
  const moved = after(atRest(), listen, heard, { type: 'choose', path: 'pocket', webrtc: true });
  assert.deepEqual([moved.phase, moved.path], ['live', 'pocket']);
  assert.equal(next(moved, heard).phase, 'live', 'what is being left counts no more');
  assert.equal(next(moved, heardPocket).phase, 'pocket');
  assert.equal(next(moved, lost('stalled')).phase, 'reconnecting', 'the old one broke off before');
  const idle = next(atRest(), { type: 'choose', path: 'pocket', webrtc: true });
  assert.deepEqual([idle.phase, idle.chosen, idle.path], ['idle', 'pocket', null]);
});

test('a hidden page hands over to Pocket and takes Live back when it is seen, unless the guest chose', () => {
  const away = after(atRest(), listen, heard, { type: 'hidden' });
  assert.deepEqual([away.phase, away.path, away.reason], ['live', 'pocket', 'hidden']);
  const back = after(away, heardPocket, { type: 'shown' });
  assert.deepEqual([back.phase, back.path], ['pocket', 'live']);
  assert.deepEqual([next(back, heard).phase, next(back, heard).reason], ['live', '']);
  const chosen = after(atRest('live'), listen, heard, { type: 'hidden' });
  assert.equal(chosen.path, 'live');
  const fallen = after(atRest(), listen, lost('full'), heardPocket, { type: 'shown' });
  assert.equal(fallen.path, 'pocket', 'it is not for being hidden that it plays Pocket');
});

test('Live that stalls on a page nobody sees is taken for a phone that ends it', () => {
  const state = after(atRest(), listen, heard, lost('stalled', 'live', true));
  assert.deepEqual([state.path, state.reason, state.phase], ['pocket', 'hidden', 'reconnecting']);
});

test('a box that is full on both ways says so, asks again slowly, and is heard where a place comes free', () => {
  const full = after(atRest(), listen, lost('full'), lost('full', 'pocket'));
  assert.deepEqual([full.phase, full.path, full.reason], ['connecting', 'live', 'full']);
  assert.deepEqual([describe({ listening: full, status: null, reachable: true }).state, describe({ listening: full, status: null, reachable: true }).hint], ['state.full', 'hint.full']);
  const again = after(full, lost('full'));
  assert.deepEqual([again.path, again.reason], ['pocket', 'full'], 'the other way next, and still full');
  assert.equal(after(again, lost('full', 'pocket')).path, 'live');
  assert.deepEqual([next(full, heard).phase, next(full, heard).reason], ['live', '']);
  assert.deepEqual([next(again, heardPocket).phase, next(again, heardPocket).reason], ['pocket', 'live_full']);
  const chosen = after(atRest('pocket'), listen, lost('full', 'pocket'));
  assert.deepEqual([chosen.path, chosen.reason], ['pocket', 'full'], 'who wants Pocket is not taken elsewhere');
});

test('another tab and the end of the party take the sound, and only from whom it is', () => {
  for (const type of ['elsewhere', 'ended']) {
    const state = after(atRest(), listen, heard, { type });
    assert.deepEqual([state.phase, state.path, state.reason], ['idle', null, type]);
    assert.equal(after(atRest(), { type }).reason, '', 'who was silent stays so, without a reason');
  }
  assert.equal(after(atRest(), listen, { type: 'ended' }, { type: 'stop' }).reason, '');
});

test('a party that is over has one thing to say, however this phone listens', () => {
  const over = { ...STATUS, playing: false, session: { live: false } };
  for (const phase of ['idle', 'connecting', 'live', 'pocket', 'reconnecting', 'blocked']) {
    const { state, hint } = describe({ listening: { ...atRest(), phase }, status: over, reachable: true });
    assert.deepEqual([state, hint], ['state.ended', 'hint.ended'], phase);
  }
  assert.equal(nowPlaying({ ...over, track: { title: 'T', artist: 'A' } }).titleKey, 'now.over');
});

const STATUS = {
  name: 'Partybox', playing: true, source: 'files', fallback: false, track: null, streams: [], you_are_host: false,
  sources: [{ id: 'files', state: 'ok' }, { id: 'line-in', state: 'off' }], listeners: { live: 0, pocket: 0 },
};

test('every situation has words', () => {
  const phases = ['idle', 'connecting', 'live', 'pocket', 'reconnecting', 'blocked'];
  const reasons = ['', 'no_webrtc', 'live_failed', 'live_full', 'hidden', 'full', 'unreachable', 'phone_paused', 'elsewhere', 'ended'];
  const pocketReasons = reasons.slice(0, 5);
  for (const phase of phases) {
    for (const reason of phase === 'pocket' ? pocketReasons : reasons) {
      for (const status of [null, STATUS, { ...STATUS, playing: false }]) {
        for (const reachable of [true, false]) {
          const listening = { ...atRest(), phase, reason };
          const { button, state, hint } = describe({ listening, status, reachable });
          for (const key of [button, state, hint]) assert.ok(key in words, `${key} for ${phase} ${reason}`);
        }
      }
    }
  }
});

test('a guest who hears nothing is told why', () => {
  const hint = (status) => describe({ listening: { ...atRest(), phase: 'live' }, status, reachable: true }).hint;
  assert.equal(hint(STATUS), 'hint.live');
  assert.equal(hint({ ...STATUS, playing: false }), 'hint.host_paused');
  assert.equal(hint({ ...STATUS, playing: false, session: { live: false } }), 'hint.ended');
  assert.equal(hint({ ...STATUS, session: { live: false } }), 'hint.live', 'music plays');
  assert.equal(hint({ ...STATUS, sources: [{ id: 'files', state: 'empty' }] }), 'hint.no_music');
  assert.equal(hint({ ...STATUS, source: 'line-in', fallback: true }), 'hint.fallback');
});

test('what plays is a track, the cable, or nothing', () => {
  const track = { id: 1, title: '', artist: 'A', duration_ms: null, position_ms: 0 };
  assert.equal(nowPlaying(null).titleKey, 'now.waiting');
  assert.equal(nowPlaying({ ...STATUS, track }).titleKey, 'now.untitled');
  assert.equal(nowPlaying({ ...STATUS, track: { ...track, title: 'T' } }).title, 'T');
  assert.equal(nowPlaying({ ...STATUS, source: 'line-in' }).titleKey, 'now.line_in');
  assert.equal(nowPlaying(STATUS).titleKey, 'now.nothing');
});
