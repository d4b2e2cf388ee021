// The guest page: makes the parts and connects them. Nothing is decided here.

import { askAbout, MAIN_STREAM, voteToSkip } from '../api.js';
import { beside, nameOf, playsNow } from '../channels.js';
import { chosenChannel, keepChannel } from '../chosen.js';
import { dotted, element, translate } from '../dom.js';
import { Feed } from '../feed.js';
import { speak, t } from '../i18n.js';
import { endsLiveWhenHidden } from '../phone.js';
import { Player } from '../player.js';
import { answerOthers, tell } from '../report.js';
import { showChannels } from './channels.js';
import { offerMediaKeys, tellThePhone } from './lockscreen.js';
import { offerLanguages, offerName } from './more.js';
import { Music } from './music.js';
import { showQueue } from './queue.js';
import { offerOtherPlayer, offerVolume, offerWays } from './sound.js';
import { nowText, Stage } from './stage.js';
import { watchSwipes } from './swipe.js';
import { attempt, say } from './toast.js';
import { followAddress } from './views.js';

/** The largest jitter target a browser accepts, in milliseconds (WebRTC extensions draft). */
const JITTER_LIMIT_MS = 4000;

/** @type {import('../api.js').State | null} */
let status = null;
/** @type {import('../api.js').You | null} */
let you = null;
/** @type {string | null} which run of the box the page follows */
let run = null;
let reachable = true;
/** The channel this phone listens to; the state catches up with it. */
let stream = MAIN_STREAM;

await speak('shared', 'guest');
translate();
const audio = (/** @type {string} */ id) => /** @type {HTMLAudioElement} */ (element(id));
const stage = new Stage(() => feed.positionMs());
const music = new Music();
const player = new Player({ live: audio('audio'), pocket: audio('audio-pocket') }, show, jitterFromAddress());
const showName = offerName();
const feed = new Feed(hear, (answers) => {
  // The box is back: the sound need not wait for its own next try.
  if (answers && !reachable) player.nudge();
  if (answers === reachable) return;
  if (!answers) player.doubt();
  reachable = answers;
  show();
});

const chosen = chosenChannel();
if (chosen !== null) tuneTo(chosen);
offerVolume(player);
offerWays(player);
offerMediaKeys(player);
offerLanguages(() => {
  music.draw();
  show();
});
followAddress();
for (const id of ['play', 'mini-play']) {
  element(id).addEventListener('click', () => (player.active ? player.stop() : player.listen()));
}
element('skip').addEventListener('click', () => attempt(() => voteToSkip(!(you?.skip_vote ?? false)), element('skip')));
watchSwipes(element('page'), step);
answerOthers();
followThePhone();
show();
feed.open();

function show() {
  const { title, artist } = nowText(status);
  const channels = status?.channels ?? [];
  const here = channels.length > 1 ? channels.find(({ id }) => id === stream) : undefined;
  stage.show({ listening: player.state, status, you, reachable, stream });
  tell({ phase: player.state.phase, reason: player.state.reason, volume: player.volume });
  const album = dotted(here === undefined ? '' : nameOf(here), status?.name ?? '');
  tellThePhone({ title, artist, album, art: status?.track?.art ?? null }, player.active);
  offerOtherPlayer(stream);
  showChannels(channels, stream, choose);
  if (status === null || you === null) return;
  showQueue(status, you);
  music.show(status, you);
  showName(you);
}

/** @param {import('../feed-state.js').News} kind what the box has said */
function hear(kind) {
  const before = status?.channels.find(({ id }) => id === stream);
  status = feed.state;
  you = feed.you;
  if (kind === 'snapshot') {
    if (run !== null && run !== feed.run) player.restarted();
    run = feed.run;
  }
  if (kind === 'position') stage.follow(feed.positionMs());
  if (kind === 'position' || kind === 'pong' || status === null) return;
  askAbout(status.channel);
  if (status.channel !== stream) moveOn(status, before);
  show();
}

/**
 * The channel this phone listened to is gone, and the box has chosen another: the sound goes along.
 * @param {import('../api.js').State} now
 * @param {Party.Channel | undefined} before what was there, if the page has seen it
 */
function moveOn({ channel, channels }, before) {
  const next = channels.find(({ id }) => id === channel);
  const chose = chosenChannel() !== null;
  if (next !== undefined && before !== undefined) say(t('channel.gone', { name: nameOf(before), now: nameOf(next) }));
  // Who chose long ago comes to a party with one channel, where nobody speaks of channels.
  else if (chose && channels.length > 1) say(t('refused.no-such-channel'));
  if (chose) keepChannel(channel);
  tuneTo(channel);
}

/**
 * The guest wants another channel: sound and state are asked for at once.
 * @param {string} channel
 */
function choose(channel) {
  keepChannel(channel);
  tuneTo(channel);
  show();
}

/** @param {string} channel */
function tuneTo(channel) {
  stream = channel;
  player.tune(channel);
  feed.follow(channel);
}

/** @param {number} way of the finger: to the left brings what lies on the right */
function step(way) {
  if (status === null || status.channels.length < 2) return;
  const next = beside(status.channels, stream, document.documentElement.dir === 'rtl' ? way : -way);
  choose(next.id);
  stage.slide(way);
  say(dotted(nameOf(next), playsNow(next)));
}

/** Wakes, network changes and goodbyes. */
function followThePhone() {
  const wake = () => {
    feed.open();
    player.nudge();
  };
  window.addEventListener('online', wake);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') {
      player.shown();
      wake();
      return;
    }
    player.hidden(endsLiveWhenHidden());
    // While the guest listens, the lock screen wants the titles; else a hidden page leaves the radio alone.
    if (!player.active) feed.close();
  });
  // A page that was frozen has missed what happened.
  document.addEventListener('freeze', () => player.sleep());
  document.addEventListener('resume', () => {
    player.wake();
    wake();
  });
  window.addEventListener('pagehide', () => {
    player.leave();
    feed.close();
  });
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    player.comeBack();
    feed.open();
  });
}

function jitterFromAddress() {
  const asked = Number.parseInt(new URLSearchParams(location.search).get('jitter') ?? '', 10);
  return asked >= 0 && asked <= JITTER_LIMIT_MS ? asked : undefined;
}
