// The sound of this phone: one player for all pages that are shown in one document, what the phone does to it, and what the
// pages' feeds tell it of the box. It shows nothing but the lock screen's titles; pages ask to be told of changes.

import { MAIN_STREAM } from './api.js';
import { chosenChannel } from './chosen.js';
import { offerMediaKeys } from './lockscreen.js';
import { endsLiveWhenHidden } from './phone.js';
import { Player } from './player.js';
import { answerOthers, silenceOthers, tell } from './report.js';

/** The largest jitter target a browser accepts, in milliseconds (WebRTC extensions draft). */
const JITTER_LIMIT_MS = 4000;

/** How long the last song may fade after the end, before the sound is let go, in milliseconds: the box takes three seconds. */
const FADE_MS = 4000;

/** @type {Set<() => void>} */
const watchers = new Set();
let reachable = true;
/** @type {string | null} which run of the box the sound comes from */
let run = null;
let stream = MAIN_STREAM;
/** @type {ReturnType<typeof setTimeout> | undefined} until the sound is let go */
let fading;

const audio = (/** @type {string} */ id) => /** @type {HTMLAudioElement} */ (document.getElementById(id));

/** The one player. */
export const player = new Player({ live: audio('audio'), pocket: audio('audio-pocket') }, changed, jitterFromAddress());

/** The channel this phone listens to, or would. */
export const heardStream = () => stream;

/** Whether the box answered the last time. */
export const boxAnswers = () => reachable;

/**
 * @param {() => void} watcher called whenever listening or the box's answering has changed
 */
export function watchListening(watcher) {
  watchers.add(watcher);
}

/** One tap: listens, or stops. To be called inside the tap. */
export function toggleListening() {
  if (player.active) {
    player.stop();
    return;
  }
  silenceOthers();
  player.listen();
}

/**
 * Another channel from now on.
 * @param {string} channel
 */
export function tuneTo(channel) {
  stream = channel;
  player.tune(channel);
}

/**
 * A page's feed has heard from the box, or has lost it.
 * @param {boolean} answers
 */
export function tellReachable(answers) {
  if (answers === reachable) return;
  // The box is back: the sound need not wait for its own next try.
  if (answers) player.nudge();
  else player.doubt();
  reachable = answers;
  for (const watcher of watchers) watcher();
}

/**
 * A page's feed has begun anew.
 * @param {string | null} now which run of the box it is
 */
export function tellRun(now) {
  if (run !== null && run !== now) player.restarted();
  run = now;
}

/**
 * Whether the party is over, as a page's feed says. The sound ends with it; whoever listened until then hears the next party
 * without a tap.
 * @param {boolean} over
 */
export function tellOver(over) {
  if (!over) {
    clearTimeout(fading);
    fading = undefined;
    if (player.state.reason === 'ended') player.listen();
  } else if (fading === undefined && player.state.path !== null) {
    fading = setTimeout(() => {
      fading = undefined;
      player.end();
    }, FADE_MS);
  }
}

/** Keeps how listening goes, for the page that says why nothing is heard. */
export function report() {
  tell({ phase: player.state.phase, reason: player.state.reason, volume: player.volume });
}

function changed() {
  report();
  for (const watcher of watchers) watcher();
}

const chosen = chosenChannel();
if (chosen !== null) tuneTo(chosen);
offerMediaKeys({ listen: () => (player.active ? undefined : toggleListening()), stop: () => player.stop() });
answerOthers(() => player.yield());
followThePhone();

/** Wakes, network changes and goodbyes. */
function followThePhone() {
  window.addEventListener('online', () => player.nudge());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') {
      player.shown();
      player.nudge();
    } else {
      player.hidden(endsLiveWhenHidden());
    }
  });
  // A page that was frozen has missed what happened.
  document.addEventListener('freeze', () => player.sleep());
  document.addEventListener('resume', () => {
    player.wake();
    player.nudge();
  });
  window.addEventListener('pagehide', () => player.leave());
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) player.comeBack();
  });
}

function jitterFromAddress() {
  const asked = Number.parseInt(new URLSearchParams(location.search).get('jitter') ?? '', 10);
  return asked >= 0 && asked <= JITTER_LIMIT_MS ? asked : undefined;
}
