// Bringing music to the box: files chosen or dropped go one after the other, each with its progress and its end.

import { count, t } from '../i18n.js';
import { make, write } from '../dom.js';
import { sentence } from '../refusals.js';
import { sendMusic } from './api.js';
import { element } from './page.js';
import { button, dotted, fill, line } from './rows.js';

/** @typedef {{n: number, file: File, phase: 'waits' | 'goes' | 'reads' | 'done' | 'failed', share: number, why: string}} Upload */

export class Uploads {
  #drop = element('drop');
  #files = /** @type {HTMLInputElement} */ (element('files'));
  #onDone;
  /** @type {Upload[]} */
  #all = [];
  #made = 0;
  #abort = () => {};
  #busy = false;

  /** @param {() => void} onDone called when the box has taken a file */
  constructor(onDone) {
    this.#onDone = onDone;
    this.#files.addEventListener('change', () => {
      this.add(this.#files.files ?? []);
      this.#files.value = '';
    });
    // The whole page takes files, so that nothing is lost by missing the field: a browser would leave for the file.
    for (const kind of ['dragenter', 'dragover']) document.addEventListener(kind, (event) => this.#over(event, true));
    document.addEventListener('dragleave', (event) => this.#over(event, false));
    document.addEventListener('drop', (event) => {
      this.#over(event, false);
      if (!this.#drop.closest('[hidden]')) this.add(/** @type {DragEvent} */ (event).dataTransfer?.files ?? []);
    });
    element('upload-clear').addEventListener('click', () => {
      this.#all = this.#all.filter(({ phase }) => phase !== 'done' && phase !== 'failed');
      this.#draw();
      this.#files.focus();
    });
    window.addEventListener('beforeunload', (event) => {
      if (this.#busy) event.preventDefault();
    });
  }

  /** @param {ArrayLike<File>} files */
  add(files) {
    for (const file of Array.from(files)) {
      this.#all.push({ n: (this.#made += 1), file, phase: 'waits', share: 0, why: '' });
    }
    this.#draw();
    this.#work();
  }

  /**
   * @param {Event} event
   * @param {boolean} over
   */
  #over(event, over) {
    const brings = event instanceof DragEvent && (event.dataTransfer?.types ?? []).includes('Files');
    if (!brings) return;
    event.preventDefault();
    this.#drop.dataset.over = String(over);
  }

  async #work() {
    if (this.#busy) return;
    this.#busy = true;
    let upload;
    while ((upload = this.#all.find(({ phase }) => phase === 'waits')) !== undefined) await this.#send(upload);
    this.#busy = false;
    this.#draw();
  }

  /** @param {Upload} upload */
  async #send(upload) {
    upload.phase = 'goes';
    const { done, abort } = sendMusic(upload.file, (share) => {
      upload.share = share;
      // All of it is there; the box still has to read it before it is music.
      upload.phase = share >= 1 ? 'reads' : 'goes';
      this.#draw();
    });
    this.#abort = abort;
    this.#draw();
    try {
      await done;
      upload.phase = 'done';
      this.#onDone();
    } catch (error) {
      const given = error instanceof DOMException && error.name === 'AbortError';
      upload.phase = 'failed';
      upload.why = given ? t('upload.given_up') : sentence(error);
    }
    this.#draw();
  }

  #draw() {
    const { length } = this.#all;
    const done = this.#all.filter(({ phase }) => phase === 'done').length;
    const failed = this.#all.filter(({ phase }) => phase === 'failed').length;
    element('upload-head').hidden = length === 0;
    const ended = done + failed === length;
    element('upload-clear').hidden = done + failed === 0;
    const words = failed > 0 && ended ? count('upload.failed', failed) : '';
    write(element('upload-say'), dotted(t('upload.of', { n: done, of: length }), words));
    fill(element('uploads'), this.#all, ({ n }) => String(n), (upload) => this.#row(upload), (row, upload) => row.set(upload));
  }

  /** @param {Upload} first */
  #row(first) {
    const { name } = first.file;
    const bar = make('progress', { max: '1', 'aria-label': name });
    const stop = button('round-button', () => this.#stop(first), 'close');
    stop.setAttribute('aria-label', t('upload.stop', { name }));
    const row = line([], [stop], bar);
    const set = (/** @type {Upload} */ { phase, share, why }) => {
      row.dataset.phase = phase;
      bar.value = share;
      bar.hidden = phase !== 'goes' && phase !== 'reads';
      stop.hidden = phase === 'done' || phase === 'failed' || phase === 'reads';
      row.say(name, phase === 'failed' ? why : t(`upload.${phase}`, { n: Math.floor(share * 100) }));
    };
    return Object.assign(row, { set });
  }

  /** @param {Upload} upload */
  #stop(upload) {
    if (upload.phase === 'goes') return this.#abort();
    upload.phase = 'failed';
    upload.why = t('upload.given_up');
    this.#draw();
  }
}
