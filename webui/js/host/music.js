// Finding music on the box, as guests do (search, artists, albums, genres, playlists, what is new), and putting it into the
// queue: a song now, next or last, or a whole album or playlist.

import { count, t } from '../i18n.js';
import { clock } from '../progress.js';
import { make, mark, write } from '../dom.js';
import { sentence } from '../refusals.js';
import { enqueue, fresh, groupsOf, next as skip, removeUpload, search, tracksIn } from './api.js';
import { element } from './page.js';
import { button, cover, dotted, fill, line } from './rows.js';
import { titleOf } from './sentences.js';
import { sure } from './sure.js';
import { attempt } from './toast.js';

/** A pause in typing after which the box is asked, in milliseconds. */
const TYPING_MS = 150;
/** Songs of a group that are queued with one tap, at most: the longest boxed set. */
const ALL_MAX = 200;

/** What music can be looked through by: `song` and `new` list songs, the others groups. */
const KINDS = ['song', 'new', 'artist', 'album', 'genre', 'playlist'];

/** When a song may be heard, and what is said of each: on its button, to a screen reader, and when it is done. */
const WHENS = [
  { when: 'now', name: 'music.now', long: 'music.add_now', done: 'music.added_now' },
  { when: 'next', name: 'music.next', long: 'music.add_next', done: 'music.added_next' },
  { when: 'end', name: 'music.end', long: 'music.add_end', done: 'music.added_end' },
];

/** @typedef {import('../api.js').Group} Group */
/** @typedef {{kind: string, group: Group | null}} Place */
/** @typedef {HTMLElement & {set: (track: Party.Track) => void}} TrackRow */

export class MusicPanel {
  #field = /** @type {HTMLInputElement} */ (element('search'));
  #more = element('found-more');
  /** @type {Place} */
  #place = { kind: 'song', group: null };
  /** @type {{tracks: Party.Track[], groups: Group[], next: string | number | null}} */
  #found = { tracks: [], groups: [], next: null };
  /** Counts searches, so that a late answer to an old one is dropped. */
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  constructor() {
    this.#field.addEventListener('input', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#go({ kind: 'song', group: null }), TYPING_MS);
    });
    this.#more.addEventListener('click', () => this.#read(this.#found.next));
    element('browse-back').addEventListener('click', () => {
      this.#go({ ...this.#place, group: null });
      element('music-heading').focus();
    });
    element('all-next').addEventListener('click', () => this.#addAll('next'));
    element('all-end').addEventListener('click', () => this.#addAll('end'));
    element('music-bring').addEventListener('click', () => element('files').click());
    element('browse').append(...KINDS.map((kind) => this.#kind(kind)));
  }

  /** Somebody sees the panel: the first time, it shows what there is. */
  begin() {
    if (this.#asked === 0) this.look();
  }

  /** Looks again: there is more music. */
  look() {
    this.#read(null);
  }

  /** @param {Place} place */
  #go(place) {
    this.#place = place;
    if (place.kind !== 'song') this.#field.value = '';
    this.#found = { tracks: [], groups: [], next: null };
    this.#read(null);
  }

  /** @param {string | number | null} after */
  async #read(after) {
    const asked = (this.#asked += 1);
    const typed = this.#field.value.trim();
    try {
      const { tracks, groups, next } = await this.#ask(typed, after);
      if (asked !== this.#asked) return;
      const before = after === null ? { tracks: [], groups: [] } : this.#found;
      this.#found = { tracks: [...before.tracks, ...tracks], groups: [...before.groups, ...groups], next };
      const n = this.#found.tracks.length + this.#found.groups.length;
      const none = typed === '' ? t('music.none') : t('music.nothing', { typed });
      write(element('found-note'), n === 0 ? none : typed === '' ? '' : count('music.found', n));
    } catch (error) {
      if (asked === this.#asked) write(element('found-note'), sentence(error));
      return;
    }
    this.#draw();
  }

  /**
   * @param {string} typed
   * @param {any} after
   * @returns {Promise<{tracks: Party.Track[], groups: Group[], next: string | number | null}>}
   */
  async #ask(typed, after) {
    const { kind, group } = this.#place;
    if (kind === 'song') return { groups: [], ...(await search(typed, after)) };
    if (kind === 'new') return { groups: [], ...(await fresh()), next: null };
    if (group === null) return { tracks: [], ...(await groupsOf(kind, after)) };
    const { tracks, next } = await tracksIn(kind, group.key, after);
    return { groups: [], tracks: tracks.map((track) => ({ album: '', ...track })), next };
  }

  #draw() {
    const { kind, group } = this.#place;
    for (const one of element('browse').children) mark(one, 'aria-pressed', String(one.getAttribute('data-kind') === kind));
    element('browse-place').hidden = group === null;
    if (group !== null) write(element('browse-name'), group.name || t('browse.unknown'));
    const { tracks, groups, next } = this.#found;
    const rows = [
      ...groups.map((of) => ({ key: `g${kind}${of.key}`, of, track: null })),
      ...tracks.map((track) => ({ key: `t${track.id}`, of: null, track })),
    ];
    /** @type {(row: typeof rows[number]) => HTMLElement} */
    const made = ({ of, track }) => (track === null ? this.#groupRow(of) : this.#row());
    fill(element('found'), rows, ({ key }) => key, made, (row, { track }) => {
      if (track !== null) /** @type {TrackRow} */ (row).set(track);
    });
    this.#more.hidden = next === null;
  }

  /** @param {string} kind */
  #kind(kind) {
    const one = button('button small', () => this.#go({ kind, group: null }));
    one.dataset.kind = kind;
    one.setAttribute('data-t', `browse.${kind}`);
    write(one, t(`browse.${kind}`));
    return one;
  }

  /** @param {Group} group */
  #groupRow(group) {
    const picture = cover();
    picture.set(group.art);
    const open = button('round-button', () => this.#open(group), 'next');
    open.querySelector('.icon')?.classList.add('turn');
    const name = group.name || t('browse.unknown');
    open.setAttribute('aria-label', name);
    const row = line([picture.box], [open]);
    row.say(name, dotted(group.artist ?? '', count('music.found', group.tracks)));
    row.classList.add('tappable');
    row.addEventListener('click', (event) => {
      if (!open.contains(/** @type {Node} */ (event.target))) this.#open(group);
    });
    return row;
  }

  /** @param {Group} group */
  #open(group) {
    this.#go({ ...this.#place, group });
    element('browse-name').focus();
  }

  /**
   * Puts all songs of the group that is shown into the queue, in their order.
   * @param {'next' | 'end'} at
   */
  async #addAll(at) {
    const { kind, group } = this.#place;
    if (group === null) return;
    await attempt(async () => {
      /** @type {Party.Track[]} */
      const all = [];
      /** @type {string | number | null} */
      let after = null;
      do {
        const page = await tracksIn(kind, group.key, after);
        all.push(.../** @type {Party.Track[]} */ (page.tracks));
        after = page.next;
      } while (after !== null && all.length < ALL_MAX);
      const songs = all.slice(0, ALL_MAX);
      // What is put before all others comes in the order of the album if the last song is put there first.
      for (const { id } of at === 'next' ? songs.reverse() : songs) await enqueue(id, at);
      write(element('spoken'), count('browse.added', songs.length));
    }, { done: count('browse.added', Math.min(group.tracks, ALL_MAX)) });
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
    const add = (/** @type {typeof WHENS[number]} */ { when, done }) => async () => {
      open(false);
      await attempt(async () => {
        await enqueue(id, when === 'end' ? 'end' : 'next');
        if (when === 'now') await skip();
      }, { done: t(done, { title: name }), undo: when !== 'now' });
    };
    const choices = WHENS.map((how) => {
      const one = button('button small', add(how));
      write(one, t(how.name));
      return { how, one };
    });
    const gone = button('round-button', () => this.#remove(id, name), 'trash');
    const menu = make('div', { class: 'row-more', hidden: true }, ...choices.map(({ one }) => one), gone);
    const dots = button('round-button', () => open(menu.hidden !== false), 'plus');
    dots.setAttribute('aria-expanded', 'false');
    const row = line([picture.box], [dots]);
    row.append(menu);
    row.classList.add('tappable');
    const open = (/** @type {boolean} */ yes) => {
      menu.hidden = !yes;
      dots.setAttribute('aria-expanded', String(yes));
    };
    // The whole row is for thumbs; keyboards and screen readers have the button.
    row.addEventListener('click', (event) => {
      const on = /** @type {Element} */ (event.target);
      if (on.closest('button') === null) open(menu.hidden !== false);
    });
    const set = (/** @type {Party.Track} */ track) => {
      id = track.id;
      name = titleOf(track);
      const length = track.duration_ms == null ? '' : clock(track.duration_ms);
      row.say(name, dotted(track.artist, track.album, length));
      mark(dots, 'aria-label', t('music.menu', { title: name }));
      for (const { how, one } of choices) mark(one, 'aria-label', dotted(t(how.name), t(how.long, { title: name })));
      // What lies in a folder or on a stick is its owner's.
      gone.hidden = track.uploaded !== true || element('page').dataset.role !== 'host';
      mark(gone, 'aria-label', t('music.remove', { title: name }));
      picture.set(track.art);
    };
    return Object.assign(row, { set });
  }
}
