// The DJ's page: makes the parts and connects them. Nothing is decided here but who sees what.

import { askAbout } from '../api.js';
import { nameOf } from '../channels.js';
import { namedChannel, nameChannel } from '../chosen.js';
import { element, fill, fillSlider, make, mark, translate, write } from '../dom.js';
import { Feed } from '../feed.js';
import { choose } from '../host/api.js';
import { count, speak, t } from '../i18n.js';
import { sentence } from '../refusals.js';
import { tint } from '../tint.js';
import { isOver } from '../words.js';
import { describe } from './air.js';
import { Booth } from './booth.js';
import { Deck } from './deck.js';
import { lateness, loudest, SILENCE_DBFS } from './mix.js';
import { Voice } from './voice.js';
import { WhipSender } from './whip.js';

/** How often the level is drawn, in milliseconds. */
const METER_EVERY_MS = 100;

await speak('shared', 'dj');
translate();

/** Whether the box answers. */
let reachable = false;
/** Who has the places at the channel, as it was said last. */
let seen = '';
const fader = /** @type {HTMLInputElement} */ (element('fader'));
const monitor = /** @type {HTMLInputElement} */ (element('monitor'));
const channel = /** @type {HTMLSelectElement} */ (element('channel'));
const events = (/** @type {number} */ n) => ({
  touched: () => booth.open(),
  changed: tellTitle,
  gain: (/** @type {number} */ db) => {
    booth.gain(n, db);
    tellTitle();
  },
});
/** @type {Deck[]} */
const decks = ['A', 'B'].map((name, n) => new Deck(element(`deck-${name.toLowerCase()}`), name, events(n)));
const booth = new Booth(decks.map(({ audio }) => audio));
const sender = new WhipSender(() => booth.stream(), () => (reachable ? feed.run : null), show);
const voice = new Voice(booth, () => feed.state?.settings?.duck_db);
const feed = new Feed(hear, (answers) => {
  reachable = answers;
  show();
});

element('air').addEventListener('click', () => {
  booth.open();
  if (sender.active) sender.stop();
  else send(false);
});
element('take-over').addEventListener('click', () => send(true));
element('choose').addEventListener('click', async () => {
  write(element('trouble'), await choose('sender').then(() => '', sentence));
});
fader.addEventListener('input', () => {
  booth.fade(fader.valueAsNumber / 100);
  drawFader();
  tellTitle();
});
monitor.addEventListener('change', () => {
  booth.open();
  booth.monitor(monitor.checked);
});
channel.addEventListener('change', () => {
  nameChannel(channel.value);
  feed.follow(channel.value);
  if (sender.active) send(false);
});
setInterval(drawLevel, METER_EVERY_MS);
window.addEventListener('online', wake);
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) wake();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') wake();
});
// A phone that is put away shall not hold the channel.
window.addEventListener('pagehide', () => sender.stop());

for (const deck of decks) deck.draw();
drawFader();
const named = namedChannel();
if (named !== null) feed.follow(named);
feed.open();
element('page').setAttribute('aria-busy', 'false');
show();

/** The phone's network may be back, or the page was asleep. */
function wake() {
  feed.open();
  // iOS puts the sound of a page to sleep during a call.
  if (sender.active) booth.open();
  sender.nudge();
}

/** @param {boolean} takesOver */
function send(takesOver) {
  write(element('trouble'), '');
  sender.start(channel.value || (feed.state?.channel ?? 'main'), takesOver);
  tellTitle();
}

/** @param {import('../feed-state.js').News} kind what the box has said */
function hear(kind) {
  if (kind === 'position' || kind === 'pong') return;
  const state = /** @type {Party.State | null} */ (feed.state);
  if (state !== null) askAbout(state.channel);
  // A place at the channel may be free again.
  const places = `${whoSends(state)} ${state?.settings?.together}`;
  if (sender.state === 'taken' && places !== seen) sender.nudge();
  seen = places;
  show();
}

/** @param {Party.State | null} state */
function whoSends(state) {
  const source = state?.sources.find(({ id }) => id === 'sender');
  return source === undefined || source.state === 'off' ? '' : (source.detail ?? '');
}

function show() {
  const state = /** @type {Party.State | null} */ (feed.state);
  const you = /** @type {import('../api.js').You | null} */ (feed.you);
  const may = you !== null && you.role !== 'guest';
  element('link').hidden = reachable && state !== null;
  write(element('link'), t(state === null ? 'dj.asking' : 'dj.lost'));
  element('gate').hidden = you === null || may;
  if (you !== null && !may) write(element('gate-how'), t('dj.gate_how', { n: you.label ?? 0 }));
  // What plays goes on while a radio is away or somebody is no DJ for a moment.
  element('booth').hidden = you === null || (!may && !sender.active);
  if (state === null) return;
  document.title = t('dj.title', { box: state.session.title || state.name });
  const { channels } = state;
  element('channel-box').hidden = channels.length < 2;
  fill(channel, channels, ({ id }) => id, ({ id }) => make('option', { value: id }), (option, one) => write(option, nameOf(one)));
  if (!sender.active || !channels.some(({ id }) => id === channel.value)) channel.value = state.channel;
  tint(channels, channel.value, isOver(state) ? null : (state.track?.art ?? null));
  voice.show(state.session.https_port ?? null);
  showAir(state, you?.role === 'host');
}

/**
 * @param {Party.State} state
 * @param {boolean} isHost
 */
function showAir(state, isHost) {
  const lateMs = lateness(sender.roundTripMs, sender.heard?.waits_ms ?? null);
  const of = { state: sender.state, heard: sender.heard, lateMs, isHost, sender: whoSends(state), paused: !state.playing };
  const { say, more, together = null, way } = describe(of);
  const words = (/** @type {import('./air.js').Said | null} */ said) => {
    if (said === null) return '';
    return said.count === undefined ? t(said.key, said.values) : count(said.key, said.count);
  };
  write(element('air-say'), words(say));
  write(element('air-together'), words(together));
  element('air-together').hidden = together === null;
  write(element('air-more'), words(more));
  element('desk').dataset.air = sender.state === 'sending' && sender.heard?.heard === true ? 'on' : sender.state;
  write(element('air-label'), t(sender.active ? 'air.stop' : sender.state === 'ended' ? 'air.again' : 'air.start'));
  mark(element('air'), 'aria-pressed', String(sender.active));
  element('take-over').hidden = way !== 'take-over';
  element('choose').hidden = way !== 'choose';
}

/** Whatever listeners hear most is what plays. */
function tellTitle() {
  const on = loudest(decks.map((deck, n) => ({ playing: deck.playing, loudness: booth.loudness(n) })));
  sender.say(on === null ? { title: '', artist: '' } : decks[on].tags);
}

function drawFader() {
  const at = fader.valueAsNumber;
  mark(fader, 'aria-valuetext', t('mix.at', { a: 100 - at, b: at }));
  fillSlider(fader);
}

function drawLevel() {
  if (document.visibilityState !== 'visible') return;
  const dbfs = Math.round(booth.level());
  const meter = element('level');
  meter.style.setProperty('--at', `${Math.round((100 * (dbfs - SILENCE_DBFS)) / -SILENCE_DBFS)}%`);
  meter.dataset.loud = String(dbfs >= -1);
  mark(meter, 'aria-valuenow', String(dbfs));
}
