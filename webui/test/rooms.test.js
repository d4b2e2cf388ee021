// Rooms as a phone knows them, and what offers between phones say.

import assert from 'node:assert/strict';
import test from 'node:test';

import { titleOf } from '../js/rooms/incoming.js';
import { forMusic } from '../js/rooms/music.js';
import { codeOf, djName, next, others, outside, plays } from '../js/rooms/room.js';

const ANN = { id: 1, name: 'Ann' };
const BOB = { id: 2, name: 'Bob' };
const came = { type: 'room', code: 'BCDFG', you: 2, key: 'x', dj: 1, participants: [ANN, BOB] };

test('a phone knows who is there and who plays from what the box says', () => {
  let room = next(outside(), came);
  assert.deepEqual([plays(room), djName(room), others(room)], [false, 'Ann', [ANN]]);
  room = next(room, { type: 'participant-joined', participant: { id: 3, name: 'Eve' } });
  room = next(room, { type: 'dj-changed', dj: 2 });
  assert.deepEqual([plays(room), djName(room), others(room).map(({ id }) => id)], [true, 'Bob', [1, 3]]);
  room = next(next(room, { type: 'dj-changed', dj: 3 }), { type: 'participant-left', id: 3 });
  room = next(room, { type: 'dj-lost', id: 3, name: 'Eve' });
  assert.deepEqual([room.dj, room.lost, djName(room), plays(room)], [null, 'Eve', '', false]);
  room = next(room, { type: 'dj-changed', dj: 1 });
  assert.equal(room.lost, '');
  assert.deepEqual(next(room, { type: 'left' }), outside());
  assert.equal(plays(outside()), false, 'nobody plays outside');
});

test('what is said between phones changes nothing of the room', () => {
  const room = next(outside(), came);
  for (const told of [{ type: 'offer', from: 1, sdp: '' }, { type: 'refused', about: 'take-over', code: 'has-a-dj' }, { type: 'wave' }]) {
    assert.equal(next(room, told), room);
  }
});

test('a code is read however it was typed', () => {
  assert.equal(codeOf(' bc-d fg '), 'BCDFG');
  for (const wrong of ['', 'BCDF', 'BCDFGH', 'BCD1F', 'ÄÖÜßX']) assert.equal(codeOf(wrong), '', wrong);
});

test('offers and answers ask for music in stereo, once', () => {
  const sdp = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n';
  const asked = forMusic(sdp);
  assert.match(asked, /a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000\r\n/);
  assert.equal(forMusic(asked), asked);
  assert.equal(forMusic('v=0\r\n'), 'v=0\r\n');
});

test('a title from a stranger is a short text or none', () => {
  assert.equal(titleOf('{"title":"Song"}'), 'Song');
  assert.equal(titleOf(JSON.stringify({ title: 'x'.repeat(10000) })).length, 120);
  for (const wrong of ['', '{', 'null', '7', '{"title":7}', '{}', new ArrayBuffer(3)]) assert.equal(titleOf(wrong), '');
});
