// The rules of the DJ's page that need no browser: the mixer's numbers, what is said of sending, tags of files, addresses.

import assert from 'node:assert/strict';
import test from 'node:test';

import { describe } from '../js/dj/air.js';
import { secureAddress } from '../js/dj/microphone.js';
import { crossfade, factor, GAIN_LEAST_DB, lateness, level, loudest, SILENCE_DBFS } from '../js/dj/mix.js';
import { readTags, titled } from '../js/dj/tags.js';

test('the crossfader keeps the power, and its ends are one deck alone', () => {
  assert.deepEqual(crossfade(0), [1, 0]);
  assert.deepEqual(crossfade(1), [0, 1]);
  assert.deepEqual(crossfade(-3), [1, 0]);
  for (let at = 0; at <= 1; at += 0.01) {
    const [a, b] = crossfade(at);
    assert.ok(Math.abs(a * a + b * b - 1) < 1e-9, `${at}`);
  }
  const [a, b] = crossfade(0.5);
  assert.ok(Math.abs(a - b) < 1e-9 && Math.abs(20 * Math.log10(a) + 3.01) < 0.01);
});

test('gains are factors, the least is silence, and a level is a peak', () => {
  assert.equal(factor(0), 1);
  assert.ok(Math.abs(factor(-14) - 0.1995) < 1e-4);
  assert.equal(factor(GAIN_LEAST_DB), 0);
  assert.equal(level([]), SILENCE_DBFS);
  assert.equal(level([0.1, -1, 0.5]), 0);
  assert.ok(Math.abs(level(new Float32Array([0.5])) + 6.02) < 0.01);
  assert.equal(level([1e-9]), SILENCE_DBFS);
});

test('what plays is the deck that is heard most', () => {
  const deck = (playing, loudness) => ({ playing, loudness });
  assert.equal(loudest([deck(false, 1), deck(false, 1)]), null);
  assert.equal(loudest([deck(true, 0.7), deck(true, 0.71)]), 1);
  assert.equal(loudest([deck(true, 0.1), deck(false, 1)]), 0);
  assert.equal(loudest([deck(true, 0), deck(false, 1)]), null);
});

test('how late it is, is said only where both parts are known', () => {
  assert.equal(lateness(null, 50), null);
  assert.equal(lateness(8, null), null);
  assert.equal(lateness(8, 53), 60);
});

test('what is said of sending is what the box knows of it', () => {
  const heard = { state: 'signal', chosen: true, heard: true, together: [], waits_ms: 50, listeners: 3 };
  const of = { state: 'sending', heard, lateMs: 60, isHost: false, sender: 'Ann', paused: false };
  const said = (changes) => {
    const { say, more, way } = describe({ ...of, ...changes });
    return [say.key, say.count ?? null, more?.key ?? null, way];
  };
  assert.deepEqual(said({}), ['air.heard', 3, 'air.late', null]);
  assert.deepEqual(said({ lateMs: null }), ['air.heard', 3, null, null]);
  assert.deepEqual(said({ heard: { ...heard, listeners: 0 } }), ['air.nobody', null, 'air.late', null]);
  const together = (/** @type {string[]} */ names) => describe({ ...of, heard: { ...heard, together: names } }).together ?? null;
  assert.equal(together([]), null);
  assert.deepEqual(together(['Bob', '']), { key: 'air.together', values: { name: 'Bob' } });
  assert.deepEqual(said({ heard: null }), ['air.unknown', null, null, null]);
  const elsewhere = { ...heard, chosen: false, heard: false };
  assert.deepEqual(said({ heard: elsewhere }), ['air.elsewhere', null, 'air.ask_host', null]);
  assert.deepEqual(said({ heard: elsewhere, isHost: true }), ['air.elsewhere', null, null, 'choose']);
  assert.deepEqual(said({ heard: { ...heard, heard: false }, paused: true }), ['air.paused', null, null, null]);
  assert.deepEqual(said({ heard: { ...heard, state: 'silent', heard: false } }), ['air.silent', null, null, null]);
  assert.deepEqual(said({ state: 'taken' }), ['air.taken_wait', null, null, null]);
  assert.deepEqual(said({ state: 'taken', isHost: true }), ['air.taken', null, null, 'take-over']);
  assert.deepEqual(said({ state: 'idle' }), ['air.idle', null, null, null]);
});

test('the secure page has the same name and place at its own port', () => {
  assert.equal(secureAddress('http://10.0.0.1/dj?channel=red', 8443), 'https://10.0.0.1:8443/dj?channel=red');
  assert.equal(secureAddress('http://party.internal:8080/dj', 8444), 'https://party.internal:8444/dj');
});

// --- tags ---------------------------------------------------------------------------------------------------------

const bytes = (...parts) => Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));
const big = (n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const little = (n) => big(n).reverse();
const safe = (n) => [(n >> 21) & 127, (n >> 14) & 127, (n >> 7) & 127, n & 127];
const utf8 = (text) => Buffer.from(text, 'utf8');

/** Reads tags out of bytes, and counts what was asked for. */
async function tagsOf(file) {
  let most = 0;
  const read = async (at, count) => {
    most = Math.max(most, count);
    return new Uint8Array(file.subarray(at, at + count));
  };
  const tags = await readTags(read, file.length);
  assert.ok(most <= 65536, `${most} bytes at once`);
  return tags;
}

const id3 = (version, flags, ...frames) => {
  const body = bytes(...frames);
  return bytes('ID3', [version, 0, flags], safe(body.length), body, Buffer.alloc(64, 0xff));
};
const frame = (version, name, body) =>
  version === 2 ? bytes(name, big(body.length).slice(1), body) : bytes(name, version === 4 ? safe(body.length) : big(body.length), [0, 0], body);
const swapped = (text) => Buffer.from(text, 'utf16le').swap16();

test('titles are read from ID3 of every version and encoding, behind a large picture', async () => {
  const picture = Buffer.alloc(300000, 1);
  for (const [version, title, artist] of [
    [2, ['TT2', bytes([0], 'Gr\xf6\xdfe\0')], ['TP1', bytes([1, 0xff, 0xfe], Buffer.from('Ann', 'utf16le'))]],
    [3, ['TIT2', bytes([1, 0xfe, 0xff], swapped('Größe'), [0, 0])], ['TPE1', bytes([0], 'Ann')]],
    [4, ['TIT2', bytes([3], utf8('Größe'), [0])], ['TPE1', bytes([2], swapped('Ann'))]],
  ]) {
    const cover = frame(version, version === 2 ? 'PIC' : 'APIC', picture);
    const file = id3(version, 0, cover, frame(version, ...title), frame(version, ...artist));
    assert.deepEqual(await tagsOf(file), { title: 'Größe', artist: 'Ann' }, `2.${version}`);
  }
});

const vorbis = (...pairs) => bytes(little(3), 'lib', little(pairs.length), ...pairs.map((pair) => bytes(little(utf8(pair).length), utf8(pair))));
const page = (flags, body) => {
  const lengths = [...Array(Math.floor(body.length / 255)).fill(255), body.length % 255];
  return bytes('OggS', [0, flags], Buffer.alloc(20), [lengths.length], lengths, body);
};

test('titles are read from the comments of FLAC, Vorbis and Opus', async () => {
  const list = vorbis('ARTIST=Änn', 'comment=x', 'Title=So=ng', 'title=other');
  const flac = bytes('fLaC', [0], big(34).slice(1), Buffer.alloc(34), [0x84], big(list.length).slice(1), list);
  assert.deepEqual(await tagsOf(flac), { title: 'So=ng', artist: 'Änn' });
  const opus = bytes(page(2, bytes('OpusHead', Buffer.alloc(11))), page(0, bytes('OpusTags', list)));
  assert.deepEqual(await tagsOf(opus), { title: 'So=ng', artist: 'Änn' });
  const ogg = bytes(page(2, bytes([1], 'vorbis', Buffer.alloc(23))), page(0, bytes([3], 'vorbis', list, [1])));
  assert.deepEqual(await tagsOf(ogg), { title: 'So=ng', artist: 'Änn' });
});

const atom = (name, ...parts) => {
  const body = bytes(...parts);
  return bytes(big(body.length + 8), name, body);
};
const text = (name, said) => atom(name, atom('data', big(1), big(0), utf8(said)));

test('titles are read from MP4, wherever in the file they stand', async () => {
  const tags = atom('udta', atom('meta', big(0), atom('hdlr', Buffer.alloc(24)), atom('ilst', text('\xa9nam', 'Größe'), text('\xa9ART', 'Ann'))));
  const moov = atom('moov', atom('trak', Buffer.alloc(5000)), tags);
  const kind = atom('ftyp', 'M4A \0\0\0\0');
  const sound = atom('mdat', Buffer.alloc(100000));
  for (const file of [bytes(kind, moov, sound), bytes(kind, sound, moov)]) {
    assert.deepEqual(await tagsOf(file), { title: 'Größe', artist: 'Ann' });
  }
  const long = bytes(big(1), 'mdat', big(0), big(16 + 500), Buffer.alloc(500));
  assert.deepEqual(await tagsOf(bytes(kind, long, moov)), { title: 'Größe', artist: 'Ann' });
});

test('a file that lies, breaks off or says nothing has no tags, and its name will do', async () => {
  const none = { title: '', artist: '' };
  const endless = bytes(atom('ftyp', 'M4A '), big(0), 'moov', Buffer.alloc(4000, 0));
  const huge = bytes('fLaC', [4], [255, 255, 255], little(0xffffffff), Buffer.alloc(20));
  for (const file of [bytes(''), bytes('ID3'), Buffer.alloc(5000), endless, huge, id3(4, 0, bytes('TIT2', safe(0xfffffff), [0, 0, 3]))]) {
    assert.deepEqual(await tagsOf(file), none);
  }
  // Every beginning of a right file, and every byte of it changed: no tags or some, and never an error.
  const right = id3(3, 0x40, big(6), Buffer.alloc(6), frame(3, 'TIT2', bytes([0], 'Song')), frame(3, 'TPE1', bytes([0], 'Ann')));
  assert.deepEqual(await tagsOf(right), { title: 'Song', artist: 'Ann' });
  for (let at = 0; at < right.length; at += 1) {
    await tagsOf(right.subarray(0, at));
    for (const byte of [0, 0x7f, 0xff]) await tagsOf(bytes(right.subarray(0, at), [byte], right.subarray(at + 1)));
  }
});

test('where a file has no title its name is one', () => {
  const none = { title: '', artist: '' };
  assert.deepEqual(titled({ title: 'T', artist: '' }, 'x.mp3'), { title: 'T', artist: '' });
  assert.deepEqual(titled(none, '03 - Ann_Lee - A Song.flac'), { title: 'A Song', artist: 'Ann Lee' });
  assert.deepEqual(titled(none, 'noise.take.2.wav'), { title: 'noise.take.2', artist: '' });
  assert.deepEqual(titled(none, '99 Balloons.mp3'), { title: '99 Balloons', artist: '' });
  assert.deepEqual(titled(none, '.mp3'), { title: '.mp3', artist: '' });
});
