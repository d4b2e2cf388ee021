// The rules of the pages that need no browser: pauses, positions, stalls, SDP, words.

import assert from 'node:assert/strict';
import test from 'node:test';

import { Backoff, FIRST_PAUSE_MS, LONGEST_PAUSE_MS } from '../js/backoff.js';
import { clock } from '../js/progress.js';
import { dotted } from '../js/dom.js';
import { contrast, CONTROL, on, parse, readable, TEXT, write } from '../js/colour.js';
import { wantMusic } from '../js/sdp.js';
import { LatenessWatch, StallWatch } from '../js/stall.js';

test('pauses double up to a cap, and start short again after a success', () => {
  const backoff = new Backoff(() => 0.5);
  const pauses = Array.from({ length: 8 }, () => backoff.next());
  assert.deepEqual(pauses, [250, 500, 1000, 1500, 1500, 1500, 1500, 1500]);
  backoff.reset();
  assert.equal(backoff.next(), FIRST_PAUSE_MS);
});

test('pauses differ from phone to phone, and never undercut what the box asked for', () => {
  const early = new Backoff(() => 0);
  const late = new Backoff(() => 0.999);
  assert.ok(late.next() - early.next() > FIRST_PAUSE_MS / 2);
  assert.equal(new Backoff(() => 0).next(30000), 30000);
  const long = new Backoff(() => 1);
  for (let n = 0; n < 2000; n += 1) assert.ok(long.next() <= LONGEST_PAUSE_MS * 1.3);
});

test('a clock is written as people write it', () => {
  assert.equal(clock(0), '0:00');
  assert.equal(clock(7999), '0:07');
  assert.equal(clock(754000), '12:34');
  assert.equal(clock(3723000), '1:02:03');
  assert.equal(clock(-5), '0:00');
});

const OFFER = ['m=audio 9 UDP/TLS/RTP/SAVPF 111 63', 'a=rtpmap:111 opus/48000/2', 'a=rtcp-fb:111 transport-cc', 'a=fmtp:111 minptime=10;useinbandfec=1', 'a=rtpmap:63 red/48000/2', ''].join('\r\n');

test('an offer asks for stereo and for lost packets, once, and for Opus only', () => {
  const music = wantMusic(OFFER);
  assert.match(music, /^a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r$/m);
  assert.match(music, /^a=rtcp-fb:111 nack\r$/m);
  assert.equal(wantMusic(music), music);
  assert.equal(music.split('\r\n').length, OFFER.split('\r\n').length + 1);
  assert.ok(!music.includes('rtcp-fb:63'));
});

test('an offer without parameters or without Opus is not broken', () => {
  const bare = 'm=audio 9 X 96\na=rtpmap:96 OPUS/48000/2\n';
  assert.match(wantMusic(bare), /^a=fmtp:96 stereo=1$/m);
  assert.equal(wantMusic('m=audio 9 X 0\r\n'), 'm=audio 9 X 0\r\n');
});

test('a count that stands still is a stall, and a frozen page is not', () => {
  const watch = new StallWatch(2500);
  assert.equal(watch.look(0, 10), false);
  assert.equal(watch.look(1000, 20), false);
  assert.equal(watch.look(61000, 20), false, 'one look counts one second at most');
  assert.equal(watch.look(62000, 20), false);
  assert.equal(watch.look(62500, 20), true);
  assert.equal(watch.look(63000, 21), false);
});

test('sound that stays late is noticed, a short lateness is not', () => {
  const watch = new LatenessWatch(200, 3000);
  let samples = 0;
  let delayS = 0;
  const second = (nowMs, lateMs) => {
    samples += 48000;
    delayS += (48000 * lateMs) / 1000;
    return watch.look(nowMs, delayS, samples);
  };
  for (let s = 1; s <= 5; s += 1) assert.equal(second(s * 1000, 60), false);
  assert.equal(second(6000, 400), false);
  assert.equal(second(7000, 60), false);
  assert.deepEqual([8, 9, 10].map((s) => second(s * 1000, 400)), [false, false, true]);
});

test('every colour of a channel becomes one that can be read on its ground', () => {
  for (const colour of ['#e53935', '#000000', '#ffffff', '#1e88e5', '#43a047', '#ffeb3b', '#101217']) {
    const channel = parse(colour);
    for (const [ground, towards] of [[[58, 50, 54], [255, 255, 255]], [[240, 228, 222], [0, 0, 0]]]) {
      const accent = readable(channel, towards, ground, TEXT);
      assert.ok(contrast(accent, ground) >= 4.5, `${colour} as ${write(accent)}`);
      const fill = readable(channel, towards, ground, CONTROL);
      assert.ok(contrast(fill, ground) >= 3, `${colour} as ${write(fill)}`);
      assert.ok(contrast(on(fill), fill) >= 4.5, `on ${write(fill)}`);
    }
  }
  assert.equal(parse('red'), null);
  assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
});

test('a text from the right keeps to itself, and its neighbours stay where they are', () => {
  assert.equal(dotted('Röyk', '', '3 songs'), 'Röyk · 3 songs');
  assert.equal(dotted('أنغام الليل'), 'أنغام الليل');
  assert.equal(dotted('أنغام الليل', '2 songs'), '\u2068أنغام الليل\u2069 · \u20682 songs\u2069');
});
