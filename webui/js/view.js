// Puts the situation on the page. The only module, with those of the hosts, that knows the elements; it never builds markup
// from text.

import { element, write } from './dom.js';
import { count, known, t } from './i18n.js';
import { clock, positionMs } from './progress.js';
import { describe, nowPlaying } from './words.js';

/** How often the position is drawn between two messages of the box. */
const DRAW_EVERY_MS = 500;

export class View {
  #page = element('page');
  #progress = /** @type {HTMLProgressElement} */ (element('progress'));
  /** @type {import('./api.js').Status | null} */
  #status = null;
  #statusAtMs = 0;

  constructor() {
    setInterval(() => this.#drawPosition(), DRAW_EVERY_MS);
  }

  /** @param {import('./words.js').Situation} situation */
  show(situation) {
    const words = describe(situation);
    this.#page.dataset.phase = situation.listening.phase;
    this.#page.dataset.action = words.action;
    this.#page.dataset.reachable = String(situation.reachable);
    write(element('play-label'), t(words.button));
    write(element('state'), t(words.state));
    write(element('hint'), t(words.hint));
    if (situation.status !== this.#status) {
      this.#status = situation.status;
      this.#statusAtMs = performance.now();
      this.#drawStatus();
    }
  }

  #drawStatus() {
    const status = this.#status;
    const { title, artist } = nowText(status);
    write(element('title'), title);
    write(element('artist'), artist);
    document.title = status === null ? t('page.title') : t('page.listening_title', { track: title, box: status.name });
    if (status === null) return;
    write(element('box-name'), status.name);
    const listeners = element('listeners');
    listeners.hidden = false;
    write(listeners, count('listeners', status.listeners.live + status.listeners.pocket));
    this.#drawPosition();
  }

  #drawPosition() {
    const track = this.#status?.track ?? null;
    const nowMs = positionMs(track, this.#status?.playing ?? false, performance.now() - this.#statusAtMs);
    const durationMs = track?.duration_ms ?? null;
    const timeline = element('timeline');
    timeline.hidden = nowMs === null;
    if (nowMs === null) return;
    write(element('position'), clock(nowMs));
    write(element('duration'), durationMs === null ? '' : clock(durationMs));
    this.#progress.hidden = durationMs === null;
    if (durationMs !== null && durationMs > 0) {
      this.#progress.max = durationMs;
      this.#progress.value = nowMs;
      this.#progress.setAttribute(
        'aria-valuetext',
        t('now.position', { position: clock(nowMs), duration: clock(durationMs) }),
      );
    }
  }
}

/**
 * What is playing, in words.
 * @param {import('./api.js').Status | null} status
 */
export function nowText(status) {
  const now = nowPlaying(status);
  return {
    title: known(now.titleKey) ? t(now.titleKey) : now.title,
    artist: known(now.artistKey) ? t(now.artistKey) : now.artist,
  };
}
