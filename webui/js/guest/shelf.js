// What stands in the lists of the catalogue: songs that are wished for with a tap on their row, names to go into, and covers.

import { request } from '../api.js';
import { fill, icon, make, mark, write } from '../dom.js';
import { count, t } from '../i18n.js';
import { actions, joined, picture, row, show } from './rows.js';
import { attempt, say } from './toast.js';

/** What music can be looked through by, and the picture of each. */
export const KINDS = [
  { by: 'artist', picture: 'people' },
  { by: 'album', picture: 'disc' },
  { by: 'genre', picture: 'tag' },
  { by: 'year', picture: 'calendar' },
  { by: 'playlist', picture: 'list' },
];

/** @typedef {import('../api.js').Track} Track */
/** @typedef {import('../api.js').Group} Group */

export class Shelf {
  /** @type {import('../api.js').State | null} */
  #state = null;
  /** @type {import('../api.js').You | null} */
  #you = null;

  /**
   * @param {import('../api.js').State} state
   * @param {import('../api.js').You} you
   */
  know(state, you) {
    this.#state = state;
    this.#you = you;
  }

  /**
   * Names and songs in one list.
   * @param {Element} list
   * @param {string} by what the names are
   * @param {Group[]} named
   * @param {Track[]} tracks
   */
  rows(list, by, named, tracks) {
    const rows = [
      ...named.map((group) => ({ key: `g${by}${group.key}`, group, track: null })),
      ...tracks.map((track) => ({ key: `t${track.id}`, group: null, track })),
    ];
    const make_ = (/** @type {typeof rows[number]} */ { group, track }) => (track === null ? groupRow(group, by) : this.#song(track));
    fill(list, rows, ({ key }) => key, make_, (item, { track }) => {
      if (track !== null) this.#draw(item, track, '');
    });
  }

  /**
   * @param {Element} list
   * @param {{track: Track, note: string}[]} songs
   */
  songs(list, songs) {
    fill(list, songs, ({ track }) => track.id, ({ track }) => this.#song(track), (item, { track, note }) => this.#draw(item, track, note));
  }

  /**
   * Albums by their covers.
   * @param {Element} where
   * @param {Group[]} albums
   */
  covers(where, albums) {
    fill(where, albums, ({ key }) => key, (group) => {
      const texts = make('span', { class: 'texts' }, make('b', { dir: 'auto' }), make('small', { dir: 'auto' }));
      return make('a', { class: 'album', href: address('album', group) }, make('span', { class: 'art' }, icon('disc')), texts);
    }, (album, group) => {
      const [title, artist] = album.querySelectorAll('b, small');
      write(title, nameOf(group));
      write(artist, group.artist ?? '');
      picture(album, group.art ?? null);
    });
  }

  /** @param {Track} track */
  #song(track) {
    const item = row();
    const wish = make('button', { type: 'button', class: 'button bare' }, icon('plus'));
    const ask = async () => {
      if (wish.getAttribute('aria-disabled') === 'true' || wish.hidden) return;
      const asks = this.#state?.settings?.requests !== 'auto' && this.#you?.role === 'guest';
      if (await attempt(() => request(track.id), wish)) say(t(asks ? 'music.asked' : 'music.queued', { title: track.title }));
    };
    // The whole row is for thumbs; keyboards and screen readers have the button.
    item.addEventListener('click', ask);
    item.classList.add('song');
    actions(item).append(wish);
    return item;
  }

  /**
   * @param {HTMLElement} item
   * @param {Track} track
   * @param {string} note
   */
  #draw(item, track, note) {
    show(item, track, joined(track.artist, track.album ?? ''), note);
    const [wish] = actions(item).children;
    const queued = Object.values(this.#state?.queue?.items ?? {}).some((other) => other.track.id === track.id);
    const asked = (this.#you?.requests ?? []).some((own) => own.track.id === track.id && own.state === 'pending');
    const taken = queued || asked;
    mark(wish, 'hidden', this.#state?.settings?.requests === 'off' ? '' : null);
    mark(wish, 'aria-disabled', taken ? 'true' : null);
    mark(wish, 'aria-label', t(queued ? 'music.is_queued' : asked ? 'music.is_asked' : 'music.wish', { title: track.title }));
    const name = taken ? 'check' : 'plus';
    if (wish instanceof HTMLElement && wish.dataset.icon !== name) {
      wish.dataset.icon = name;
      wish.replaceChildren(icon(name));
    }
  }
}

/** @param {Group} group */
const nameOf = ({ name }) => (name === '' ? t('music.unknown') : name);

/**
 * Where a group's songs are: its key, and its name for the heading.
 * @param {string} by
 * @param {Group} group
 */
const address = (by, { key, name }) => `#/music/${by}/${encodeURIComponent(key)}/${encodeURIComponent(name)}`;

/**
 * @param {Group} group
 * @param {string} by
 */
function groupRow(group, by) {
  const art = make('span', { class: 'art' }, icon(KINDS.find((kind) => kind.by === by)?.picture ?? 'note'));
  const texts = make('span', { class: 'texts' });
  texts.append(make('b', { text: nameOf(group), dir: 'auto' }));
  texts.append(make('small', { text: joined(group.artist ?? '', count('music.songs', group.tracks)) }));
  const link = make('a', { class: 'group', href: address(by, group) }, art, texts, icon('next'));
  link.lastElementChild?.classList.add('turn');
  return make('li', { class: 'item' }, link);
}
