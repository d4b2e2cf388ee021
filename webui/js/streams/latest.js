// The page that waits for the newest stream and starts by itself when one appears: for a tablet on a shelf, and for whoever
// comes before the music. What it may not start by itself, because a browser wants a tap first, it says.

import { dotted, element, mark, translate, write } from '../dom.js';
import { nameOf } from '../channels.js';
import { speak, t } from '../i18n.js';
import { boxAnswers, heardStream, player, toggleListening, tuneTo, watchListening } from '../listen.js';
import { tellThePhone } from '../lockscreen.js';
import { watchStreams } from './watch.js';

/** @type {import('./api.js').Streams | null} */
let said = null;
/** Whether sound is wanted as soon as there is some: from the start, until somebody stops it. */
let wanted = true;

await speak('shared', 'streams');
translate();
element('toggle').addEventListener('click', tap);
watchListening(draw);
watchStreams((news) => {
  said = news;
  follow();
  draw();
}, draw);

/** Does what is wanted with what there is. */
function follow() {
  if (said === null) return;
  const stream = said.active ? said.latest : null;
  if (stream === null) {
    if (player.active) player.stop();
    return;
  }
  if (stream !== heardStream()) tuneTo(stream);
  // Where a browser has said that it wants a tap it is not asked again.
  if (wanted && player.state.phase === 'idle') toggleListening();
}

function tap() {
  wanted = !player.active;
  // Also while there is nothing to hear: only a tap lets the page start by itself later.
  toggleListening();
  follow();
  draw();
}

function draw() {
  mark(element('page'), 'aria-busy', said === null ? 'true' : null);
  const stream = said?.active ? said.streams.find(({ id }) => id === said?.latest) : undefined;
  const { phase } = player.state;
  const waiting = wanted ? 'streams.waiting' : 'streams.none';
  write(element('state'), !boxAnswers() ? t('state.reconnecting') : stream === undefined ? t(waiting) : t(phase === 'idle' ? 'state.ready' : `state.${phase}`));
  write(element('title'), stream === undefined ? t('now.nothing') : stream.title || nameOf(stream));
  write(element('artist'), stream === undefined ? '' : dotted(stream.artist, stream.title === '' ? '' : nameOf(stream)) || '\u200b');
  const art = stream?.art ?? null;
  mark(element('cover'), 'src', art);
  element('cover').hidden = art === null;
  element('no-cover').toggleAttribute('hidden', art !== null);
  write(element('toggle'), t(player.active ? 'button.stop' : 'button.listen'));
  if (stream !== undefined && player.active) {
    tellThePhone({ title: stream.title || nameOf(stream), artist: stream.artist, album: nameOf(stream), art }, true);
  }
}
