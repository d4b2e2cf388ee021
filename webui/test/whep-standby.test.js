// A Live session that stands by for a tap, against a box and a browser made of values: what is asked before the tap, and after.

import assert from 'node:assert/strict';
import test, { beforeEach, mock } from 'node:test';

/** What the pretended box does with the next request. */
let box;
/** Every request, as `METHOD path`. */
let asked;
/** Every peer connection made. */
let peers;
let nowMs;

class PretendedPeer extends EventTarget {
  connectionState = 'new';
  packets = 0;
  closed = false;

  constructor() {
    super();
    peers.push(this);
  }

  addTransceiver = () => ({ receiver: {} });
  createOffer = async () => ({ type: 'offer', sdp: '' });
  setLocalDescription = async (description) => (this.localDescription = description);

  async setRemoteDescription() {
    this.dispatchEvent(Object.assign(new Event('track'), { streams: ['the stream'] }));
  }

  getStats = async () => new Map([['in', { type: 'inbound-rtp', kind: 'audio', packetsReceived: this.packets }]]);

  close() {
    this.closed = true;
  }

  becomes(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

globalThis.location = { href: 'http://box/' };
globalThis.RTCPeerConnection = PretendedPeer;
globalThis.fetch = async (path, init) => {
  const { pathname, search } = new URL(path, 'http://box/');
  asked.push(`${init.method} ${pathname}${search}${init.method === 'PUT' ? ` ${init.body}` : ''}`);
  return box(init);
};
const accept = ({ method }) => ({
  ok: true,
  status: method === 'POST' ? 201 : 204,
  url: 'http://box/whep/main',
  headers: new Headers({ Location: '/whep/main/7' }),
  text: async () => 'the answer',
});
const refuse = () => ({ ok: false, status: 503, headers: new Headers(), text: async () => '{"error":"no"}' });
const STANDBY = 'POST /whep/main?standby=1';
const HEAR = 'PUT /whep/main/7/stream {"stream":"main"}';

const { WhepListener } = await import('../js/whep.js');

/** Lets every promise that is ready run. */
const settle = async () => {
  for (let n = 0; n < 30; n += 1) await Promise.resolve();
};

const pass = async (ms, arriving = 0) => {
  for (let gone = 0; gone < ms; gone += 50) {
    nowMs += 50;
    if (peers.length > 0) peers.at(-1).packets += arriving;
    mock.timers.tick(50);
    await settle();
  }
};

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  [asked, peers, nowMs, box] = [[], [], 0, accept];
  mock.method(performance, 'now', () => nowMs);
});

function listener() {
  const told = [];
  const live = new WhepListener('main', {
    onStream: (stream) => told.push(stream),
    onLive: () => told.push('live'),
    onLost: (loss) => told.push(loss),
  });
  return { live, told };
}

test('a tap asks a session that stands by for its sound, and nothing else', async () => {
  const { live, told } = listener();
  live.prepare();
  live.prepare();
  await pass(5000);
  live.introduce();
  await settle();
  assert.deepEqual([live.state, asked, told], ['standby', [STANDBY], []]);
  live.start();
  await pass(500, 1);
  assert.deepEqual([live.state, asked, told], ['live', [STANDBY, HEAR], ['the stream', 'live']]);
  assert.equal(peers.length, 1);
});

test('a tap before the box has answered is heard when it has', async () => {
  const { live, told } = listener();
  let answer;
  box = (init) => (init.method === 'POST' ? new Promise((done) => (answer = () => done(accept(init)))) : accept(init));
  live.prepare();
  await settle();
  live.start();
  live.start();
  await settle();
  assert.deepEqual(asked, [STANDBY]);
  answer();
  await pass(500, 1);
  assert.deepEqual([live.state, asked, told], ['live', [STANDBY, HEAR], ['the stream', 'live']]);
});

test('another channel before the tap is the one that is asked for', async () => {
  const { live } = listener();
  live.prepare();
  await settle();
  live.tune('green');
  await settle();
  assert.deepEqual(asked, [STANDBY]);
  live.start();
  await settle();
  assert.deepEqual(asked, [STANDBY, HEAR.replace('"main"', '"green"')]);
});

test('whoever is not let stand by starts without, and is told of no loss', async () => {
  const { live, told } = listener();
  box = refuse;
  live.prepare();
  await settle();
  assert.deepEqual([live.state, told], ['idle', []]);
  let answer;
  box = () => new Promise((done) => (answer = () => done(refuse())));
  live.prepare();
  await settle();
  live.start();
  box = accept;
  answer();
  await pass(500, 1);
  assert.deepEqual([live.state, told], ['live', ['the stream', 'live']]);
  assert.deepEqual(asked, [STANDBY, STANDBY, 'POST /whep/main']);
});

test('a session that the box has let go meanwhile is joined anew', async () => {
  const { live } = listener();
  live.prepare();
  await settle();
  box = (init) => (init.method === 'PUT' ? refuse() : accept(init));
  live.start();
  await pass(500, 1);
  assert.deepEqual(asked, [STANDBY, HEAR, 'DELETE /whep/main/7', 'POST /whep/main']);
  assert.equal(live.state, 'live');
});

test('nobody stands by for ever, nor without a connection', async () => {
  const { live, told } = listener();
  live.prepare();
  await pass(119000);
  assert.deepEqual([live.state, asked, peers[0].closed], ['idle', [STANDBY, 'DELETE /whep/main/7'], true]);
  live.prepare();
  await settle();
  peers[1].becomes('failed');
  assert.deepEqual([live.state, told], ['idle', []]);
});
