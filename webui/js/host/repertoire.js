// What a channel plays by itself: everything, or a folder or a playlist of the box; and whether its guests keep to that.
//
// The choices are read from the box when somebody looks, and again when the music has changed. Of folders there are those
// at the top, and those in and around the one that is chosen: whoever wants a deeper one chooses step by step.

import { t } from '../i18n.js';
import { make, mark, write } from '../dom.js';
import { folders, playlists, setChannel, settingsOf } from './api.js';
import { dotted } from './rows.js';
import { attempt } from './toast.js';

/** The value of the choice that is no folder and no playlist. */
const ALL = 'all';

/**
 * A repertoire as the value of a choice.
 * @param {Party.Repertoire} repertoire
 */
function valueOf(repertoire) {
  if (typeof repertoire === 'string') return ALL;
  return 'folder' in repertoire ? `folder:${repertoire.folder}` : `playlist:${repertoire.playlist}`;
}

/**
 * The repertoire of a choice.
 * @param {string} value
 * @returns {Party.Repertoire}
 */
function repertoireOf(value) {
  const [kind, key] = [value.slice(0, value.indexOf(':')), value.slice(value.indexOf(':') + 1)];
  if (kind === 'folder') return { folder: key };
  return kind === 'playlist' ? { playlist: key } : ALL;
}

/**
 * The keys of what a folder lies in, the outermost first, and its own.
 * @param {string} key
 */
function around(key) {
  const parts = key.split('/');
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

/**
 * What the path in a key says to people: without the place it is in.
 * @param {string} key
 */
function pathOf(key) {
  const [, ...parts] = key.split('/');
  return parts.map(readable).join(' / ');
}

/** @param {string} part */
function readable(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    // A name in an old encoding is shown as it stands in the key.
    return part;
  }
}

/**
 * What a place of music is called.
 * @param {Party.Folder} place
 */
const placeName = ({ kind, name }) => (kind === 'uploads' || name === '' ? t(`places.${kind ?? 'folder'}`) : name);

/** What can be chosen. */
export class Choices {
  /** Folders by the key of the one they are in; the places of music by no key. @type {Map<string, Party.Folder[]>} */
  #folders = new Map();
  /** @type {Party.Playlist[]} */
  #lists = [];
  #asked = 0;

  /**
   * Reads them, for channels that play this.
   * @param {Party.Repertoire[]} chosen
   */
  async read(chosen) {
    const asked = (this.#asked += 1);
    const places = await folders('');
    const inside = chosen.flatMap((one) => (typeof one !== 'string' && 'folder' in one ? around(one.folder) : []));
    const keys = new Set([...places.map(({ key }) => key), ...inside]);
    const found = await Promise.all([...keys].map(async (key) => /** @type {const} */ ([key, await folders(key)])));
    const lists = await playlists();
    if (asked !== this.#asked) return;
    this.#folders = new Map([['', places], ...found]);
    this.#lists = lists;
  }

  /**
   * The choices in their groups, one of which is chosen.
   * @param {Party.Repertoire} chosen
   * @returns {{label: string, options: {value: string, text: string}[]}[]}
   */
  groups(chosen) {
    const value = valueOf(chosen);
    const opened = value.startsWith('folder:') ? around(value.slice('folder:'.length)) : [];
    const places = (this.#folders.get('') ?? []).filter(({ present, tracks }) => present && tracks > 0);
    const groups = places.map((place) => ({
      label: places.length > 1 ? placeName(place) : t('channels.plays_folders'),
      options: [
        // All of the only place is everything.
        ...(places.length > 1 || value === `folder:${place.key}`
          ? [{ value: `folder:${place.key}`, text: t('channels.plays_whole', { name: placeName(place) }) }]
          : []),
        ...this.#below(place.key, opened),
      ],
    }));
    const lists = this.#lists.filter(({ tracks }) => tracks > 0);
    const listed = lists.map(({ key, name }) => ({ value: `playlist:${key}`, text: name }));
    groups.push({ label: t('channels.plays_lists'), options: listed });
    const known = [ALL, ...groups.flatMap(({ options }) => options.map((option) => option.value))];
    if (!known.includes(value)) {
      const key = value.slice(value.indexOf(':') + 1);
      groups.unshift({ label: t('channels.plays_gone'), options: [{ value, text: pathOf(key) || t('channels.plays_gone') }] });
    }
    return groups.filter(({ options }) => options.length > 0);
  }

  /**
   * @param {string} key
   * @param {string[]} opened folders whose own are shown
   * @returns {{value: string, text: string}[]}
   */
  #below(key, opened) {
    return (this.#folders.get(key) ?? []).flatMap((folder) => [
      { value: `folder:${folder.key}`, text: pathOf(folder.key) },
      ...(opened.includes(folder.key) ? this.#below(folder.key, opened) : []),
    ]);
  }
}

/**
 * The part of a channel's row that is about what it plays by itself.
 * @param {string} id of the channel
 */
export function repertoireRow(id) {
  const select = make('select');
  const say = make('span', { class: 'note' });
  const note = make('p', { class: 'notice', role: 'status' });
  const only = make('input', { type: 'checkbox', role: 'switch' });
  const onlySay = make('span');
  const keeps = make('label', { class: 'switch' }, onlySay, only);
  const row = make('div', { class: 'channel-plays' }, make('label', { class: 'plays' }, say, select), note, keeps);
  let [drawn, value] = ['', ALL];
  // Whether somebody may have the list open, which must not change under their finger.
  let open = false;
  for (const opens of ['pointerdown', 'keydown']) select.addEventListener(opens, () => (open = true));
  for (const closes of ['change', 'blur']) select.addEventListener(closes, () => (open = false));
  select.addEventListener('change', async () => {
    if (!(await attempt(() => setChannel(id, { repertoire: repertoireOf(select.value) })))) select.value = value;
  });
  only.addEventListener('change', async () => {
    if (!(await attempt(() => settingsOf(id, { own_only: only.checked })))) only.checked = !only.checked;
  });

  /**
   * @param {string} name of the channel
   * @param {Party.ChannelRepertoire} about
   * @param {Choices} choices
   */
  const set = (name, { repertoire, repertoire_lost: lost, own_only: ownOnly }, choices) => {
    value = valueOf(repertoire);
    const groups = choices.groups(repertoire);
    const all = t('channels.plays_all');
    const wanted = JSON.stringify([all, groups]);
    if (wanted !== drawn && !open) {
      drawn = wanted;
      const options = groups.map(({ label, options }) =>
        make('optgroup', { label }, ...options.map((option) => make('option', { value: option.value, text: option.text }))),
      );
      select.replaceChildren(make('option', { value: ALL, text: all }), ...options);
    }
    if (!open) select.value = value;
    write(say, t('channels.asked'));
    mark(select, 'aria-label', dotted(t('channels.asked'), name));
    write(note, lost ? t('channels.plays_lost') : '');
    keeps.hidden = value === ALL;
    write(onlySay, t('channels.own_only'));
    mark(only, 'aria-label', dotted(t('channels.own_only'), name));
    only.checked = ownOnly;
  };
  return Object.assign(row, { set });
}
