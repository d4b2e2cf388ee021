// A row of a list of songs: picture, two lines of text, a note below, what can be done. Shared by queue, wishes and
// catalogue.

import { smallArt } from '../api.js';
import { icon, make, mark, write } from '../dom.js';
import { t } from '../i18n.js';

/** An empty row; `show` fills it. */
export function row() {
  const picture = make('div', { class: 'art' }, icon('note'));
  const texts = make('div', { class: 'texts' });
  texts.append(make('b'), make('small'), make('span', { class: 'note' }));
  return make('li', { class: 'item' }, picture, texts, make('div', { class: 'actions' }));
}

/**
 * @param {HTMLElement} item a row
 * @param {import('../api.js').Track} track
 * @param {string} line below the title
 * @param {string} note smaller, below that
 */
export function show(item, track, line, note = '') {
  const [title, small, remark] = item.querySelectorAll('b, small, .note');
  write(title, track.title === '' ? t('now.untitled') : track.title);
  write(small, line);
  write(remark, note);
  picture(item, track.art ?? null);
}

/**
 * What can be done with a row.
 * @param {HTMLElement} item
 */
export function actions(item) {
  return /** @type {HTMLElement} */ (item.querySelector('.actions'));
}

/**
 * The picture of a row. A picture that does not come leaves the note in its place.
 * @param {HTMLElement} item with an `.art`
 * @param {string | null} address
 */
export function picture(item, address) {
  const place = item.querySelector('.art');
  let image = place?.querySelector('img') ?? null;
  if (address === null) {
    image?.remove();
    return;
  }
  if (image === null) {
    image = make('img', { alt: '', loading: 'lazy', decoding: 'async', error: (event) => /** @type {Element} */ (event.target).remove() });
    place?.append(image);
  }
  mark(image, 'src', smallArt(address));
}

/**
 * Who asked, in words.
 * @param {import('../api.js').By | undefined} by
 * @param {number | undefined} own label of this phone
 */
export function whoAsked(by, own) {
  if (by === null || by === undefined) return '';
  if (by === 'host') return t('by.host');
  if (by.label === own) return t('by.you');
  return by.name ? t('by.name', { name: by.name }) : t('by.guest', { n: by.label });
}

/** Artist and who asked, in one line. */
export { dotted as joined } from '../dom.js';
