// What a moment looks and feels like: words, a shake of the phone, confetti for one's own song, a number on the Queue's tab.

import { make, write } from '../dom.js';
import { count, t } from '../i18n.js';
import { element } from './page.js';
import { announce } from './toast.js';

/** Pieces of confetti, and how long they fall, in milliseconds. */
const PIECES = 36;
const FALL_MS = 2200;
/** Pulses of a phone that shakes: milliseconds on, off, on. */
const PULSES_PLAYING = [90, 60, 90, 60, 160];
const PULSES = [40];

let news = 0;

/** @param {import('./moments.js').Moment[]} moments */
export function celebrate(moments) {
  for (const moment of moments) {
    const isOwnSong = moment.kind === 'playing';
    announce(moment.kind === 'loved' ? count('moment.loved', moment.n) : t(`moment.${moment.kind}`, { title: moment.title || t('now.untitled') }));
    shake(isOwnSong ? PULSES_PLAYING : PULSES);
    if (isOwnSong) confetti();
    else if (moment.kind !== 'loved') badge(news + 1);
  }
  if (element('page').dataset.view === 'queue') badge(0);
}

/** The guest has looked at the queue. */
export const lookedAtQueue = () => badge(0);

/** @param {number} count_ */
function badge(count_) {
  news = count_;
  const badged = element('queue-news');
  badged.hidden = news === 0;
  write(badged, String(news));
  write(element('queue-said'), news === 0 ? '' : count('queue.news', news));
}

/** @param {number[]} pulses */
function shake(pulses) {
  // Not every phone can, and none does before it was tapped.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(pulses);
}

/** One burst over the page, for who wants things to move. */
function confetti() {
  if (matchMedia('(prefers-reduced-motion: reduce)').matches || document.visibilityState !== 'visible') return;
  const where = element('confetti');
  for (let n = 0; n < PIECES; n += 1) {
    const piece = make('i', { class: `bit bit-${n % 4}` });
    where.append(piece);
    const [x, turn] = [Math.random() * 100, Math.random() * 720 - 360];
    const path = [
      { transform: `translate(${x}vw, -4vh) rotate(0)`, opacity: 1 },
      { transform: `translate(${x + Math.random() * 30 - 15}vw, ${60 + Math.random() * 50}vh) rotate(${turn}deg)`, opacity: 0 },
    ];
    const fall = piece.animate(path, { duration: FALL_MS * (0.6 + Math.random() * 0.4), easing: 'cubic-bezier(.2,.6,.6,1)' });
    fall.addEventListener('finish', () => piece.remove());
  }
}
