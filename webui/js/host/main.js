// The host's page: makes the parts and connects them. Nothing is decided here but who sees what.

import { namedChannel } from '../chosen.js';
import { element, translate, write } from '../dom.js';
import { Feed } from '../feed.js';
import { count, speak, t } from '../i18n.js';
import { Pairing } from '../pairing.js';
import { tint } from '../tint.js';
import { AsksPanel } from './asks.js';
import { CardBox } from './card.js';
import { CardFile } from './card-file.js';
import { ChannelsBox } from './channels.js';
import { showHealth } from './health.js';
import { showInvitation } from './invitation.js';
import { MusicPanel } from './music.js';
import { NetworkBox } from './network.js';
import { NowCard } from './now.js';
import { PeoplePanel } from './people.js';
import { Places } from './places.js';
import { QueuePanel } from './queue.js';
import { SettingsForm } from './settings.js';
import { SourceBox } from './source.js';
import { Steer } from './steer.js';
import { Tabs } from './tabs.js';
import { UpdateBox } from './update.js';
import { Uploads } from './uploads.js';

await speak('shared', 'host');
translate();

let reachable = true;

const feed = new Feed(
  (kind) => (kind === 'position' ? parts.now.drawPosition() : show()),
  (answered) => {
    const was = reachable;
    reachable = answered;
    if (was !== answered) show();
  },
);
const tabs = new Tabs(show);
const music = new MusicPanel();
const steer = new Steer((id) => feed.follow(id));
const parts = {
  now: new NowCard(() => feed.positionMs()),
  source: new SourceBox(),
  queue: new QueuePanel(),
  asks: new AsksPanel(),
  places: new Places(),
  people: new PeoplePanel(),
  settings: new SettingsForm(),
  network: new NetworkBox(),
  update: new UpdateBox(),
  card: new CardBox(),
  cardFile: new CardFile(),
  channels: new ChannelsBox(),
};
new Uploads(() => music.look());

// What the box says from now on shall be what it says to a host: the request that opened the feed knew no cookie.
const pairing = new Pairing(() => {
  if (feed.you !== null && feed.you.role !== 'host') feed.open();
});

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  feed.open();
  pairing.wake();
  show();
});
window.addEventListener('online', () => feed.open());
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) feed.open();
});
const named = namedChannel();
if (named !== null) feed.follow(named);
feed.open();

function show() {
  const state = /** @type {Party.State | null} */ (feed.state);
  const you = /** @type {Party.You | null} */ (feed.you);
  const role = you?.role ?? 'unknown';
  allow(role);
  const link = element('link');
  link.hidden = reachable && state !== null;
  write(link, t(reachable ? 'link.asking' : 'link.lost'));
  document.body.dataset.reachable = String(reachable);
  if (state === null || you === null) return;
  write(element('box-name'), state.session.title || state.name);
  document.title = t('host.title', { box: state.session.title || state.name });
  const { listeners } = state;
  element('listeners').hidden = false;
  write(element('listeners'), count('listeners', listeners.live + listeners.pocket));
  tint(state.channels.find(({ id }) => id === state.channel)?.color);
  pairing.show(role === 'host');
  if (role === 'guest') return;
  steer.show(state);
  parts.now.show(state);
  parts.queue.show(state);
  parts.asks.show(state, you);
  if (tabs.shows('music')) music.begin();
  if (role !== 'host') return;
  parts.source.show(state);
  parts.source.measure(you.line_level);
  parts.places.show(state.scan ?? null, tabs.shows('music'));
  parts.people.show(tabs.shows('people'));
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
  element('gate').hidden = role !== 'guest';
  element('deck').hidden = role !== 'host' && role !== 'dj';
  element('steer').hidden = true;
  element('mini').hidden = role !== 'host';
  for (const one of document.querySelectorAll('[data-for="host"]')) {
    if (one instanceof HTMLElement) one.hidden = role !== 'host';
  }
  tabs.refresh();
  // The button that was tapped is gone; what it led to takes its place for keyboard and screen reader.
  if (asked && role !== 'guest') element('host-heading').focus();
}
