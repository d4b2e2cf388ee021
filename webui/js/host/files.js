// Music that guests bring from their phones: whether the box takes it, how much of each guest, and what of it stays.

import { clock } from '../progress.js';
import { dotted, make, mark, write } from '../dom.js';
import { t } from '../i18n.js';
import { keepFile, settings } from './api.js';
import { element } from './page.js';
import { button } from './rows.js';
import { titleOf } from './sentences.js';
import { attempt } from './toast.js';

export class FilesBox {
  #modes;
  #note = make('p', { class: 'note' });
  #most = make('input', { type: 'number', inputmode: 'numeric', min: '1', max: '10', step: '1' });
  #field = make('label', { class: 'field' }, make('span', { 'data-t': 'files.most', text: t('files.most') }), this.#most);

  constructor() {
    // The same choice as for songs of the box.
    const choice = /** @type {HTMLElement} */ (element('asks-mode').cloneNode(true));
    choice.id = 'files-mode';
    const legend = choice.querySelector('legend');
    legend?.setAttribute('data-t', 'files.mode');
    if (legend !== null) write(legend, t('files.mode'));
    this.#modes = /** @type {HTMLInputElement[]} */ ([...choice.querySelectorAll('input')]);
    for (const mode of this.#modes) {
      mark(mode, 'name', 'guest-files');
      mode.addEventListener('change', () => attempt(() => settings({ files: /** @type {any} */ (mode.value) })));
    }
    this.#most.addEventListener('change', () => {
      if (this.#most.value !== '' && this.#most.checkValidity()) attempt(() => settings({ files_per_guest_max: this.#most.valueAsNumber }));
    });
    const heading = make('h3', { class: 'small-heading', 'data-t': 'files.heading', text: t('files.heading') });
    const box = make('div', { class: 'sub settings', 'data-for': 'host', id: 'guest-files' }, heading, choice, this.#note, this.#field);
    element('panel-asks').append(box);
  }

  /** @param {Party.State} state */
  show({ settings: { files, files_per_guest_max: most } }) {
    for (const mode of this.#modes) mode.checked = mode.value === files;
    write(this.#note, t(`files.note_${files}`));
    this.#field.hidden = files === 'off';
    if (document.activeElement !== this.#most) this.#most.value = String(most);
  }
}

/** What keeps a guest's file; hidden where a song is none. */
export function keeping() {
  let id = 0;
  let title = '';
  const keep = button('button small keep', () => attempt(() => keepFile(id), { done: t('files.kept', { title }) }));
  write(keep, t('files.keep'));
  const set = (/** @type {Party.Track} */ track) => {
    id = track.id;
    title = titleOf(track);
    keep.hidden = track.brought !== true || element('page').dataset.role !== 'host';
    mark(keep, 'aria-label', t('files.keep_long', { title }));
  };
  return Object.assign(keep, { set });
}

/**
 * What a guest has brought, and how long it is; empty for other songs.
 * @param {Party.Track} track
 */
export function broughtBy(track) {
  if (track.brought !== true) return '';
  return dotted(t('files.brought'), track.duration_ms == null ? '' : clock(track.duration_ms));
}
