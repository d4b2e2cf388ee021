// The goodbye: what a guest sees when the party is over, in place of what plays and what comes.

import { Evening } from '../evening.js';
import { fill, make, mark, write } from '../dom.js';
import { t } from '../i18n.js';
import { isOver } from '../words.js';
import { element } from './page.js';

const evening = new Evening();

/**
 * @param {import('../api.js').State} state
 * @param {import('../api.js').You} you
 */
export function showGoodbye(state, you) {
  evening.note(state, you.label);
  const over = isOver(state);
  mark(element('page'), 'data-over', over ? 'true' : null);
  const songs = over ? evening.songs : [];
  const mine = songs.filter((song) => song.mine);
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
    write(artist, song.artist);
  });
}
