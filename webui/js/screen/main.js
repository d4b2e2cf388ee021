// The party screen: what plays, what comes next, and how to come in, for everybody in the room. Nobody touches it, so it
// finds the box again by itself and never shows anything to tap.

import { element, fill, make, mark, translate, write } from '../dom.js';
import { Feed } from '../feed.js';
import { count, speak, t } from '../i18n.js';
import { clock } from '../progress.js';
import { rise, risen } from '../reactions.js';
import { skippedBy } from '../skip.js';
import { tint } from '../tint.js';
import { Tonight } from '../tonight.js';
import { initial, whoseWish } from '../wish.js';
import { isOver, senderOf } from '../words.js';
import { invitation, qr } from '../host/api.js';
import { cover, dotted } from '../host/rows.js';
import { titleOf } from '../host/sentences.js';
import { fieldsOf, showChannels } from './channels.js';
import { drift } from './drift.js';

/** How many songs are announced. */
const NEXT_MAX = 3;
/** How long a reaction rises over the screen, in milliseconds. */
const RISE_MS = 4500;
/** How many songs of the evening are read from across a room. */
const EVENING_MAX = 12;
/** How often the position is drawn, in milliseconds. */
const DRAW_EVERY_MS = 500;

await speak('shared', 'screen');
translate();

const tonight = new Tonight(showEvening);
let version = '';
/** @type {Record<string, number> | undefined} */
let reactions;
let shownAddress = '';

const progress = /** @type {HTMLProgressElement} */ (element('progress'));
const wifi = /** @type {HTMLImageElement} */ (element('wifi'));
// Only a host's browser is given the Wi-Fi's code; elsewhere the page's code is enough for whoever is in the network.
wifi.addEventListener('load', async () => {
  number(true);
  await spell();
  document.body.dataset.told = '';
});
wifi.addEventListener('error', () => {
  number(false);
  document.body.dataset.told = '';
});
for (const id of ['cover', 'glow']) {
  element(id).addEventListener('load', () => (element(id).dataset.there = 'yes'));
  element(id).addEventListener('error', () => delete element(id).dataset.there);
}

const feed = new Feed(
  (kind) => {
    if (kind === 'position') return drawPosition();
    const said = /** @type {Party.State} */ (feed.state);
    // A box with other pages was started: a screen that nobody reloads does so itself.
    if (version !== '' && said.version !== version) location.reload();
    version = said.version;
    show(said);
  },
  (answered) => {
    element('lost').hidden = answered;
    document.body.dataset.reachable = String(answered);
  },
);
window.addEventListener('online', () => feed.open());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') feed.open();
});
feed.open();
setInterval(drawPosition, DRAW_EVERY_MS);
drift(element('drift'));
/** @type {import('../late/room.js').Room | null} what moves with the sound, once it is there */
let room = null;
// Without it the screen says what it says.
light().catch(() => {});

async function light() {
  const { Room } = await import('../late/room.js');
  const shown = new Room((at) => feed.look(at === null ? 'nothing' : 'spectrum', (seen) => seen.type === 'spectrum' && shown.take(seen), at ?? []));
  room = shown;
  if (feed.state !== null) show(feed.state);
}

/** @param {Party.State} party */
function show(party) {
  const { track, session, listeners } = party;
  const invite = session.invite ?? '';
  const name = session.title || party.name;
  write(element('party'), name);
  document.title = name;
  const { channels } = party;
  // A party that is over has nothing to choose.
  const open = session.live ? channels : [];
  const art = isOver(party) || open.length > 1 ? null : (track?.art ?? null);
  tint(channels, party.channel, art, true);
  showChannels(open);
  const everywhere = channels.reduce((sum, channel) => sum + channel.listeners, 0);
  const here = open.length > 1 ? everywhere : listeners.live + listeners.pocket;
  element('listeners').hidden = here === 0;
  write(element('listeners'), count('listeners', here));
  const over = isOver(party);
  mark(document.body, 'data-over', over ? 'true' : null);
  tonight.note(party, undefined);
  showEvening();
  const isLine = !track && party.source === 'line-in' && !party.fallback;
  const sender = senderOf(party);
  const title = track ? titleOf(track) : sender?.title || t(isLine ? 'now.line_in' : 'now.nothing');
  write(element('title'), over ? t('screen.over') : title);
  write(element('artist'), over ? '' : track ? track.artist : isLine ? t('now.line_in_artist') : sender ? sender.artist || t('now.sender_artist') : '');
  const whose = over ? '' : whoseWish(track?.by);
  const hearts = over ? 0 : (track?.hearts ?? 0);
  element('by').hidden = whose === '' && hearts === 0;
  write(element('by-sign'), initial(track?.by));
  write(element('by-name'), dotted(whose, hearts === 0 ? '' : `♥ ${hearts}`));
  rise(element('cheers'), risen(reactions, party.reactions), RISE_MS);
  reactions = party.reactions;
  element('paused').hidden = party.playing || over;
  element('now-heading').hidden = over || !party.playing;
  picture('cover', over ? null : (track?.art ?? null));
  picture('glow', over ? null : (track?.art ?? null));
  showNext(party);
  if (over) element('next-box').hidden = true;
  // What comes next in one of several channels is not what comes next at the party.
  if (open.length > 1) element('next-box').hidden = true;
  write(element('address'), invite.replace(/^\w+:\/\//, '').replace(/\/$/, ''));
  if (invite !== shownAddress) {
    shownAddress = invite;
    mark(element('page-code'), 'src', qr('page'));
    mark(wifi, 'src', qr('wifi'));
  } else if (invite === '') {
    document.body.dataset.told = '';
  }
  write(element('page-name'), session.name ?? '');
  room?.show(isLine && !over && open.length === 1, party.playing && !over && open.length === 1);
  room?.showFields(fieldsOf(open));
  drawPosition();
}

/** @param {Party.State} party */
function showNext({ queue, upcoming }) {
  const asked = queue.order.map((id) => queue.items[id]).filter((item) => item !== undefined);
  /** @type {{track: Party.Track, by?: Party.By}[]} */
  const rest = upcoming.map((track) => ({ track }));
  const next = (asked.length > 0 ? asked : rest).slice(0, NEXT_MAX);
  element('next-box').hidden = next.length === 0;
  fill(
    element('next'),
    next,
    ({ track }) => track.id,
    ({ track }) => {
      const art = cover();
      art.set(track.art);
      return make('li', {}, art.box, make('div', { dir: 'auto' }, make('b'), make('small')));
    },
    (row, { track, by }) => {
      const [title, sub] = row.querySelectorAll('b, small');
      write(title, titleOf(track));
      write(sub, dotted(track.artist, whoseWish(by)));
    },
  );
}

/** The last songs of the evening, once it is over. */
function showEvening() {
  const songs = tonight.songs.slice(-EVENING_MAX).map((song, n) => ({ song, n }));
  element('evening').hidden = songs.length === 0;
  fill(element('evening-list'), songs, ({ song, n }) => `${n}.${song.id}`, () => make('li', { dir: 'auto' }, make('b'), make('small')), (row, { song }) => {
    write(row.children[0], song.title === '' ? t('now.untitled') : song.title);
    write(row.children[1], dotted(song.time ?? '', song.artist));
  });
}

/**
 * @param {string} id
 * @param {string | null} art
 */
function picture(id, art) {
  const where = element(id);
  if ((where.getAttribute('src') ?? '') === (art ?? '')) return;
  delete where.dataset.there;
  mark(where, 'src', art);
}

/** Writes what the Wi-Fi's code says below it, unless the host would rather not have that read aloud. */
async function spell() {
  if (new URLSearchParams(location.search).get('words') === 'no') return;
  // Where it cannot be asked the code is enough.
  const { network } = await invitation().catch(() => ({ network: null }));
  write(element('wifi-name'), network?.name ?? '');
  write(element('wifi-passphrase'), network?.passphrase ?? '');
}

/** @param {boolean} two whether both codes are there, to be scanned one after the other */
function number(two) {
  element('wifi-box').hidden = !two;
  write(element('page-say'), t(two ? 'screen.page_second' : 'screen.page'));
}

function drawPosition() {
  const by = skippedBy(feed.state, feed.positionMs());
  write(element('skipped-by'), by === 0 ? '' : count('skip.by', by));
  const track = /** @type {Party.State | null} */ (feed.state)?.track ?? null;
  const durationMs = track?.duration_ms ?? null;
  const nowMs = feed.positionMs();
  const over = isOver(feed.state);
  element('timeline').hidden = durationMs === null || nowMs === null || over;
  if (durationMs === null || nowMs === null || over) return;
  progress.max = Math.max(1, durationMs);
  progress.value = nowMs;
  write(element('position'), clock(nowMs));
  write(element('duration'), clock(durationMs));
}
