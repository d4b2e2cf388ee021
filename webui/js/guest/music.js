// The catalogue: search as you type, or look through artists, albums, genres, years and playlists; wish for a song.

import { groups, request, search, tracksOf } from '../api.js';
import { fill, icon, make, mark, write } from '../dom.js';
import { count, t } from '../i18n.js';
import { sentence } from '../refusals.js';
import { element } from './page.js';
import { actions, joined, picture, row, show } from './rows.js';
import { attempt, say } from './toast.js';

/** After the last letter; a person types faster than this, and the box is not asked for every letter. */
const TYPING_MS = 180;

const KINDS = [
  { by: 'artist', picture: 'people' },
  { by: 'album', picture: 'disc' },
  { by: 'genre', picture: 'tag' },
  { by: 'year', picture: 'calendar' },
  { by: 'playlist', picture: 'list' },
];

/**
 * Where in the catalogue the guest is.
 * @typedef {{type: 'start'} | {type: 'search', text: string} | {type: 'groups', by: string}
 *   | {type: 'tracks', by: string, key: string, name: string}} Place
 */

export class Music {
  #field = /** @type {HTMLInputElement} */ (element('search'));
  #list = element('found-list');
  /** @type {Place[]} the way here */
  #way = [{ type: 'start' }];
  /** @type {{tracks: import('../api.js').Track[], groups: import('../api.js').Group[], next: string | number | null}} */
  #found = { tracks: [], groups: [], next: null };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;
  #asked = 0;
  /** @type {import('../api.js').State | null} */
  #state = null;
  /** @type {import('../api.js').You | null} */
  #you = null;

  constructor() {
    this.#field.addEventListener('input', () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#typed(), TYPING_MS);
    });
    element('search-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#typed();
      // On a phone the keyboard goes away, so that the list is seen.
      this.#field.blur();
    });
    element('search-clear').addEventListener('click', () => {
      this.#field.value = '';
      this.#typed();
      this.#field.focus();
    });
    element('place-back').addEventListener('click', () => this.#back());
    element('found-more').addEventListener('click', () => this.#load(true));
    this.draw();
  }

  /**
   * The box said something: what can be wished for may have changed.
   * @param {import('../api.js').State} state
   * @param {import('../api.js').You} you
   */
  show(state, you) {
    this.#state = state;
    this.#you = you;
    if (this.#found.tracks.length > 0) this.#drawRows();
  }

  /** Draws everything, also after a change of language. */
  draw() {
    const place = this.#place;
    fill(element('kinds'), KINDS, ({ by }) => by, (kind) => this.#kindButton(kind), (button, { by }) => {
      write(button.children[1], t(`place.${by}`));
    });
    element('kinds').hidden = place.type !== 'start';
    element('search-clear').hidden = this.#field.value === '';
    const deep = place.type === 'groups' || place.type === 'tracks';
    element('place').hidden = !deep;
    if (deep) write(element('place-name'), place.type === 'groups' ? t(`place.${place.by}`) : place.name);
    this.#drawRows();
  }

  get #place() {
    return this.#way[this.#way.length - 1];
  }

  #typed() {
    clearTimeout(this.#typing);
    const text = this.#field.value.trim();
    this.#go(text === '' ? [{ type: 'start' }] : [{ type: 'start' }, { type: 'search', text }]);
  }

  #back() {
    this.#go(this.#way.slice(0, -1));
    const target = this.#place.type === 'start' ? element('kinds').querySelector('button') : element('place-name');
    target?.focus();
  }

  /** @param {Place[]} way */
  #go(way) {
    this.#way = way;
    this.#found = { tracks: [], groups: [], next: null };
    write(element('found'), '');
    if (this.#place.type !== 'search') this.#draft('');
    this.draw();
    this.#load(false);
  }

  /** @param {string} text */
  #draft(text) {
    if (this.#field.value.trim() !== text) this.#field.value = text;
  }

  /** @param {boolean} further the next page of the same list */
  async #load(further) {
    const place = this.#place;
    const asked = (this.#asked += 1);
    const after = further ? this.#found.next : null;
    try {
      const more = await ask(place, after);
      // What was typed since counts more than what was asked before.
      if (asked !== this.#asked) return;
      const { tracks, groups: named } = further ? this.#found : { tracks: [], groups: [] };
      this.#found = { tracks: [...tracks, ...more.tracks], groups: [...named, ...more.groups], next: more.next };
      this.#drawRows();
      this.#count();
    } catch (error) {
      if (asked === this.#asked) write(element('found'), sentence(error));
    }
  }

  #count() {
    if (this.#place.type === 'start') return;
    const n = this.#found.tracks.length + this.#found.groups.length;
    const more = this.#found.next === null ? '' : '+';
    write(element('found'), n === 0 ? t('music.nothing') : count('music.found', n, { n: `${n}${more}` }));
  }

  #drawRows() {
    element('found-more').hidden = this.#found.next === null;
    const { tracks, groups: named } = this.#found;
    const rows = [
      ...named.map((group) => ({ key: `g${group.key}`, group, track: null })),
      ...tracks.map((track) => ({ key: `t${track.id}`, group: null, track })),
    ];
    fill(
      this.#list,
      rows,
      ({ key }) => key,
      ({ group, track }) => (track === null ? this.#groupRow(group) : this.#trackRow(track)),
      (item, { track }) => {
        if (track !== null) this.#drawTrack(item, track);
      },
    );
  }

  /** @param {typeof KINDS[number]} kind */
  #kindButton({ by, picture: name }) {
    const button = make('button', { type: 'button', class: 'kind' }, icon(name), make('span'));
    button.addEventListener('click', () => {
      this.#go([{ type: 'start' }, { type: 'groups', by }]);
      element('place-name').focus();
    });
    return button;
  }

  /** @param {import('../api.js').Group} group */
  #groupRow(group) {
    const { by } = /** @type {{by: string}} */ (this.#place);
    const name = group.name === '' ? t('music.unknown') : group.name;
    const art = make('div', { class: 'art' }, icon(KINDS.find((kind) => kind.by === by)?.picture ?? 'note'));
    const texts = make('span', { class: 'texts' });
    texts.append(make('b', { text: name }));
    texts.append(make('small', { text: joined(group.artist ?? '', count('music.songs', group.tracks)) }));
    const button = make('button', { type: 'button', class: 'group' }, art, texts, icon('next'));
    button.lastElementChild?.classList.add('turn');
    button.addEventListener('click', () => {
      this.#go([...this.#way, { type: 'tracks', by, key: group.key, name }]);
      element('place-name').focus();
    });
    const item = make('li', { class: 'item' }, button);
    if (by === 'album') picture(item, group.art ?? null);
    return item;
  }

  /** @param {import('../api.js').Track} track */
  #trackRow(track) {
    const item = row();
    const wish = make('button', { type: 'button', class: 'button bare' }, icon('plus'));
    wish.addEventListener('click', async () => {
      if (wish.getAttribute('aria-disabled') === 'true') return;
      const asks = this.#state?.settings?.requests !== 'auto' && this.#you?.role === 'guest';
      if (await attempt(() => request(track.id), wish)) say(t(asks ? 'music.asked' : 'music.queued', { title: track.title }));
    });
    actions(item).append(wish);
    return item;
  }

  /**
   * @param {HTMLElement} item
   * @param {import('../api.js').Track} track
   */
  #drawTrack(item, track) {
    show(item, track, joined(track.artist, track.album ?? ''));
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

/**
 * @param {Place} place
 * @param {string | number | null} after
 * @returns {Promise<{tracks: import('../api.js').Track[], groups: import('../api.js').Group[], next: string | number | null}>}
 */
async function ask(place, after) {
  switch (place.type) {
    case 'start':
      return { tracks: [], groups: [], next: null };
    case 'search':
      return { groups: [], ...(await search(place.text, after)) };
    case 'groups':
      return { tracks: [], ...(await groups(place.by, after)) };
    case 'tracks':
      return { groups: [], ...(await tracksOf(place.by, place.key, after)) };
  }
}
