// Bringing a signed update to the box and following it until it has proved itself. The box checks the signature.

import { known, t } from '../i18n.js';
import { write } from '../dom.js';
import { sentence } from '../refusals.js';
import { restart, sendUpdate, takeFromStick } from './api.js';
import { element } from './page.js';
import { sure } from './sure.js';
import { attempt, tell } from './toast.js';

/** States in which the box is at work and takes no other file. */
const AT_WORK = ['receiving', 'verifying', 'writing', 'trying'];

export class UpdateBox {
  #file = /** @type {HTMLInputElement} */ (element('update-file'));
  #bar = /** @type {HTMLProgressElement} */ (element('update-bar'));
  /** How much of the file is sent, 0 to 1; null while none is. @type {number | null} */
  #sent = null;
  /** @type {Party.Update | null} */
  #update = null;

  constructor() {
    this.#file.addEventListener('change', () => {
      const [file] = this.#file.files ?? [];
      this.#file.value = '';
      if (file !== undefined) this.#send(file);
    });
    element('update-take').addEventListener('click', () => attempt(takeFromStick));
    element('update-restart').addEventListener('click', async () => {
      if (await sure(t('update.restart_sure'), t('update.restart'))) await attempt(restart);
    });
  }

  /** @param {Party.Update | null} update null where the box cannot be updated */
  show(update) {
    this.#update = update;
    element('update-box').hidden = update === null;
    this.#draw();
  }

  /** @param {File} file */
  async #send(file) {
    this.#sent = 0;
    this.#draw();
    try {
      await sendUpdate(file, (share) => {
        this.#sent = share;
        this.#draw();
      }).done;
    } catch (error) {
      tell(sentence(error), { bad: true });
    }
    this.#sent = null;
    this.#draw();
  }

  #draw() {
    const update = this.#update;
    if (update === null) return;
    const sending = this.#sent !== null && this.#sent < 1;
    const state = sending ? 'receiving' : update.state;
    const share = (sending ? this.#sent : update.progress) ?? null;
    const busy = sending || AT_WORK.includes(update.state);
    const why = `update.why_${update.why}`;
    const values = { version: update.version ?? '', n: Math.floor((share ?? 0) * 100) };
    const words = [t(`update.${state}`, values), known(why) ? t(why) : ''];
    write(element('update-say'), words.filter(Boolean).join(' '));
    this.#bar.hidden = !busy;
    if (share === null) this.#bar.removeAttribute('value');
    else this.#bar.value = share;
    this.#file.disabled = busy;
    element('update-choose').hidden = busy || state === 'restart-needed';
    element('update-take').hidden = state !== 'found';
    element('update-restart').hidden = state !== 'restart-needed';
  }
}
