// What guests ask for: yes or no to each, and whether the box shall ask at all.

import { count, t } from '../i18n.js';
import { make, write } from '../dom.js';
import { approve, decline, settings } from './api.js';
import { broughtBy } from './files.js';
import { element } from './page.js';
import { preview } from './preview.js';
import { button, cover, dotted, fill, line } from './rows.js';
import { asker, titleOf } from './sentences.js';
import { attempt, speak } from './toast.js';

export class AsksPanel {
  /** Where requests wait: in their own part, and on top of the queue. */
  #lists = [element('asks'), element('waiting-list')];
  /** How many waited when it was last told; -1 before the first time. */
  #waiting = -1;

  constructor() {
    for (const choice of this.#choices()) {
      choice.addEventListener('change', () => attempt(() => settings({ requests: /** @type {any} */ (choice.value) })));
    }
  }

  /**
   * @param {Party.State} state
   * @param {Party.You} you
   */
  show(state, you) {
    const mode = state.settings.requests;
    for (const choice of this.#choices()) choice.checked = choice.value === mode;
    write(element('asks-note'), t(`asks.note_${mode}`));
    const pending = you.pending ?? [];
    for (const list of this.#lists) {
      fill(list, pending, ({ id }) => String(id), (ask) => this.#row(ask, list), (row, ask) => row.set(ask));
    }
    element('waiting').hidden = pending.length === 0;
    element('asks-empty').hidden = pending.length > 0;
    const badge = element('asks-badge');
    badge.hidden = pending.length === 0;
    write(badge, String(pending.length));
    if (this.#waiting >= 0 && pending.length > this.#waiting) speak(count('asks.waiting', pending.length));
    this.#waiting = pending.length;
  }

  #choices() {
    return /** @type {HTMLInputElement[]} */ ([...element('asks-mode').querySelectorAll('input')]);
  }

  /**
   * @param {Party.Ask} ask
   * @param {HTMLElement} list
   */
  #row({ id, track }, list) {
    const picture = cover();
    const name = titleOf(track);
    const no = button('round-button', () => this.#answer(list, id, () => decline(id), t('asks.declined', { title: name })), 'close');
    const yes = button('round-button yes', () => this.#answer(list, id, () => approve(id), t('asks.approved', { title: name })), 'check');
    no.setAttribute('aria-label', t('asks.decline', { title: name }));
    yes.setAttribute('aria-label', t('asks.accept', { title: name }));
    const by = make('small', { class: 'row-why', dir: 'auto' });
    const row = line([picture.box], [make('div', { class: 'pair' }, no, yes)], by);
    const listen = preview();
    row.append(listen);
    const set = (/** @type {Party.Ask} */ ask) => {
      const who = asker(ask.by);
      row.say(titleOf(ask.track), dotted(ask.track.artist, ask.track.album, broughtBy(ask.track)));
      write(by, who === '' ? '' : t('by.asks', { who }));
      picture.set(ask.track.art);
      listen.set(ask.track);
    };
    return Object.assign(row, { set });
  }

  /**
   * @param {HTMLElement} list
   * @param {number} id
   * @param {() => Promise<unknown>} request
   * @param {string} done
   */
  async #answer(list, id, request, done) {
    const rows = [...list.children];
    const at = rows.findIndex((row) => row.getAttribute('data-key') === String(id));
    const had = rows[at]?.contains(document.activeElement) ?? false;
    if (!(await attempt(request, { done }))) return;
    // Who answers with the keyboard goes on with the next one.
    const next = (rows[at + 1] ?? rows[at - 1])?.querySelector('.yes') ?? element(list.id === 'asks' ? 'asks-heading' : 'queue-heading');
    if (had && next instanceof HTMLElement) next.focus({ preventScroll: true });
  }
}
