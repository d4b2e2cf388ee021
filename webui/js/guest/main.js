// The guest page: makes the parts and connects them. Nothing is decided here.

import { askAbout, voteToSkip } from '../api.js';
import { beside, nameOf, playsNow } from '../channels.js';
import { chosenChannel, keepChannel } from '../chosen.js';
import { dotted, translate, write } from '../dom.js';
import { Feed } from '../feed.js';
import { speak, t } from '../i18n.js';
import { boxAnswers, heardStream, player, report, tellOver, tellReachable, tellRun, toggleListening, tuneTo, watchListening } from '../listen.js';
import { tellThePhone } from '../lockscreen.js';
import { sentence } from '../refusals.js';
import { prepare, settle } from '../shell.js';
import { isOver } from '../words.js';
import { celebrate, lookedAtQueue } from './celebrate.js';
import { showChannels } from './channels.js';
import { offerList, showGoodbye } from './goodbye.js';
import { Lights } from './lights.js';
import { moments } from './moments.js';
import { offerLanguages, offerName } from './more.js';
import { Music } from './music.js';
import { element } from './page.js';
import { showQueue } from './queue.js';
import { offerReactions, showReactions } from './reactions.js';
import { offerShare, showShare } from './share.js';
import { offerOtherPlayer, offerVolume, offerWays } from './sound.js';
import { nowText, Stage } from './stage.js';
import { watchSwipes } from './swipe.js';
import { announce, attempt, hush, say } from './toast.js';
import { followAddress, openPart } from './views.js';

/** @type {import('../api.js').State | null} */
let status = null;
/** @type {import('../api.js').You | null} */
let you = null;
/** @type {import('../api.js').You['role'] | null} what this phone may do, as far as the guest was told */
let role = null;
/** Whether the page is the one shown. */
let here = true;
/** Whether the page that says why nothing is heard has been fetched: it is wanted most when the box is gone. */
let prepared = false;

// Before any word: a tap shall work as soon as it can.
for (const id of ['play', 'mini-play']) element(id).addEventListener('click', toggleListening);
document.dispatchEvent(new Event('ready-to-play'));
if (document.documentElement.dataset.tapped === 'early') toggleListening();
await speak('shared', 'guest');
translate(element('page').parentElement ?? document);
const stage = new Stage(() => feed.positionMs(), () => feed.boxMs());
const music = new Music();
const showName = offerName();
const feed = new Feed(hear, tellReachable);
const lights = new Lights(feed);

if (chosenChannel() !== null) feed.follow(heardStream());
offerVolume(player);
offerWays(player);
offerLanguages(() => {
  music.draw();
  show();
});
followAddress(() => here, showPart);
offerReactions();
offerShare();
offerList();
element('skip').addEventListener('click', () => {
  if (element('skip').getAttribute('aria-disabled') === 'true') return;
  attempt(() => voteToSkip(!(you?.skip_vote ?? false)), element('skip'));
});
watchSwipes(element('page'), step);
watchListening(show);
followThePhone();
settle({ enter, leave, lost: (error) => say(sentence(error)) });
show();
feed.open();
if (document.visibilityState === 'visible') player.prepare();

/** The page is shown again. */
async function enter() {
  here = true;
  await speak('shared', 'guest');
  translate(element('page').parentElement ?? document);
  openPart(showPart);
  if (chosenChannel() !== null) feed.follow(heardStream());
  feed.open();
  show();
}

/** Another page is shown instead: the sound goes on, and what this page shows can wait. */
function leave() {
  here = false;
  lights.show(status?.channels ?? [], here);
  feed.close();
}

function show() {
  if (!here) return;
  const { title, artist } = nowText(status);
  const channels = status?.channels ?? [];
  const stream = heardStream();
  const tuned = channels.length > 1 ? channels.find(({ id }) => id === stream) : undefined;
  stage.show({ listening: player.state, status, you, reachable: boxAnswers(), stream, weak: player.weak });
  const album = dotted(tuned === undefined ? '' : nameOf(tuned), status?.name ?? '');
  tellThePhone({ title, artist, album, art: isOver(status) ? null : (status?.track?.art ?? null) }, player.active);
  report();
  offerOtherPlayer(stream);
  lights.show(channels, here);
  showChannels(channels, stream, choose);
  if (status === null || you === null) return;
  showGoodbye(status, you);
  showRole(you.role);
  showQueue(status, you, feed.boxMs());
  showReactions(status);
  showShare(status);
  music.show(status, you);
  showName(you);
}

/**
 * @param {string} view
 * @param {string[]} place
 */
function showPart(view, place) {
  if (view === 'queue') lookedAtQueue();
  if (view === 'music') music.follow(place);
}

/** @param {import('../feed-state.js').News} kind what the box has said */
function hear(kind) {
  const known = status === null || you === null || status.channel !== feed.state?.channel ? null : { state: status, you };
  const before = status?.channels.find(({ id }) => id === heardStream());
  // Who tapped before the page was ready may hear already, as somebody whom the box did not know yet.
  if (status === null && player.active) player.introduce();
  status = feed.state;
  you = feed.you;
  if (kind === 'snapshot') tellRun(feed.run);
  if (kind === 'position') stage.follow(feed.positionMs());
  if (kind === 'position' || kind === 'pong' || status === null) return;
  askAbout(status.channel);
  const over = isOver(status);
  tellOver(over);
  if (over && known !== null && !isOver(known.state)) hush();
  if (status.channel !== heardStream()) moveOn(status, before);
  show();
  if (you !== null && !over) celebrate(moments(known, { state: status, you }));
  travel();
}

/**
 * Who may steer is told so, and shown the way.
 * @param {import('../api.js').You['role']} now
 */
function showRole(now) {
  const link = element('dj-link');
  link.hidden = now === 'guest';
  element('dj-play').hidden = now === 'guest';
  /** @type {HTMLElement} */ (link.parentElement).dataset.told = '';
  write(element('dj-label'), now === 'guest' ? '' : t(now === 'dj' ? 'dj.link' : 'dj.host'));
  if (role === 'guest' && now === 'dj') announce(t('dj.now'));
  if (role === 'dj' && now === 'guest') announce(t('dj.over'));
  role = now;
}

/** Fetches what explains silence while the box can still be asked. */
function travel() {
  if (prepared) return;
  prepared = true;
  const again = () => (prepared = false);
  prepare('/why').catch(again);
}

/**
 * The channel this phone listened to is gone, and the box has chosen another: the sound goes along.
 * @param {import('../api.js').State} now
 * @param {Party.Channel | undefined} before what was there, if the page has seen it
 */
function moveOn({ channel, channels }, before) {
  const next = channels.find(({ id }) => id === channel);
  const chose = chosenChannel() !== null;
  if (next !== undefined && before !== undefined) announce(t('channel.gone', { name: nameOf(before), now: nameOf(next) }));
  // Who chose long ago comes to a party with one channel, where nobody speaks of channels.
  else if (chose && channels.length > 1) announce(t('refused.no-such-channel'));
  if (chose) keepChannel(channel);
  follow(channel);
}

/**
 * The guest wants another channel: sound and state are asked for at once.
 * @param {string} channel
 */
function choose(channel) {
  keepChannel(channel);
  follow(channel);
  show();
}

/** @param {string} channel */
function follow(channel) {
  tuneTo(channel);
  feed.follow(channel);
}

/** @param {number} way of the finger: to the left brings what lies on the right */
function step(way) {
  if (status === null || status.channels.length < 2) return;
  const next = beside(status.channels, heardStream(), document.documentElement.dir === 'rtl' ? way : -way);
  choose(next.id);
  stage.slide(way);
  say(dotted(nameOf(next), playsNow(next)));
}

/** Wakes, network changes and goodbyes, as far as what is shown goes. */
function followThePhone() {
  const wake = () => {
    if (here) feed.open();
  };
  window.addEventListener('online', wake);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake();
    // While the guest listens, the lock screen wants the titles; else a hidden page leaves the radio alone.
    else if (!player.active) feed.close();
  });
  document.addEventListener('resume', wake);
  window.addEventListener('pagehide', () => feed.close());
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) wake();
  });
}
