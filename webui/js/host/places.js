// Where the music lies (the box, sticks, what was brought) and what of it is of no kind that is played, how far reading it has
// got, what could not be read, and which names in lists lead nowhere.

import { count, known, t } from '../i18n.js';
import { icon, make, write } from '../dom.js';
import { broken, places, rescan, troubledLists } from './api.js';
import { element } from './page.js';
import { dotted, fill, line } from './rows.js';
import { wait } from './sentences.js';
import { attempt } from './toast.js';

/** The list is read again this often at most while it is looked at, in milliseconds. */
const READ_EVERY_MS = 3000;

/** Signs by kind of place. @type {Record<string, string>} */
const SIGNS = { folder: 'folder', stick: 'stick', uploads: 'upload' };

export class Places {
  #broken = /** @type {HTMLDetailsElement} */ (element('broken-box'));
  #readAtMs = -Infinity;
  #seen = '';
  #looked = false;

  constructor() {
    element('rescan').addEventListener('click', () => attempt(rescan, { done: t('places.looking') }));
    this.#broken.addEventListener('toggle', () => {
      if (this.#broken.open) this.#readBroken();
    });
  }

  /**
   * @param {Party.Scan | null} scan
   * @param {boolean} looked whether somebody looks at the list
   */
  show(scan, looked) {
    const opened = looked && !this.#looked;
    this.#looked = looked;
    element('scan').hidden = !scan?.running;
    if (scan?.running) this.#showScan(scan);
    this.#broken.hidden = !scan || scan.broken === 0;
    write(element('broken-summary'), scan ? count('places.broken', scan.broken) : '');
    // Anything that changes the number of tracks may have changed the places.
    const seen = scan === null ? '' : `${scan.running} ${scan.tracks} ${scan.broken}`;
    const changed = seen !== this.#seen && performance.now() - this.#readAtMs > READ_EVERY_MS;
    if (!looked || !(opened || changed)) return;
    this.#seen = seen;
    this.#read();
    if (this.#broken.open) this.#readBroken();
  }

  /** @param {Party.Scan} scan */
  #showScan(scan) {
    const bar = /** @type {HTMLProgressElement} */ (element('scan-bar'));
    bar.max = Math.max(1, scan.files_total);
    bar.value = scan.files_done;
    const percent = Math.floor((100 * scan.files_done) / Math.max(1, scan.files_total));
    const left = scan.left_s == null ? '' : t('places.left', { wait: wait(scan.left_s) });
    const speed = t('places.speed', { n: Math.round(scan.files_per_s) });
    write(element('scan-say'), dotted(t('places.scanning', { n: percent }), speed, left));
  }

  async #read() {
    this.#readAtMs = performance.now();
    await attempt(async () => {
      const found = await places();
      fill(
        element('places'),
        found,
        ({ id }) => String(id),
        ({ kind }) => line([make('span', { class: 'row-sign' }, icon(SIGNS[kind] ?? 'folder'))], []),
        (row, { name, kind, present, tracks, passed_over }) => {
          row.dataset.present = String(present);
          const key = `places.${kind}`;
          // The folder of uploads has a name for people; others have the one that people gave them.
          const ours = kind === 'uploads' || name === '';
          const kinds = passed_over.map(({ ending, files }) => `${files} × .${ending}`).join(', ');
          const others = present && kinds !== '' ? t('places.passed_over', { kinds }) : '';
          row.say(ours && known(key) ? t(key) : name, dotted(present ? count('places.tracks', tracks) : t('places.absent'), others));
        },
      );
      this.#showLists(await troubledLists());
    });
  }

  /** @param {Awaited<ReturnType<typeof troubledLists>>} found */
  #showLists(found) {
    element('lists-box').hidden = found.length === 0;
    write(element('lists-summary'), count('places.lists', found.length));
    fill(
      element('lists'),
      found,
      ({ id }) => String(id),
      () => line([], []),
      (row, { path, trouble, missing, missing_total, cut }) => {
        const names = missing.join(', ') + (missing_total > missing.length ? ' …' : '');
        const absent = missing_total > 0 ? t('places.missing', { names }) : '';
        row.say(path, dotted(trouble ?? '', absent, cut ? t('places.cut') : ''));
      },
    );
  }

  async #readBroken() {
    await attempt(async () => {
      fill(
        element('broken'),
        await broken(),
        ({ path }) => path,
        () => line([], []),
        (row, { path, reason }) => row.say(path, reason),
      );
    });
  }
}
