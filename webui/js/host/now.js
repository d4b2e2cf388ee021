// What plays, where it is, and how it is steered: the card at the head of the page and the bar that stands in for it.

import { t } from '../i18n.js';
import { clock } from '../progress.js';
import { isOver, senderOf } from '../words.js';
import { fillSlider, dotted, mark, redraw, write } from '../dom.js';
import { initial, whoseWish } from '../wish.js';
import { next, pause, play, previous, seek, volume } from './api.js';
import { element } from './page.js';
import { titleOf } from './sentences.js';
import { attempt } from './toast.js';

/** How often the position is drawn between two messages of the box, in milliseconds. */
const DRAW_EVERY_MS = 500;
/** The quietest the party gets without being paused, in dB: the left end of the slider. */
const QUIETEST_DB = -40;
/** A dragged slider sends this often at most, in milliseconds. */
const VOLUME_EVERY_MS = 120;

export class NowCard {
  #seek = /** @type {HTMLInputElement} */ (element('seek'));
  /** Whether a finger is on the place in the song, or its place is on the way to the box. */
  #seeking = false;
  #volume = /** @type {HTMLInputElement} */ (element('volume'));
  #cover = /** @type {HTMLImageElement} */ (element('cover'));
  /** @type {Party.State | null} */
  #state = null;
  #positionMs;
  /** The small bar comes when the card has been scrolled away, or another part of the page has taken its place. */
  #away = new IntersectionObserver(([seen]) => {
    // A page that is put aside is nowhere.
    if (!seen.target.isConnected) return;
    element('mini').dataset.needed = String(!seen.isIntersecting && seen.boundingClientRect.top <= 0);
  });
  #volumeBusy = false;
  #volumeHeld = false;

  /** @param {() => number | null} positionMs where the track is now */
  constructor(positionMs) {
    this.#positionMs = positionMs;
    element('toggle').addEventListener('click', () => this.#toggle());
    element('mini-toggle').addEventListener('click', () => this.#toggle());
    element('next').addEventListener('click', () => attempt(next));
    element('previous').addEventListener('click', () => attempt(previous));
    this.#cover.addEventListener('load', () => (this.#cover.hidden = false));
    this.#cover.addEventListener('error', () => (this.#cover.hidden = true));
    this.#volume.addEventListener('input', () => this.#turn());
    this.#volume.addEventListener('change', () => (this.#volumeHeld = false));
    this.#seek.addEventListener('input', () => {
      this.#seeking = true;
      this.#showPlace(this.#seek.valueAsNumber);
    });
    this.#seek.addEventListener('change', () => this.#go());
    setInterval(() => this.drawPosition(), DRAW_EVERY_MS);
  }

  /** Looks anew where the card stands. To be called when a role has made it come or go: nothing stands in for what is not there. */
  watch() {
    element('mini').dataset.needed = 'false';
    this.#away.disconnect();
    if (!element('deck').hidden) this.#away.observe(element('toggle'));
  }

  /** @param {Party.State} state */
  show(state) {
    this.#state = state;
    const { title, artist } = this.words(state);
    write(element('title'), title);
    write(element('artist'), artist);
    write(element('mini-title'), title);
    const whose = isOver(state) ? '' : whoseWish(state.track?.by);
    const hearts = isOver(state) ? 0 : (state.track?.hearts ?? 0);
    element('now-by').hidden = whose === '' && hearts === 0;
    write(element('now-sign'), initial(state.track?.by));
    write(element('now-whose'), dotted(whose, hearts === 0 ? '' : `♥ ${hearts}`));
    const art = isOver(state) ? '' : (state.track?.art ?? '');
    if ((this.#cover.getAttribute('src') ?? '') !== art) {
      this.#cover.hidden = true;
      if (art !== '') this.#cover.src = art;
      else this.#cover.removeAttribute('src');
    }
    for (const id of ['toggle', 'mini']) {
      redraw(element(`${id}-sign`), state.playing ? 'pause' : 'play');
      write(element(`${id}-label`), t(state.playing ? 'deck.pause' : 'deck.play'));
    }
    const votes = element('skip-votes');
    votes.hidden = state.skip.votes === 0;
    write(votes, t('deck.skip_votes', { n: state.skip.votes, of: state.skip.needed }));
    if (!this.#volumeHeld) this.#showVolume(state.volume_db);
    this.drawPosition();
  }

  /** @param {Party.State} state */
  words(state) {
    if (isOver(state)) return { title: t('now.over'), artist: '' };
    if (state.track) return { title: titleOf(state.track), artist: state.track.artist };
    if (state.source === 'line-in' && !state.fallback) return { title: t('now.line_in'), artist: t('now.line_in_artist') };
    const sender = senderOf(state);
    if (sender !== null) return { title: sender.title, artist: sender.artist || t('now.sender_artist') };
    return { title: t('now.nothing'), artist: '' };
  }

  #toggle() {
    attempt(this.#state?.playing ? pause : play);
  }

  /** @param {number} db */
  #showVolume(db) {
    this.#volume.value = String(Math.round(db - QUIETEST_DB));
    this.#sayVolume();
  }

  #sayVolume() {
    const percent = Math.round((100 * this.#volume.valueAsNumber) / -QUIETEST_DB);
    fillSlider(this.#volume);
    write(element('volume-value'), t('deck.percent', { n: percent }));
    this.#volume.setAttribute('aria-valuetext', t('deck.percent', { n: percent }));
  }

  /** Sends the latest place of the slider, one request after the other. */
  async #turn() {
    this.#volumeHeld = true;
    this.#sayVolume();
    if (this.#volumeBusy) return;
    this.#volumeBusy = true;
    let sent;
    do {
      sent = this.#volume.valueAsNumber;
      const db = sent + QUIETEST_DB;
      await attempt(() => volume(db));
      await new Promise((resolve) => setTimeout(resolve, VOLUME_EVERY_MS));
    } while (sent !== this.#volume.valueAsNumber);
    this.#volumeBusy = false;
    this.#volumeHeld = false;
  }

  /** To be called when the box has said where the track is; between that it is drawn by itself. */
  drawPosition() {
    const track = isOver(this.#state) ? null : (this.#state?.track ?? null);
    const nowMs = this.#positionMs();
    element('timeline').hidden = track === null || nowMs === null;
    if (track === null || nowMs === null) return;
    const durationMs = track.duration_ms ?? null;
    write(element('duration'), durationMs === null ? '' : clock(durationMs));
    this.#seek.hidden = durationMs === null;
    if (this.#seeking) return;
    if (durationMs !== null && durationMs > 0) mark(this.#seek, 'max', String(durationMs));
    this.#showPlace(nowMs);
  }

  /** @param {number} ms */
  #showPlace(ms) {
    write(element('position'), clock(ms));
    if (!this.#seeking) this.#seek.value = String(ms);
    fillSlider(this.#seek);
    mark(this.#seek, 'aria-valuetext', t('now.position', { position: clock(ms), duration: clock(Number(this.#seek.max)) }));
  }

  /** Goes on with the song where the finger was lifted. */
  async #go() {
    const ms = Math.round(this.#seek.valueAsNumber);
    await attempt(() => seek(ms));
    this.#seeking = false;
    this.drawPosition();
  }
}
