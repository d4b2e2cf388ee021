// The stage: what plays and whose wish it is, how far it is, what comes next, and how this phone stands with it. Text is
// only written when it changes.

import { love } from '../api.js';
import { dotted, mark, write } from '../dom.js';
import { count, known, t } from '../i18n.js';
import { FULL_RETRY_MS } from '../listening.js';
import { tellPosition } from '../lockscreen.js';
import { clock } from '../progress.js';
import { tint } from '../tint.js';
import { skipWords } from '../skip.js';
import { initial, whoseWish } from '../wish.js';
import { describe, isOver, nowPlaying } from '../words.js';
import { element } from './page.js';
import { picture } from './rows.js';
import { attempt } from './toast.js';

/** How often the position is drawn between two messages of the box. */
const DRAW_EVERY_MS = 500;
/** How far the cover comes in from the side, in pixels of the page, and for how long. */
const SLIDE_PX = 20;
const SLIDE_MS = 180;
/** How long another cover takes to come, and a heart to beat. */
const FADE_MS = 250;
const POP_MS = 220;

/** @typedef {import('../words.js').Situation & {you: import('../api.js').You | null, stream: string, weak: boolean}} Situation */

export class Stage {
  #page = element('page');
  #sleeve = /** @type {HTMLElement} */ (element('cover').parentElement);
  #progress = /** @type {HTMLProgressElement} */ (element('progress'));
  #positionMs;
  #boxMs;
  /** @type {number | null} */
  #durationMs = null;
  #hasTrack = false;
  /** @type {Situation | null} */
  #situation = null;
  /** Whether the music goes on, or the host has paused it. */
  #goesOn = false;

  /**
   * @param {() => number | null} positionMs where the track is now, if there is one
   * @param {() => number | null} boxMs the box's clock
   */
  constructor(positionMs, boxMs) {
    this.#positionMs = positionMs;
    this.#boxMs = boxMs;
    setInterval(() => this.#draw(), DRAW_EVERY_MS);
    for (const id of ['cover', 'mini-cover']) {
      element(id).addEventListener('error', () => (element(id).hidden = true));
    }
    const heart = element('heart');
    heart.addEventListener('click', () => {
      if (heart.getAttribute('aria-disabled') === 'true') return;
      const yes = heart.getAttribute('aria-pressed') !== 'true';
      if (yes) pop(heart);
      attempt(() => love(yes), heart);
    });
  }

  /** @param {Situation} situation */
  show(situation) {
    this.#situation = situation;
    const words = describe(situation);
    const { phase } = situation.listening;
    this.#page.dataset.phase = phase;
    this.#page.dataset.action = words.action;
    this.#page.dataset.reachable = String(situation.reachable);
    for (const id of ['play-label', 'mini-label']) write(element(id), t(words.button));
    for (const id of ['state', 'state-said']) write(element(id), t(words.state));
    const hint = situation.weak && words.hint === 'hint.live' ? 'hint.weak' : words.hint;
    write(element('hint'), t(hint, { n: FULL_RETRY_MS / 1000 }));
    element('why-link').hidden = !unheard(situation);
    this.#drawTrack(situation);
    this.#draw();
  }

  /** @param {number | null} positionMs what the box said just now */
  follow(positionMs) {
    this.#draw();
    // A lock screen counts on by itself from what it was told last, for as long as this phone listens.
    tellPosition(this.#goesOn ? positionMs : null, this.#durationMs);
  }

  /**
   * Another channel was wiped into sight.
   * @param {number} way -1: from the right; 1: from the left
   */
  slide(way) {
    if (isCalm()) return;
    const from = { opacity: 0.3, transform: `translateX(${-way * SLIDE_PX}px)` };
    this.#sleeve.animate([from, { opacity: 1, transform: 'none' }], { duration: SLIDE_MS, easing: 'ease-out' });
  }

  /** @param {Situation} situation */
  #drawTrack({ status, stream, you }) {
    const { title, artist } = nowText(status);
    for (const id of ['title', 'mini-title']) write(element(id), title);
    for (const id of ['artist', 'mini-artist']) write(element(id), artist);
    const party = status === null ? t('page.title') : status.session?.title || status.name;
    document.title = status === null ? party : t('page.listening_title', { track: title, box: party });
    if (status === null) return;
    write(element('box-name'), party);
    const over = isOver(status);
    const art = over ? null : (status.track?.art ?? null);
    const listeners = element('listeners');
    listeners.hidden = false;
    // Nobody is greeted with a zero, and nobody listens to a party that is over.
    const here = over ? 0 : status.listeners.live + status.listeners.pocket;
    write(listeners, here === 0 ? '' : count('listeners', here));
    this.#durationMs = status.track?.duration_ms ?? null;
    for (const id of ['cover', 'mini-cover']) cover(element(id), art);
    tint(status.channels, stream, art);
    this.#drawWish(over ? null : (status.track ?? null), you);
    peek(over ? null : status, you, element('why-link').hidden !== false);
    this.#hasTrack = (status.track ?? null) !== null;
    const went = this.#goesOn;
    this.#goesOn = status.playing;
    if (went === status.playing) this.#draw();
    else this.follow(this.#positionMs());
  }

  /**
   * Whose wish it is, and how many love it.
   * @param {import('../api.js').State['track']} track
   * @param {import('../api.js').You | null} you
   */
  #drawWish(track, you) {
    const whose = whoseWish(track?.by, you?.label);
    const mine = isMine(track?.by, you);
    element('by').hidden = whose === '';
    element('by').classList.toggle('mine', mine);
    write(element('by-name'), whose);
    write(element('by-sign'), initial(track?.by));
    const heart = element('heart');
    heart.hidden = track === null || track === undefined || you === null;
    if (!track) return;
    const hearts = track.hearts ?? 0;
    write(element('hearts'), hearts === 0 ? '' : String(hearts));
    mark(heart, 'aria-pressed', String(you?.heart ?? false));
    // Nobody loves their own wish; how many others do is told.
    mark(heart, 'aria-disabled', mine ? 'true' : null);
    mark(heart, 'aria-label', dotted(t('heart.give', { title: track.title || t('now.untitled') }), count('heart.count', hearts)));
  }

  /** Draws what goes on with time. */
  #draw() {
    this.#drawPosition();
    if (this.#situation !== null) this.#drawSkip(this.#situation);
  }

  /** @param {Situation} situation */
  #drawSkip({ status, you, listening }) {
    const { button, label, disabled, by } = skipWords(status, you, listening, this.#boxMs() ?? 0, this.#positionMs());
    element('skip').hidden = !button;
    mark(element('skip'), 'aria-pressed', String(you?.skip_vote ?? false));
    mark(element('skip'), 'aria-disabled', disabled ? 'true' : null);
    write(element('skip-label'), t(label.key, label.values));
    write(element('skipped-by'), by === 0 ? '' : count('skip.by', by));
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
  if (address !== null && !isCalm()) image.animate([{ opacity: 0 }, { opacity: 1 }], { duration: FADE_MS });
}

/** Whether the guest wants nothing to move. */
const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** @param {HTMLElement} heart */
function pop(heart) {
  if (!isCalm()) heart.animate({ scale: ['1', '1.25', '1'] }, { duration: POP_MS, easing: 'ease-out' });
}

/**
 * @param {import('../api.js').By | undefined} by
 * @param {import('../api.js').You | null} you
 */
const isMine = (by, you) => typeof by === 'object' && by !== null && by.label === you?.label;

/**
 * What comes after what plays, in a line.
 * @param {import('../api.js').State | null} status
 * @param {import('../api.js').You | null} you
 * @param {boolean} hasRoom
 */
function peek(status, you, hasRoom) {
  const id = status?.queue?.order?.[0];
  const item = id === undefined ? undefined : status?.queue?.items[id];
  const track = item?.track ?? status?.upcoming?.[0];
  element('peek').hidden = track === undefined || !hasRoom;
  if (track === undefined) return;
  write(element('peek-title'), dotted(track.title || t('now.untitled'), track.artist));
  const whose = whoseWish(item?.by, you?.label);
  element('peek-by').hidden = whose === '';
  write(element('peek-by'), whose);
  picture(element('peek'), track.art ?? null);
}
