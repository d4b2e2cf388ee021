// Finding a song on the box and putting it into the queue: next, or last.

import { count, t } from '../i18n.js';
import { clock } from '../progress.js';
import { make, mark, write } from '../dom.js';
import { sentence } from '../refusals.js';
import { enqueue, removeUpload, search } from './api.js';
import { element } from './page.js';
import { button, cover, dotted, fill, line } from './rows.js';
import { titleOf } from './sentences.js';
import { sure } from './sure.js';
import { attempt } from './toast.js';

/** A pause in typing after which the box is asked, in milliseconds. */
const TYPING_MS = 150;

export class MusicPanel {
  #field = /** @type {HTMLInputElement} */ (element('search'));
  #more = element('found-more');
  /** @type {Party.Track[]} */
  #found = [];
  /** @type {number | null} */
  #next = null;
  /** Counts searches, so that a late answer to an old one is dropped. */
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor() {
    this.#field.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.look(), TYPING_MS);
    });
    this.#more.addEventListener('click', () => this.#read(this.#next));
  }

  /** Somebody sees the panel: the first time, it shows what there is. */
  begin() {
    if (this.#asked === 0) this.look();
  }

  /** Looks anew: something was typed, or there is more music. */
  look() {
    this.#read(null);
  }

  /** @param {number | null} after */
  async #read(after) {
    const asked = (this.#asked += 1);
    const typed = this.#field.value.trim();
    try {
      const { tracks, next } = await search(typed, after);
      if (asked !== this.#asked) return;
      this.#found = after === null ? tracks : [...this.#found, ...tracks];
      this.#next = next;
      const none = typed === '' ? t('music.none') : t('music.nothing', { typed });
      write(element('found-note'), this.#found.length === 0 ? none : typed === '' ? '' : count('music.found', this.#found.length));
    } catch (error) {
      if (asked === this.#asked) write(element('found-note'), sentence(error));
      return;
    }
    this.#draw();
  }

  #draw() {
    fill(element('found'), this.#found, ({ id }) => String(id), () => this.#row(), (row, track) => row.set(track));
    this.#more.hidden = this.#next === null;
  }

  /**
   * @param {number} id
   * @param {string} title
   */
  async #remove(id, title) {
    if (!(await sure(t('music.remove_sure', { title }), t('music.remove_yes')))) return;
    if (await attempt(() => removeUpload(id), { done: t('music.removed', { title }) })) this.look();
  }

  #row() {
    const picture = cover();
    let id = 0;
    let name = '';
    const add = (/** @type {'next' | 'end'} */ at) => () =>
      attempt(() => enqueue(id, at), { done: t(`music.added_${at}`, { title: name }), undo: true });
    const first = button('button small', add('next'));
    const last = button('button small', add('end'));
    write(first, t('music.next'));
    write(last, t('music.end'));
    const gone = button('round-button', () => this.#remove(id, name), 'trash');
    const row = line([picture.box], [make('div', { class: 'pair' }, first, last), gone]);
    const set = (/** @type {Party.Track} */ track) => {
      id = track.id;
      name = titleOf(track);
      const length = track.duration_ms == null ? '' : clock(track.duration_ms);
      row.say(name, dotted(track.artist, track.album, length));
      mark(first, 'aria-label', dotted(t('music.next'), t('music.add_next', { title: name })));
      mark(last, 'aria-label', dotted(t('music.end'), t('music.add_end', { title: name })));
      // What lies in a folder or on a stick is its owner's.
      gone.hidden = track.uploaded !== true || element('page').dataset.role !== 'host';
      mark(gone, 'aria-label', t('music.remove', { title: name }));
      picture.set(track.art);
    };
    return Object.assign(row, { set });
  }
}
