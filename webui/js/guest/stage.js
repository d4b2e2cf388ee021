// The stage: what plays, how far it is, and how this phone stands with it. Text is only written when it changes.

import { element, mark, write } from '../dom.js';
import { count, known, t } from '../i18n.js';
import { clock } from '../progress.js';
import { tint } from '../tint.js';
import { describe, nowPlaying } from '../words.js';
import { tellPosition } from './lockscreen.js';

/** How often the position is drawn between two messages of the box. */
const DRAW_EVERY_MS = 500;
/** How far the cover comes in from the side, in pixels of the page, and for how long. */
const SLIDE_PX = 20;
const SLIDE_MS = 180;

/** @typedef {import('../words.js').Situation & {you: import('../api.js').You | null, stream: string}} Situation */

export class Stage {
  #page = element('page');
  #sleeve = /** @type {HTMLElement} */ (element('play').parentElement);
  #progress = /** @type {HTMLProgressElement} */ (element('progress'));
  #positionMs;
  /** @type {number | null} */
  #durationMs = null;
  #hasTrack = false;
  /** Whether the music goes on, or the host has paused it. */
  #goesOn = false;

  /** @param {() => number | null} positionMs where the track is now, if there is one */
  constructor(positionMs) {
    this.#positionMs = positionMs;
    setInterval(() => this.#drawPosition(), DRAW_EVERY_MS);
    for (const id of ['cover', 'mini-cover']) {
      element(id).addEventListener('error', () => (element(id).hidden = true));
    }
  }

  /** @param {Situation} situation */
  show(situation) {
    const words = describe(situation);
    const { phase } = situation.listening;
    this.#page.dataset.phase = phase;
    this.#page.dataset.action = words.action;
    this.#page.dataset.reachable = String(situation.reachable);
    for (const id of ['play-label', 'mini-label']) write(element(id), t(words.button));
    write(element('state'), t(words.state));
    write(element('hint'), t(words.hint));
    element('why-link').hidden = !unheard(situation);
    this.#drawTrack(situation);
    this.#drawSkip(situation);
  }

  /** @param {number | null} positionMs what the box said just now */
  follow(positionMs) {
    this.#drawPosition();
    // A lock screen counts on by itself from what it was told last, for as long as this phone listens.
    tellPosition(this.#goesOn ? positionMs : null, this.#durationMs);
  }

  /**
   * Another channel was wiped into sight.
   * @param {number} way -1: from the right; 1: from the left
   */
  slide(way) {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    const from = { opacity: 0.3, transform: `translateX(${-way * SLIDE_PX}px)` };
    this.#sleeve.animate([from, { opacity: 1, transform: 'none' }], { duration: SLIDE_MS, easing: 'ease-out' });
  }

  /** @param {Situation} situation */
  #drawTrack({ status, stream }) {
    const { title, artist } = nowText(status);
    for (const id of ['title', 'mini-title']) write(element(id), title);
    for (const id of ['artist', 'mini-artist']) write(element(id), artist);
    const party = status === null ? t('page.title') : status.session?.title || status.name;
    document.title = status === null ? party : t('page.listening_title', { track: title, box: party });
    if (status === null) return;
    write(element('box-name'), party);
    const listeners = element('listeners');
    listeners.hidden = false;
    write(listeners, count('listeners', status.listeners.live + status.listeners.pocket));
    this.#durationMs = status.track?.duration_ms ?? null;
    cover(element('cover'), status.track?.art ?? null);
    cover(element('mini-cover'), status.track?.art ?? null);
    tint(status.channels.find(({ id }) => id === stream)?.color);
    this.#hasTrack = (status.track ?? null) !== null;
    const went = this.#goesOn;
    this.#goesOn = status.playing;
    if (went === status.playing) this.#drawPosition();
    else this.follow(this.#positionMs());
  }

  /** @param {Situation} situation */
  #drawSkip({ status, you }) {
    const skip = status?.skip;
    const button = element('skip');
    const plays = status?.session?.live === true && (status.track ?? null) !== null;
    const offered = plays && skip !== undefined && skip.needed > 0 && you !== null;
    button.hidden = !offered;
    if (!offered) return;
    mark(button, 'aria-pressed', String(you.skip_vote ?? false));
    write(element('skip-label'), skip.votes === 0 ? t('skip.first') : t('skip.votes', { votes: skip.votes, needed: skip.needed }));
  }

  #drawPosition() {
    const nowMs = this.#hasTrack ? this.#positionMs() : null;
    const durationMs = this.#durationMs;
    element('timeline').hidden = nowMs === null;
    if (nowMs === null) return;
    write(element('position'), clock(nowMs));
    write(element('duration'), durationMs === null ? '' : clock(durationMs));
    this.#progress.hidden = durationMs === null;
    if (durationMs !== null && durationMs > 0) {
      this.#progress.max = durationMs;
      this.#progress.value = nowMs;
      mark(this.#progress, 'aria-valuetext', t('now.position', { position: clock(nowMs), duration: clock(durationMs) }));
    }
  }
}

/**
 * What is playing, in words.
 * @param {import('../api.js').State | null} status
 */
export function nowText(status) {
  const now = nowPlaying(status);
  return {
    title: known(now.titleKey) ? t(now.titleKey) : now.title,
    artist: known(now.artistKey) ? t(now.artistKey) : now.artist,
  };
}

/**
 * Whether the guest wants sound and may have none: then there is a way to find out why.
 * @param {Situation} situation
 */
function unheard({ listening, status, reachable }) {
  if (listening.path === null) return listening.reason !== '';
  const silent = status !== null && !status.playing;
  return silent || !reachable || (listening.phase !== 'live' && listening.phase !== 'pocket');
}

/**
 * @param {HTMLElement} image
 * @param {string | null} address
 */
function cover(image, address) {
  if (image.getAttribute('src') === address) return;
  mark(image, 'src', address);
  image.hidden = address === null;
}
