// The Live session against a box and a browser made of values: what is asked, what is retried, what is cleaned up.

import assert from 'node:assert/strict';
import test, { beforeEach, mock } from 'node:test';

/** What the pretended box does with the next request. */
let box;
/** Every request, as `METHOD path?query`. */
let asked;
/** Every peer connection made. */
let peers;
/** Whether a peer tells of what there is to play. */
let playable;
let nowMs;

class PretendedPeer extends EventTarget {
  connectionState = 'new';
  packets = 0;
  closed = false;
  receiver = {};

  constructor() {
    super();
    peers.push(this);
  }

  addTransceiver(kind, { direction }) {
    assert.deepEqual([kind, direction], ['audio', 'recvonly']);
    return { receiver: this.receiver };
  }

  async createOffer() {
    return { type: 'offer', sdp: 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n' };
  }

  async setLocalDescription(description) {
    this.localDescription = description;
  }

  async setRemoteDescription(description) {
    assert.deepEqual(description, { type: 'answer', sdp: 'the answer' });
    if (playable) this.dispatchEvent(Object.assign(new Event('track'), { streams: ['the stream'] }));
  }

  async getStats() {
    const inbound = { type: 'inbound-rtp', kind: 'audio', packetsReceived: this.packets };
    return new Map([['in', inbound]]);
  }

  close() {
    this.closed = true;
  }
}

globalThis.location = { href: 'http://box/' };
globalThis.RTCPeerConnection = PretendedPeer;
globalThis.fetch = async (path, init) => {
  const { pathname, search } = new URL(path, 'http://box/');
  asked.push(`${init.method} ${pathname}${search}`);
  return box(init);
};
const accept = () => ({
  ok: true,
  status: 201,
  url: 'http://box/whep/main',
  headers: new Headers({ Location: '/whep/main/7' }),
  text: async () => 'the answer',
});
const refuse = (status, headers = {}) => () => ({
  ok: false, status, headers: new Headers(headers), text: async () => '{"error":"no"}',
});

const { WhepListener } = await import('../js/whep.js');

/** Lets every promise that is ready run. */
const settle = async () => {
  for (let n = 0; n < 30; n += 1) await Promise.resolve();
};

/** Moves the time on, in steps that let promises run between timers. */
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
  [asked, peers, playable, nowMs, box] = [[], [], false, 0, accept];
  mock.method(performance, 'now', () => nowMs);
  mock.method(Math, 'random', () => 0.5);
});

function listener() {
  const told = [];
  const live = new WhepListener('main', {
    onStream: () => told.push('stream'),
    onLive: () => told.push('live'),
    onLost: (loss) => told.push(loss),
  });
  return { live, told };
}

test('joins, is live with the first packet, and leaves when stopped', async () => {
  const { live, told } = listener();
  live.start();
  await settle();
  assert.equal(live.state, 'connecting');
  assert.match(peers[0].localDescription.sdp, /stereo=1/);
  assert.equal(peers[0].receiver.jitterBufferTarget, 60);
  await pass(200, 1);
  assert.deepEqual([live.state, told], ['live', ['live']]);
  live.stop();
  assert.deepEqual(asked, ['POST /whep/main', 'DELETE /whep/main/7']);
  assert.deepEqual([live.state, peers[0].closed], ['idle', true]);
  await pass(20000);
  assert.equal(peers.length, 1);
});

test('a session that goes quiet is left and joined anew, without a tap', async () => {
  const { live, told } = listener();
  live.start();
  await pass(5000, 1);
  await pass(3500, 0);
  assert.deepEqual(told, ['live', 'stalled']);
  await pass(1000, 1);
  assert.deepEqual([live.state, told], ['live', ['live', 'stalled', 'live']]);
  assert.deepEqual(asked, ['POST /whep/main', 'DELETE /whep/main/7', 'POST /whep/main']);
});

test('a session from before a restart is joined anew at once, and one from after it is kept', async () => {
  const { live, told } = listener();
  live.start();
  await pass(5000, 1);
  live.doubt();
  live.restarted();
  assert.deepEqual([live.state, told], ['waiting', ['live', 'stalled']]);
  await pass(1000, 1);
  live.restarted();
  await pass(1000, 1);
  assert.deepEqual([live.state, told], ['live', ['live', 'stalled', 'live']], 'this one is of the new run');
  assert.equal(peers.length, 2);
});

test('a box that is away is asked again and again, at most every two seconds', async () => {
  const { live, told } = listener();
  box = () => {
    throw new TypeError('nobody there');
  };
  live.start();
  await pass(60000);
  assert.equal(live.state, 'waiting');
  assert.ok(told.every((loss) => loss === 'unreachable'));
  assert.ok(asked.length >= 35 && asked.length <= 50, `${asked.length} tries in a minute`);
  box = accept;
  await pass(5500, 1);
  assert.equal(live.state, 'live');
});

test('a network that comes back ends the pause', async () => {
  const { live } = listener();
  box = refuse(503, { 'Retry-After': '60' });
  live.start();
  await pass(30000);
  assert.equal(asked.length, 1, 'the box asked for a minute');
  box = accept;
  live.nudge();
  await pass(200, 1);
  assert.equal(live.state, 'live');
});

test('an answer without sound is reported as such', async () => {
  const { live, told } = listener();
  live.start();
  await pass(5500);
  assert.deepEqual(told, ['no_media']);
  assert.ok(asked.includes('DELETE /whep/main/7'));
});

test('refusals are told apart', async () => {
  for (const [status, loss] of [[503, 'full'], [406, 'refused'], [429, 'refused'], [404, 'refused']]) {
    const { live, told } = listener();
    box = refuse(status);
    live.start();
    await settle();
    assert.deepEqual(told, [loss]);
    live.stop();
  }
});

test('a session that is answered after the guest has stopped is left at once', async () => {
  const { live, told } = listener();
  let answer;
  box = (init) => (init.method === 'POST' ? new Promise((done) => (answer = done)) : accept());
  live.start();
  await settle();
  live.stop();
  answer(accept());
  await settle();
  assert.deepEqual(asked, ['POST /whep/main', 'DELETE /whep/main/7']);
  assert.deepEqual(told, []);
});

const accepted = () => ({ ok: true, status: 204, headers: new Headers(), text: async () => '' });

test('another stream goes on in the same session', async () => {
  const { live, told } = listener();
  live.start();
  await pass(500, 1);
  const bodies = [];
  box = (init) => (bodies.push(init.body), accepted());
  live.tune('main');
  live.tune('green');
  await pass(500, 1);
  assert.deepEqual(asked, ['POST /whep/main', 'PUT /whep/main/7/stream']);
  assert.deepEqual(bodies, ['{"stream":"green"}']);
  assert.deepEqual([live.state, told, peers.length], ['live', ['live'], 1]);
});

test('of quick wishes the last one is told last, one request at a time', async () => {
  const { live } = listener();
  live.start();
  await pass(500, 1);
  const bodies = [];
  let answer;
  box = (init) => (bodies.push(init.body), new Promise((done) => (answer = () => done(accepted()))));
  for (const stream of ['green', 'blue', 'main', 'blue']) live.tune(stream);
  await settle();
  assert.deepEqual(bodies, ['{"stream":"green"}']);
  answer();
  await settle();
  answer();
  await settle();
  assert.deepEqual(bodies, ['{"stream":"green"}', '{"stream":"blue"}']);
});

test('a session that the box does not know any more is joined anew with the other stream', async () => {
  const { live } = listener();
  live.start();
  await pass(500, 1);
  box = (init) => (init.method === 'PUT' ? refuse(404)() : accept());
  live.tune('green');
  await pass(500, 1);
  assert.deepEqual(asked.slice(1), ['PUT /whep/main/7/stream', 'DELETE /whep/main/7', 'POST /whep/green']);
  assert.equal(live.state, 'live');
  assert.equal(peers.length, 2);
});

test('another stream before there is a session is joined instead', async () => {
  const { live } = listener();
  live.tune('blue');
  live.start();
  await settle();
  assert.deepEqual(asked, ['POST /whep/blue']);
  live.stop();
  asked = [];
  live.start();
  live.tune('green');
  await settle();
  assert.deepEqual(asked, ['POST /whep/green'], 'nobody asked for the first one yet');
});

const STANDBY = 'POST /whep/main?standby=1';
const HEAR = 'PUT /whep/main/7/stream';

/** A listener with a session that stands by, or is on its way. */
async function standing() {
  playable = true;
  const { live, told } = listener();
  live.prepare();
  await settle();
  return { live, told };
}

test('a tap asks a session that stands by for its sound, and nothing else', async () => {
  const { live, told } = await standing();
  live.prepare();
  live.introduce();
  await pass(5000);
  assert.deepEqual([live.state, asked, told], ['standby', [STANDBY], []]);
  live.start();
  await pass(500, 1);
  assert.deepEqual([live.state, asked, told, peers.length], ['live', [STANDBY, HEAR], ['stream', 'live'], 1]);
});

test('a tap before the box has answered is heard when it has', async () => {
  let answer;
  box = ({ method }) => (method === 'POST' ? new Promise((done) => (answer = () => done(accept()))) : accepted());
  const { live, told } = await standing();
  live.start();
  live.start();
  await settle();
  assert.deepEqual(asked, [STANDBY]);
  answer();
  await pass(500, 1);
  assert.deepEqual([live.state, asked, told], ['live', [STANDBY, HEAR], ['stream', 'live']]);
});

test('another channel before the tap is the one that is asked for', async () => {
  const { live } = await standing();
  let body;
  box = (init) => ((body = init.body), accepted());
  live.tune('green');
  await settle();
  assert.deepEqual(asked, [STANDBY]);
  live.start();
  await settle();
  assert.deepEqual([asked, body], [[STANDBY, HEAR], '{"stream":"green"}']);
});

test('whoever is not let stand by starts without, and is told of no loss', async () => {
  box = refuse(503);
  const { live, told } = await standing();
  assert.deepEqual([live.state, told], ['idle', []]);
  let answer;
  box = () => new Promise((done) => (answer = () => done(refuse(503)())));
  live.prepare();
  await settle();
  live.start();
  box = accept;
  answer();
  await pass(500, 1);
  assert.deepEqual([live.state, told], ['live', ['stream', 'live']]);
  assert.deepEqual(asked, [STANDBY, STANDBY, 'POST /whep/main']);
});

test('a session that stood by and that the box has let go is joined anew', async () => {
  const { live } = await standing();
  box = ({ method }) => (method === 'PUT' ? refuse(404)() : accept());
  live.start();
  await pass(500, 1);
  assert.deepEqual(asked, [STANDBY, HEAR, 'DELETE /whep/main/7', 'POST /whep/main']);
  assert.equal(live.state, 'live');
});

test('nobody stands by for ever, nor without a connection', async () => {
  const { live, told } = await standing();
  await pass(119000);
  assert.deepEqual([live.state, asked, peers[0].closed], ['idle', [STANDBY, 'DELETE /whep/main/7'], true]);
  live.prepare();
  await settle();
  peers[1].connectionState = 'failed';
  peers[1].dispatchEvent(new Event('connectionstatechange'));
  assert.deepEqual([live.state, told], ['idle', []]);
});
