// The goodbye: what a guest sees when the party is over, in place of what plays and what comes.

import { dotted, fill, make, mark, write } from '../dom.js';
import { t } from '../i18n.js';
import { saveEvening } from '../list-file.js';
import { Tonight } from '../tonight.js';
import { isOver } from '../words.js';
import { element } from './page.js';
import { attempt } from './toast.js';

const tonight = new Tonight(draw);
let name = '';

/** Makes the button work. */
export function offerList() {
  element('goodbye-save').addEventListener('click', () => attempt(() => saveEvening(name), element('goodbye-save')));
}

/**
 * @param {import('../api.js').State} state
 * @param {import('../api.js').You} you
 */
export function showGoodbye(state, you) {
  mark(element('page'), 'data-over', isOver(state) ? 'true' : null);
  name = state.session?.title || state.name;
  tonight.note(state, you.label);
  draw();
}

function draw() {
  const { songs } = tonight;
  const mine = tonight.followed.filter((song) => song.mine);
  element('goodbye-save').hidden = !tonight.isKept;
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
