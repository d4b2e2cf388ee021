// The guest page: makes the parts and connects them. Nothing is decided here.

import { pocketUrl } from './api.js';
import { element, translate, write } from './dom.js';
import { StatusFeed } from './feed.js';
import { HostBar } from './host.js';
import { speak, t } from './i18n.js';
import { keep, recall } from './keep.js';
import { Pairing } from './pairing.js';
import { Player } from './player.js';
import { nowText, View } from './view.js';

/** Where the guest's wishes are kept between visits. Some browsers forbid it; then nothing is kept. */
const VOLUME_KEY = 'partybox.volume';
const PATH_KEY = 'partybox.path';
/** The largest jitter target a browser accepts, in milliseconds (WebRTC extensions draft). */
const JITTER_LIMIT_MS = 4000;

const audio = /** @type {HTMLAudioElement} */ (element('audio'));

/** @type {import('./api.js').Status | null} */
let status = null;
let reachable = true;

await speak('shared', 'guest', 'host');
translate();
const view = new View();
const host = new HostBar();
const player = new Player(audio, show, jitterFromAddress());
const feed = new StatusFeed(
  (said) => {
    status = said;
    show();
  },
  (answered) => {
    reachable = answered;
    show();
  },
);

// What the box says from now on shall be what it says to a host: the request that opened the feed knew no cookie.
const pairing = new Pairing(() => feed.open());

offerOtherPlayer();
offerVolume();
offerPaths();
offerMediaKeys();
element('play').addEventListener('click', () => (player.active ? player.stop() : player.listen()));
followThePhone();
show();
feed.open();

function show() {
  view.show({ listening: player.state, status, reachable });
  host.show(status);
  pairing.show(status);
  tellThePhone();
}

/** The lock screen and the keys of a headset show and steer the same thing as the page. */
function tellThePhone() {
  if (!('mediaSession' in navigator)) return;
  const { title, artist } = nowText(status);
  const { metadata } = navigator.mediaSession;
  if (metadata === null || metadata.title !== title || metadata.artist !== artist) {
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist, album: status?.name ?? t('page.title') });
  }
  navigator.mediaSession.playbackState = player.active ? 'playing' : 'paused';
}

function offerMediaKeys() {
  if (!('mediaSession' in navigator)) return;
  navigator.mediaSession.setActionHandler('play', () => player.listen());
  navigator.mediaSession.setActionHandler('pause', () => player.stop());
  navigator.mediaSession.setActionHandler('stop', () => player.stop());
}

function offerOtherPlayer() {
  const link = /** @type {HTMLAnchorElement} */ (element('other-link'));
  link.href = pocketUrl();
  write(link, pocketUrl());
}

/** On iPhones a page cannot change the volume; a slider that does nothing would be a lie. */
function offerVolume() {
  const slider = /** @type {HTMLInputElement} */ (element('volume'));
  audio.volume = 0.5;
  const possible = audio.volume === 0.5;
  element('volume-row').hidden = !possible;
  const set = (/** @type {number} */ percent) => {
    slider.value = String(percent);
    slider.setAttribute('aria-valuetext', t('volume.value', { n: percent }));
    audio.volume = percent / 100;
  };
  const kept = Number.parseInt(recall(VOLUME_KEY) ?? '', 10);
  set(kept >= 0 && kept <= 100 ? kept : 100);
  slider.addEventListener('input', () => {
    set(slider.valueAsNumber);
    keep(VOLUME_KEY, slider.value);
  });
}

function offerPaths() {
  for (const radio of document.querySelectorAll('input[name=path]')) {
    if (!(radio instanceof HTMLInputElement)) continue;
    const path = radio.value === 'pocket' ? 'pocket' : 'live';
    if (recall(PATH_KEY) === path) {
      radio.checked = true;
      player.choose(path);
    }
    radio.addEventListener('change', () => {
      keep(PATH_KEY, path);
      player.choose(path);
    });
  }
}

/** Wakes, network changes and goodbyes. */
function followThePhone() {
  const wake = () => {
    feed.open();
    player.nudge();
    pairing.wake();
  };
  window.addEventListener('online', wake);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake();
    // While the guest listens, the lock screen wants the titles; else a hidden page leaves the radio alone.
    else if (!player.active) feed.close();
  });
  window.addEventListener('pagehide', () => {
    player.leave();
    feed.close();
  });
  window.addEventListener('pageshow', (event) => {
    if (!event.persisted) return;
    player.comeBack();
    feed.open();
    pairing.wake();
  });
}

function jitterFromAddress() {
  const asked = Number.parseInt(new URLSearchParams(location.search).get('jitter') ?? '', 10);
  return asked >= 0 && asked <= JITTER_LIMIT_MS ? asked : undefined;
}
