// The end of a party on the host's page: what the guests see now, what was played, and the way to the next party.

import { dotted, fill, make, mark, write } from '../dom.js';
import { saveEvening } from '../list-file.js';
import { t } from '../i18n.js';
import { Tonight } from '../tonight.js';
import { isOver } from '../words.js';
import { startParty } from './api.js';
import { element } from './page.js';
import { attempt } from './toast.js';

export class OverCard {
  #tonight = new Tonight(() => this.#draw());
  #name = '';

  constructor() {
    element('over-start').addEventListener('click', () => attempt(() => startParty(''), { done: t('party.started') }));
    for (const id of ['over-save', 'history-save']) element(id).addEventListener('click', () => attempt(() => saveEvening(this.#name)));
  }

  /** @param {Party.State} state */
  show(state) {
    this.#name = state.session.title || state.name;
    const over = isOver(state);
    mark(element('page'), 'data-over', over ? 'true' : null);
    element('over').hidden = !over;
    this.#tonight.note(state, undefined);
    this.#draw();
  }

  #draw() {
    const { songs } = this.#tonight;
    element('over-songs').hidden = songs.length === 0;
    const keyed = songs.map((song, n) => ({ song, n }));
    const row = () => make('li', { dir: 'auto' }, make('b'), ' ', make('small'));
    fill(element('over-list'), keyed, ({ song, n }) => `${n}.${song.id}`, row, (item, { song }) => {
      const [title, artist] = item.children;
      write(title, song.title === '' ? t('now.untitled') : song.title);
      write(artist, dotted(song.time ?? '', song.artist));
    });
  }
}
