// The host's page: makes the parts and connects them. Nothing is decided here but who sees what.

import { keepChannel, namedChannel } from '../chosen.js';
import { dotted, mark, redraw, translate, write } from '../dom.js';
import { Feed } from '../feed.js';
import { count, speak, t } from '../i18n.js';
import { boxAnswers, heardStream, player, tellOver, tellReachable, tellRun, toggleListening, tuneTo, watchListening } from '../listen.js';
import { tellPosition, tellThePhone } from '../lockscreen.js';
import { sentence } from '../refusals.js';
import { settle } from '../shell.js';
import { Pairing } from './pairing.js';
import { tint } from '../tint.js';
import { describe, isOver } from '../words.js';
import { boxSaid, tellTime } from './api.js';
import { AsksPanel } from './asks.js';
import { CardBox } from './card.js';
import { CardFile } from './card-file.js';
import { ChannelsBox } from './channels.js';
import { FilesBox } from './files.js';
import { ClockCard } from './clock.js';
import { showHealth } from './health.js';
import { showInvitation } from './invitation.js';
import { MusicPanel } from './music.js';
import { NetworkBox } from './network.js';
import { NowCard } from './now.js';
import { element } from './page.js';
import { OverCard } from './over.js';
import { PeoplePanel } from './people.js';
import { Places } from './places.js';
import { QueuePanel } from './queue.js';
import { SendersBox } from './senders.js';
import { SettingsForm } from './settings.js';
import { SourceBox } from './source.js';
import { VoiceButton } from './voice.js';
import { Steer } from './steer.js';
import { Tabs } from './tabs.js';
import { tell } from './toast.js';
import { UpdateBox } from './update.js';
import { Uploads } from './uploads.js';

await speak('shared', 'host', 'box');
translate(element('page').parentElement ?? document);

/** Whether the page is the one shown. */
let here = true;

const feed = new Feed(hear, tellReachable);
const tabs = new Tabs(show);
const music = new MusicPanel();
const steer = new Steer((id) => feed.follow(id));
const parts = {
  now: new NowCard(() => feed.positionMs()),
  source: new SourceBox(feed),
  voice: new VoiceButton(),
  queue: new QueuePanel(),
  asks: new AsksPanel(),
  files: new FilesBox(),
  places: new Places(),
  people: new PeoplePanel(),
  senders: new SendersBox(),
  settings: new SettingsForm(),
  network: new NetworkBox(),
  update: new UpdateBox(),
  card: new CardBox(),
  cardFile: new CardFile(),
  channels: new ChannelsBox(),
  clock: new ClockCard(),
  over: new OverCard(),
};
new Uploads(() => music.look());

// What the box says from now on shall be what it says to a host: the request that opened the feed knew no cookie.
const pairing = new Pairing(() => {
  askFirst();
  if (feed.you !== null && feed.you.role !== 'host') feed.open();
});

element('listen').addEventListener('click', listen);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible' || !here) return;
  feed.open();
  pairing.wake();
  show();
});
window.addEventListener('online', () => {
  if (here) feed.open();
});
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted && here) feed.open();
});
watchListening(show);
settle({ enter, leave, lost: (error) => tell(sentence(error), { bad: true }) });
begin();

/** Who listens steers what they hear, unless the address says otherwise. */
function begin() {
  const first = namedChannel() ?? (player.active ? heardStream() : null);
  if (first !== null) feed.follow(first);
  feed.open();
}

/** A box that nobody has told anything yet asks its first host, once; and what time it is, wherever it does not know. */
async function askFirst() {
  const said = await boxSaid().catch(() => null);
  if (said === null || !here) return;
  if (said.asks) element('box-settings').click();
  else parts.clock.show(said);
}

/** The page is shown again. */
async function enter() {
  here = true;
  await speak('shared', 'host', 'box');
  translate(element('page').parentElement ?? document);
  begin();
  pairing.wake();
  show();
}

/** Another page is shown instead: the sound goes on, and what this page shows can wait. */
function leave() {
  here = false;
  feed.close();
}

/** One tap on the host's own Listen: what is steered is what is heard. */
function listen() {
  const { state } = feed;
  if (state !== null && !player.active) tuneTo(state.channel);
  toggleListening();
}

/** @param {import('../feed-state.js').News} kind what the box has said */
function hear(kind) {
  if (kind === 'snapshot') tellRun(feed.run);
  if (feed.state !== null) tellOver(isOver(feed.state));
  if (kind === 'position') {
    parts.now.drawPosition();
    tellPosition(feed.positionMs(), feed.state?.track?.duration_ms ?? null);
    return;
  }
  const { state } = feed;
  // Whoever hears one channel and steers another hears what they steer: a slider that moves what nobody hears is a riddle.
  if (state !== null && player.active && state.channel !== heardStream()) {
    if (state.channels.length > 1) keepChannel(state.channel);
    tuneTo(state.channel);
  }
  show();
}

/**
 * How listening stands on this phone.
 * @param {Party.State | null} state
 */
function showListening(state) {
  const { action, button, state: words } = describe({ listening: player.state, status: state, reachable: boxAnswers() });
  element('listen').dataset.phase = player.state.phase;
  redraw(element('listen-sign'), action === 'listen' ? 'headphones' : 'pause');
  write(element('listen-label'), t(player.state.phase === 'idle' ? button : words));
  mark(element('listen'), 'aria-label', action === 'listen' ? t('button.listen') : dotted(t(button), t(words)));
  if (state === null) return;
  const { title, artist } = parts.now.words(state);
  tellThePhone({ title, artist, album: state.session.title || state.name, art: state.track?.art ?? null }, player.active);
}

function show() {
  if (!here) return;
  const state = /** @type {Party.State | null} */ (feed.state);
  const you = /** @type {Party.You | null} */ (feed.you);
  const role = you?.role ?? 'unknown';
  allow(role);
  showListening(state);
  const reachable = boxAnswers();
  const link = element('link');
  link.hidden = reachable && state !== null;
  write(link, t(reachable ? 'link.asking' : 'link.lost'));
  document.body.dataset.reachable = String(reachable);
  if (state === null || you === null) return;
  write(element('box-name'), state.session.title || state.name);
  document.title = t('host.title', { box: state.session.title || state.name });
  const { listeners } = state;
  write(element('listeners'), count('listeners', listeners.live + listeners.pocket));
  tint(state.channels, state.channel, isOver(state) ? null : (state.track?.art ?? null));
  pairing.show(role === 'host');
  if (role === 'guest') return;
  steer.show(state);
  parts.now.show(state);
  parts.queue.show(state);
  parts.asks.show(state, you);
  if (tabs.shows('music')) music.begin();
  if (role !== 'host') return;
  parts.files.show(state);
  parts.over.show(state);
  parts.source.show(state);
  parts.voice.show(state);
  parts.source.measure(you.line_level);
  parts.places.show(state.scan ?? null, tabs.shows('music'));
  parts.people.show(tabs.shows('people'));
  parts.senders.show(state, tabs.shows('people'));
  showInvitation(state, tabs.shows('people'));
  parts.settings.show(state, you);
  parts.network.show(tabs.shows('box'));
  parts.cardFile.show(tabs.shows('box'), () => showHealth(state, parts.cardFile.problems));
  showHealth(state, parts.cardFile.problems);
  parts.update.show(state.update ?? null);
  parts.card.show(state.forgets ?? null);
  parts.channels.show(state, you, tabs.shows('box'));
}

/**
 * Shows each role what it may do, and no more. The box checks every request again.
 * @param {string} role
 */
function allow(role) {
  const page = element('page');
  if (page.dataset.role === role) return;
  const asked = element('gate').contains(document.activeElement);
  page.dataset.role = role;
  if (role === 'host') tellTime().catch(() => {});
  element('gate').hidden = role !== 'guest';
  element('deck').hidden = role !== 'host' && role !== 'dj';
  element('steer').hidden = true;
  element('mini').hidden = role !== 'host';
  for (const one of (page.parentElement ?? document).querySelectorAll('[data-for="host"]')) {
    if (one instanceof HTMLElement) one.hidden = role !== 'host';
  }
  tabs.refresh();
  parts.now.watch();
  // The button that was tapped is gone; what it led to takes its place for keyboard and screen reader.
  if (asked && role !== 'guest') element('host-heading').focus();
}
