// Live state from messages: patches, gaps, positions; and the connection that mends itself.

import assert from 'node:assert/strict';
import test, { mock } from 'node:test';

import { Feed, PONG_LIMIT_MS, QUIET_LIMIT_MS } from '../js/feed.js';
import { FeedState, mergePatch } from '../js/feed-state.js';

const snapshot = (state, seq = 1) =>
  JSON.stringify({ type: 'snapshot', session: 's', seq, time_ms: 5000, state, you: { role: 'guest' } });
const change = (seq, patch) => JSON.stringify({ type: 'change', seq, patch });

test('a patch does what RFC 7396 says it does', () => {
  // Appendix A of the RFC.
  const cases = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [['a', 'b'], ['c', 'd'], ['c', 'd']],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of cases) {
    const before = JSON.stringify(target);
    assert.deepEqual(mergePatch(target, patch), result);
    assert.equal(JSON.stringify(target), before, 'the state before is not changed');
  }
});

test('a title named __proto__ is only a title', () => {
  const patched = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'));
  assert.equal({}.polluted, undefined);
  assert.deepEqual(Object.keys(patched), ['__proto__']);
});

test('a snapshot and the changes after it are the state; a missing change is a gap', () => {
  const feed = new FeedState();
  assert.equal(feed.resume, null);
  assert.equal(feed.take(snapshot({ playing: true, track: { id: 1 } }, 4), 0), 'snapshot');
  assert.equal(feed.take(change(5, { playing: false, track: null }), 0), 'change');
  assert.deepEqual(feed.state, { playing: false });
  assert.deepEqual([feed.resume, feed.run], [{ session: 's', seq: 5 }, 's']);
  assert.equal(feed.take('{"type":"you","value":{"role":"dj"}}', 0), 'you');
  assert.equal(feed.you.role, 'dj');
  assert.equal(feed.take(change(7, {}), 0), 'gap');
  assert.equal(feed.resume, null, 'only a snapshot helps');
  for (const odd of ['', 'null', '[]', '{"type":"news"}', '"change"']) assert.equal(feed.take(odd, 0), null, odd);
  assert.equal(new FeedState().take(change(1, {}), 0), 'gap');
});

test('a position moves with time while music plays, or with what the phone plays', () => {
  const feed = new FeedState();
  assert.equal(feed.positionMs(0), null);
  feed.take(snapshot({ track: { id: 3, duration_ms: 10000 } }), 100);
  const position = { type: 'position', item: null, track: 3, position_ms: 4000, media_time: 48000, playing: true };
  feed.take(JSON.stringify(position), 1000);
  assert.equal(feed.positionMs(2500), 5500);
  assert.equal(feed.positionMs(900), 4000, 'a clock that steps back does not move it back');
  assert.equal(feed.positionMs(99999), 10000, 'never past the end');
  assert.equal(feed.positionMs(2500, 48000 - 480), 3990, 'ten milliseconds before the anchor is heard');
  feed.take(JSON.stringify({ ...position, playing: false }), 2000);
  assert.equal(feed.positionMs(5000), 4000);
  feed.take(JSON.stringify({ ...position, track: null }), 2000);
  assert.equal(feed.positionMs(5000), null);
  assert.equal(feed.boxMs(1100), 6000);
});

/** Every connection that was opened in the test that runs. */
let sockets = [];

class Socket extends EventTarget {
  static OPEN = 1;
  readyState = 1;
  sent = [];
  constructor(url) {
    super();
    this.url = url.replace('ws://box.test', '');
    sockets.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  say(data) {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
  end() {
    this.dispatchEvent(new Event('close'));
  }
}

Object.assign(globalThis, { WebSocket: Socket, location: { href: 'http://box.test/' } });

test('a connection that falls silent is asked, then replaced, and asks for what it missed', () => {
  sockets = [];
  mock.timers.enable({ apis: ['setTimeout'] });
  const news = [];
  const reachable = [];
  const feed = new Feed(
    (kind) => news.push(kind),
    (yes) => reachable.push(yes),
  );
  feed.open();
  assert.equal(sockets[0].url, '/api/party/live');
  sockets[0].say(snapshot({ playing: true }, 8));
  mock.timers.tick(QUIET_LIMIT_MS);
  assert.deepEqual(sockets[0].sent.map(({ type }) => type), ['ping']);
  mock.timers.tick(PONG_LIMIT_MS);
  assert.deepEqual(reachable, [true, false]);
  mock.timers.tick(1000);
  assert.equal(sockets[1].url, '/api/party/live?session=s&seq=8');
  sockets[0].say(snapshot({ playing: 'stale' }, 9));
  sockets[1].say(change(9, { playing: false }));
  assert.deepEqual(feed.state, { playing: false });
  assert.deepEqual(news, ['snapshot', 'change']);
  sockets[1].say(change(11, {}));
  mock.timers.tick(1000);
  assert.equal(sockets[2].url, '/api/party/live', 'after a gap it begins anew');
  sockets[2].end();
  mock.timers.tick(1000);
  assert.equal(sockets.length, 4);
  feed.close();
  mock.timers.tick(60000);
  assert.equal(sockets.length, 4, 'a closed one stays closed');
  mock.timers.reset();
});

/** A snapshot of one of these channels. */
const of = (channel, ids, more = {}) => snapshot({ channel, channels: ids.map((id) => ({ id })), ...more });

/** The channels that were asked for over a connection. */
const asked = ({ sent }) => sent.filter(({ type }) => type === 'follow').map(({ channel }) => channel);

/** A page that follows, and what it was told. */
function follower() {
  sockets = [];
  const told = [];
  const feed = new Feed(
    (kind) => told.push(`${kind} ${feed.state.channel}`),
    () => {},
  );
  return { feed, told };
}

test('another channel is asked for over the same connection, and nothing is told before it is there', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { feed, told } = follower();
  feed.open();
  assert.equal(sockets[0].url, '/api/party/live');
  sockets[0].say(of('red', ['red', 'green', 'blue']));
  feed.follow('red');
  assert.deepEqual(asked(sockets[0]), ['red'], 'whatever becomes the first one');
  feed.follow('green');
  assert.deepEqual(asked(sockets[0]), ['red', 'green']);
  sockets[0].say(change(2, { playing: false }));
  sockets[0].say(of('green', ['red', 'green', 'blue']));
  sockets[0].say(change(2, { playing: true }));
  assert.deepEqual(told, ['snapshot red', 'snapshot green', 'change green']);
});

test('what a page looks at is asked for again after a loss, of the channels that it shows', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { feed } = follower();
  const looks = ({ sent }) => sent.filter(({ type }) => type === 'look');
  const seen = [];
  feed.open();
  sockets[0].say(of('red', ['red', 'green']));
  feed.look('spectrum', ({ channel }) => seen.push(channel), ['green', 'red']);
  for (const channel of ['red', 'green']) sockets[0].say(JSON.stringify({ type: 'spectrum', channel, media_time: 0, level_db: 0, bands_db: [] }));
  assert.deepEqual(seen, ['red', 'green']);
  assert.deepEqual(looks(sockets[0]), [{ type: 'look', at: 'spectrum', channels: ['green', 'red'] }]);
  sockets[0].end();
  context.mock.timers.tick(1000);
  sockets[1].dispatchEvent(new Event('open'));
  assert.deepEqual(looks(sockets[1]), looks(sockets[0]));
  feed.look('spectrum', () => {});
  assert.deepEqual(looks(sockets[1]).at(-1), { type: 'look', at: 'spectrum' }, 'none named: whatever is followed');
  feed.look('nothing', () => {});
  sockets[1].end();
  context.mock.timers.tick(1500);
  sockets[2].dispatchEvent(new Event('open'));
  assert.deepEqual(looks(sockets[2]), []);
});

test('of quick wishes the last one counts, whatever answers are still on their way', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { feed, told } = follower();
  feed.open();
  sockets[0].say(of('red', ['red', 'green', 'blue']));
  for (const id of ['green', 'blue', 'red', 'blue']) feed.follow(id);
  for (const id of ['green', 'blue', 'red', 'blue']) sockets[0].say(of(id, ['red', 'green', 'blue']));
  assert.deepEqual(told.at(-1), 'snapshot blue');
  sockets[0].end();
  context.mock.timers.tick(1000);
  assert.equal(sockets[1].url, '/api/channels/blue/live?session=s&seq=1');
  feed.follow('green');
  sockets[1].end();
  context.mock.timers.tick(1000);
  assert.equal(sockets[2].url, '/api/party/live', 'no word came over the last one, and what is known is of another channel');
  sockets[2].end();
  context.mock.timers.tick(1500);
  assert.equal(sockets[3].url, '/api/channels/green/live', 'both are tried in turn');
});

test('a channel that is removed leads to the one the box chooses', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { feed, told } = follower();
  feed.open();
  sockets[0].say(of('red', ['red', 'green']));
  feed.follow('green');
  sockets[0].say(of('green', ['red', 'green']));
  sockets[0].say(of('red', ['red']));
  assert.deepEqual(told, ['snapshot red', 'snapshot green', 'snapshot red']);
  assert.deepEqual(asked(sockets[0]), ['red', 'green', 'red'], 'even if green comes back');
  sockets[0].end();
  context.mock.timers.tick(1000);
  assert.equal(sockets[1].url, '/api/channels/red/live?session=s&seq=1');
});

test('a channel that was gone before the page came is given up; one that is only late is not', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  for (const [there, ends] of [[['red', 'blue'], 'red'], [['red', 'green'], 'green']]) {
    const { feed, told } = follower();
    feed.follow('green');
    feed.open();
    assert.equal(sockets[0].url, '/api/channels/green/live');
    sockets[0].end();
    context.mock.timers.tick(1000);
    assert.equal(sockets[1].url, '/api/party/live', 'where there is an answer');
    sockets[1].dispatchEvent(new Event('open'));
    assert.deepEqual(asked(sockets[1]), ['green']);
    sockets[1].say(of('red', there));
    sockets[1].say(ends === 'green' ? of('green', there) : '{"type":"refused","code":"no-such-channel"}');
    assert.deepEqual(told, [`snapshot ${ends}`]);
    feed.close();
  }
});

test('where the track of one channel is says nothing of another one', () => {
  const feed = new FeedState();
  feed.take(of('red', ['red', 'green'], { track: { id: 3 } }), 0);
  feed.take('{"type":"position","track":3,"position_ms":4000,"media_time":0,"playing":false}', 0);
  feed.take(of('red', ['red', 'green'], { track: { id: 3 } }), 0);
  assert.equal(feed.positionMs(0), 4000);
  feed.take(of('green', ['red', 'green'], { track: { id: 3 } }), 0);
  assert.equal(feed.positionMs(0), null);
});
