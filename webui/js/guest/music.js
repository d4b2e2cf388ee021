// The catalogue: what is wished most, albums and what is new; search as you type; artists, albums, genres, years and playlists,
// with the place in the address. What is in a list is drawn by `shelf.js`.

import { groups, newest, search, tracksOf, wished } from '../api.js';
import { fill, icon, make, mark, write } from '../dom.js';
import { count, t } from '../i18n.js';
import { sentence } from '../refusals.js';
import { element } from './page.js';
import { KINDS, Shelf } from './shelf.js';

/** After the last letter; a person types faster than this, and the box is not asked for every letter. */
const TYPING_MS = 180;
/** How much of each the landing shows: what fits on a phone without becoming a list of everything. */
const WISHED_SHOWN = 5;
const ALBUMS_SHOWN = 12;
const NEW_SHOWN = 6;
/** Longer lists of names get letters to jump to. */
const LETTERS_FROM = 30;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/**
 * Where in the catalogue the guest is.
 * @typedef {{type: 'start'} | {type: 'search', text: string} | {type: 'groups', by: string, from: string}
 *   | {type: 'tracks', by: string, key: string, name: string}} Place
 */

export class Music {
  #field = /** @type {HTMLInputElement} */ (element('search'));
  #shelf = new Shelf();
  /** @type {Place} */
  #place = { type: 'start' };
  /** @type {{tracks: import('../api.js').Track[], groups: import('../api.js').Group[], next: string | number | null}} */
  #found = { tracks: [], groups: [], next: null };
  /** @type {{wished: {track: import('../api.js').Track, wishes: number}[], albums: import('../api.js').Group[],
   *   newest: import('../api.js').Track[]}} */
  #landing = { wished: [], albums: [], newest: [] };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing;
  #asked = 0;
  /** Whether there was an answer that found nothing. */
  #nothing = false;

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
    element('place-back').addEventListener('click', () => history.back());
    element('found-more').addEventListener('click', () => this.#load(true));
    fill(element('letters'), [...LETTERS], (letter) => letter, (letter) => this.#letter(letter), () => {});
    // What sends files is fetched with the first of them.
    element('own-file').addEventListener('change', async () => (await import('./bring.js')).begin(), { once: true });
    this.draw();
  }

  /**
   * The box said something: what can be wished for may have changed.
   * @param {import('../api.js').State} state
   * @param {import('../api.js').You} you
   */
  show(state, you) {
    this.#shelf.know(state, you);
    const { requests, files, own_only: ownOnly } = state.settings ?? {};
    element('own').hidden = you.role === 'guest' && (requests === 'off' || files === 'off' || ownOnly === true);
    this.#drawRows();
  }

  /**
   * Goes where the address says.
   * @param {string[]} named the parts of the address
   */
  follow([by = '', key = '', name = '']) {
    const place = placeOf(by, key, name);
    const isSame = JSON.stringify(place) === JSON.stringify(this.#place);
    if (isSame) {
      // What is wished most changes all evening.
      if (place.type === 'start') this.#load(false);
      return;
    }
    const went = this.#place;
    this.#place = place;
    this.#found = { tracks: [], groups: [], next: null };
    this.#nothing = false;
    write(element('found'), '');
    if (place.type !== 'search') this.#field.value = '';
    else if (document.activeElement !== this.#field) this.#field.value = place.text;
    this.draw();
    this.#load(false);
    const isDeep = place.type === 'groups' || place.type === 'tracks';
    if (isDeep && went.type !== 'search') scrollTo(0, 0);
    if (isDeep) element('place-name').focus({ preventScroll: true });
  }

  /** Draws everything, also after a change of language. */
  draw() {
    const place = this.#place;
    fill(element('kinds'), KINDS, ({ by }) => by, ({ by, picture }) => make('a', { class: 'kind', href: `#/music/${by}` }, icon(picture), make('span')), (button, { by }) => {
      write(button.children[1], t(`place.${by}`));
    });
    element('search-clear').hidden = this.#field.value === '';
    const deep = place.type === 'groups' || place.type === 'tracks';
    element('place').hidden = !deep;
    if (deep) write(element('place-name'), place.type === 'groups' ? t(`place.${place.by}`) : place.name);
    this.#drawRows();
  }

  #typed() {
    clearTimeout(this.#typing);
    const text = this.#field.value.trim();
    const address = text === '' ? '#/music' : `#/music/search/${encodeURIComponent(text)}`;
    // Every letter is a place; only the first is a step that the phone's back button takes back.
    if (this.#place.type === 'search' && text !== '') {
      history.replaceState(history.state, '', address);
      this.follow(['search', text]);
    } else if (location.hash !== address) {
      location.hash = address.slice(1);
    }
    element('search-clear').hidden = this.#field.value === '';
  }

  /** @param {boolean} further the next page of the same list */
  async #load(further) {
    const place = this.#place;
    const asked = (this.#asked += 1);
    const after = further ? this.#found.next : null;
    try {
      if (place.type === 'start') {
        const [most, albums, fresh] = await Promise.all([wished(), groups('album', null, ALBUMS_SHOWN), newest(NEW_SHOWN)]);
        if (asked !== this.#asked) return;
        this.#landing = { wished: most.songs.slice(0, WISHED_SHOWN), albums: albums.groups, newest: fresh.tracks };
        this.#drawRows();
        return;
      }
      const more = await ask(place, after);
      // What was typed since counts more than what was asked before.
      if (asked !== this.#asked) return;
      const { tracks, groups: named } = further ? this.#found : { tracks: [], groups: [] };
      this.#found = { tracks: [...tracks, ...more.tracks], groups: [...named, ...more.groups], next: more.next };
      this.#nothing = this.#found.tracks.length + this.#found.groups.length === 0;
      this.#drawRows();
      this.#count();
    } catch (error) {
      if (asked === this.#asked) write(element('found'), sentence(error));
    }
  }

  #count() {
    const n = this.#found.tracks.length + this.#found.groups.length;
    const more = this.#found.next === null ? '' : '+';
    write(element('found'), n === 0 ? t('music.nothing') : count('music.found', n, { n: `${n}${more}` }));
  }

  #drawRows() {
    const place = this.#place;
    const isStart = place.type === 'start';
    const { tracks, groups: named, next } = this.#found;
    element('found-more').hidden = next === null;
    // Where nothing is found there is a way on.
    element('kinds').hidden = !isStart && !this.#nothing;
    mark(element('music'), 'data-nothing', this.#nothing ? '' : null);
    element('found-try').hidden = !this.#nothing || place.type !== 'search';
    const isAlbums = place.type === 'groups' && place.by === 'album';
    const by = place.type === 'groups' ? place.by : '';
    element('covers').hidden = !isAlbums;
    this.#shelf.covers(element('covers'), isAlbums ? named : []);
    this.#shelf.rows(element('found-list'), by, isAlbums ? [] : named, tracks);
    const isLong = named.length >= LETTERS_FROM || next !== null || (place.type === 'groups' && place.from !== '');
    element('letters').hidden = !(place.type === 'groups' && (by === 'artist' || by === 'album') && isLong);
    element('landing').hidden = !isStart;
    if (!isStart) return;
    const { wished: most, albums, newest: fresh } = this.#landing;
    element('wished').hidden = most.length === 0;
    this.#shelf.songs(element('wished-list'), most.map(({ track, wishes }) => ({ track, note: count('music.wishes', wishes) })));
    element('albums').hidden = albums.length === 0;
    this.#shelf.covers(element('album-covers'), albums);
    element('newest').hidden = fresh.length === 0;
    this.#shelf.songs(element('newest-list'), fresh.map((track) => ({ track, note: '' })));
  }

  /** @param {string} letter */
  #letter(letter) {
    const jump = make('button', { type: 'button', class: 'letter', text: letter });
    jump.addEventListener('click', () => {
      if (this.#place.type !== 'groups') return;
      history.replaceState(history.state, '', `#/music/${this.#place.by}//${letter}`);
      this.follow([this.#place.by, '', letter]);
      for (const other of element('letters').children) mark(other, 'aria-pressed', String(other === jump));
    });
    return jump;
  }
}

/**
 * The place that an address names: `search/TEXT`, `KIND`, `KIND//LETTER` or `KIND/KEY/NAME`. Pure.
 * @param {string} by
 * @param {string} key
 * @param {string} name
 * @returns {Place}
 */
function placeOf(by, key, name) {
  if (by === 'search' && key !== '') return { type: 'search', text: key };
  if (!KINDS.some((kind) => kind.by === by)) return { type: 'start' };
  return key === '' ? { type: 'groups', by, from: name } : { type: 'tracks', by, key, name: name === '' ? t('music.unknown') : name };
}

/**
 * @param {Exclude<Place, {type: 'start'}>} place
 * @param {string | number | null} after
 * @returns {Promise<{tracks: import('../api.js').Track[], groups: import('../api.js').Group[], next: string | number | null}>}
 */
async function ask(place, after) {
  switch (place.type) {
    case 'search':
      return { groups: [], ...(await search(place.text, after)) };
    case 'groups':
      return { tracks: [], ...(await groups(place.by, after ?? before(place.from))) };
    case 'tracks':
      return { groups: [], ...(await tracksOf(place.by, place.key, after)) };
  }
}

/**
 * What sorts before every name that begins with this letter, and behind all others: keys are small letters. `null`: nothing.
 * Pure.
 * @param {string} letter
 */
function before(letter) {
  if (letter === '' || letter === 'A') return null;
  return `${String.fromCodePoint((letter.toLowerCase().codePointAt(0) ?? 98) - 1)}\uffff`;
}
