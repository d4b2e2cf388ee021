// Backup and restore: one file, saved by a link and taken back by choosing it. What of it the box does not know is listed.

import { fill, make } from '../dom.js';
import { t } from '../i18n.js';
import { backup, restoreBackup } from './api.js';
import { element } from './page.js';
import { attempt, sure } from './say.js';

export class BackupBox {
  #hosts = /** @type {HTMLInputElement} */ (element('backup-hosts'));
  #file = /** @type {HTMLInputElement} */ (element('backup-file'));
  #onDone;

  /** @param {() => void} onDone */
  constructor(onDone) {
    this.#onDone = onDone;
    this.#hosts.addEventListener('change', () => {
      element('backup-save').setAttribute('href', backup(this.#hosts.checked));
    });
    this.#file.addEventListener('change', async () => {
      const [file] = this.#file.files ?? [];
      this.#file.value = '';
      if (file !== undefined && (await sure(t('set.backup_sure'), t('set.backup_yes')))) await this.#load(file);
    });
  }

  /** @param {File} file */
  async #load(file) {
    /** @type {Party.LeftOut[]} */
    let left = [];
    const done = await attempt(
      async () => {
        left = (await restoreBackup(await file.text())).left_out;
      },
      { done: t('set.backup_done') },
    );
    if (!done) return;
    const say = (/** @type {Party.LeftOut} */ { name, why }) => t(`set.left.${why}`, { name });
    fill(element('backup-left'), left, say, () => make('li'), (row, one) => void (row.textContent = say(one)));
    this.#onDone();
  }
}
