// The row of reactions on the stage: one tap is one, once a second; those of others rise over the cover.

import { react } from '../api.js';
import { make, mark } from '../dom.js';
import { t } from '../i18n.js';
import { KINDS, reactionIcon, rise, risen } from '../reactions.js';
import { isOver } from '../words.js';
import { element } from './page.js';
import { attempt } from './toast.js';

/** The box takes one a second of each guest; meanwhile the row rests, in milliseconds. */
const PAUSE_MS = 1000;
/** How long a picture rises over the cover, in milliseconds. */
const RISE_MS = 1800;

/** @type {Record<string, number> | undefined} */
let known;

/** Makes the row. */
export function offerReactions() {
  const row = element('reactions');
  for (const kind of KINDS) {
    const one = make('button', { type: 'button', class: 'button bare' }, reactionIcon(kind));
    one.dataset.kind = kind;
    one.addEventListener('click', () => {
      if (row.dataset.rests !== undefined) return;
      row.dataset.rests = '';
      setTimeout(() => delete row.dataset.rests, PAUSE_MS);
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches) one.animate({ scale: ['1', '1.3', '1'] }, { duration: 220 });
      attempt(() => react(kind), one);
    });
    row.append(one);
  }
}

/** @param {import('../api.js').State} state */
export function showReactions(state) {
  const row = element('reactions');
  row.hidden = state.settings?.reactions === false || isOver(state) || !state.playing;
  for (const one of row.children) mark(one, 'aria-label', t(`react.${/** @type {HTMLElement} */ (one).dataset.kind}`));
  const now = state.reactions ?? {};
  rise(/** @type {Element} */ (element('cover').parentElement), risen(known, now), RISE_MS);
  known = now;
}
