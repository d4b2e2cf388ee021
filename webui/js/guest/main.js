// The guest page: makes the parts and connects them. Nothing is decided here.

import { MAIN_STREAM, voteToSkip } from '../api.js';
import { element, translate } from '../dom.js';
import { speak } from '../i18n.js';
import { keep, recall } from '../keep.js';
import { Live } from '../live.js';
import { endsLiveWhenHidden } from '../phone.js';
import { Player } from '../player.js';
import { answerOthers, tell } from '../report.js';
import { offerMediaKeys, tellThePhone } from './lockscreen.js';
import { offerLanguages, offerName } from './more.js';
import { Music } from './music.js';
import { showQueue } from './queue.js';
import { offerChannels, offerOtherPlayer, offerVolume, offerWays } from './sound.js';
import { nowText, Stage } from './stage.js';
import { attempt } from './toast.js';
import { followAddress } from './views.js';

/** Where the chosen channel is kept between visits. */
const CHANNEL = 'partybox.channel';
/** The largest jitter target a browser accepts, in milliseconds (WebRTC extensions draft). */
const JITTER_LIMIT_MS = 4000;

/** @type {import('../api.js').State | null} */
let status = null;
/** @type {import('../api.js').You | null} */
let you = null;
/** @type {string | null} which run of the box the page follows */
let run = null;
let reachable = true;
let stream = recall(CHANNEL) ?? MAIN_STREAM;

await speak('shared', 'guest');
translate();
const audio = (/** @type {string} */ id) => /** @type {HTMLAudioElement} */ (element(id));
const stage = new Stage(() => feed.positionMs());
const music = new Music();
const player = new Player({ live: audio('audio'), pocket: audio('audio-pocket') }, show, jitterFromAddress());
const showName = offerName();
const feed = new Live(hear, (answers) => {
  // The box is back: the sound need not wait for its own next try.
  if (answers && !reachable) player.nudge();
  if (answers === reachable) return;
  if (!answers) player.doubt();
  reachable = answers;
  show();
});

if (stream !== MAIN_STREAM) player.tune(stream);
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
answerOthers();
followThePhone();
show();
feed.open();

function show() {
  const { title, artist } = nowText(status);
  stage.show({ listening: player.state, status, you, reachable, stream });
  tell({ phase: player.state.phase, reason: player.state.reason, volume: player.volume });
  tellThePhone({ title, artist, album: status?.name ?? '', art: status?.track?.art ?? null }, player.active);
  offerOtherPlayer(stream);
  if (status === null || you === null) return;
  offerChannels(status.streams, stream, tune);
  showQueue(status, you);
  music.show(status, you);
  showName(you);
}

/** @param {'snapshot' | 'change' | 'you' | 'position' | 'pong'} kind what the box has said */
function hear(kind) {
  status = feed.state;
  you = feed.you;
  if (kind === 'snapshot') {
    if (run !== null && run !== feed.run) player.restarted();
    run = feed.run;
  }
  if (kind === 'position') stage.follow(feed.positionMs());
  if (kind === 'position' || kind === 'pong' || status === null) return;
  if (!status.streams.some(({ id }) => id === stream)) tune(status.streams[0]?.id ?? MAIN_STREAM);
  show();
}

/** @param {string} channel */
function tune(channel) {
  stream = channel;
  keep(CHANNEL, channel);
  player.tune(channel);
  show();
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
