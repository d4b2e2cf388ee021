// The goodbye: what a guest sees when the party is over, in place of what plays and what comes.

import { readEvening } from '../api.js';
import { Evening } from '../evening.js';
import { dotted, fill, make, mark, write } from '../dom.js';
import { t, timeOfDay } from '../i18n.js';
import { onWall, saveEvening } from '../list-file.js';
import { isOver } from '../words.js';
import { element } from './page.js';
import { attempt } from './toast.js';

const evening = new Evening();
/** The whole evening as the box knows it, which this phone may have come to late. @type {import('../evening.js').Song[]} */
let whole = [];
let asked = false;
let name = '';

/** Makes the button work. */
export function offerList() {
  element('goodbye-save').addEventListener('click', () => attempt(() => saveEvening(name), element('goodbye-save')));
}

/** Asks for the whole evening, once. */
async function ask() {
  asked = true;
  const { songs, time_ms: boxNowMs } = await readEvening().catch(() => ({ songs: [], time_ms: 0 }));
  whole = songs.map(({ track, at_ms: at }) => ({ id: track.id, title: track.title, artist: track.artist, mine: false, time: timeOfDay(onWall(at, boxNowMs, Date.now())) }));
}

/**
 * @param {import('../api.js').State} state
 * @param {import('../api.js').You} you
 */
export function showGoodbye(state, you) {
  evening.note(state, you.label);
  const over = isOver(state);
  mark(element('page'), 'data-over', over ? 'true' : null);
  name = state.session?.title || state.name;
  if (over && !asked) ask().then(() => showGoodbye(state, you));
  if (!over) [whole, asked] = [[], false];
  const own = over ? evening.songs : [];
  const songs = whole.length >= own.length && over ? whole : own;
  const mine = own.filter((song) => song.mine);
  element('goodbye-save').hidden = whole.length === 0;
  element('goodbye').hidden = songs.length === 0;
  element('goodbye-mine').hidden = mine.length === 0;
  list('goodbye-mine-list', mine);
  list('goodbye-list', songs);
}

/**
 * @param {string} id
 * @param {import('../evening.js').Song[]} songs
 */
function list(id, songs) {
  const row = () => make('li', { dir: 'auto' }, make('b'), ' ', make('small'));
  const keyed = songs.map((song, n) => ({ song, n }));
  fill(element(id), keyed, ({ song, n }) => `${n}.${song.id}`, row, (item, { song }) => {
    const [title, artist] = item.children;
    write(title, song.title === '' ? t('now.untitled') : song.title);
    write(artist, dotted(song.time ?? '', song.artist));
  });
}
