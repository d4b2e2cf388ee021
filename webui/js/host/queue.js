// The queue: rows that can be dragged, moved by keys or buttons, and removed; what comes after it, and what was.

import { count, t } from '../i18n.js';
import { isOver } from '../words.js';
import { make, mark, write } from '../dom.js';
import { clear, enqueue, move, remove } from './api.js';
import { DragList } from './drag.js';
import { keyed, PageOrder, TELLING_LIMIT_MS } from './order.js';
import { broughtBy, keeping } from './files.js';
import { element } from './page.js';
import { button, cover, dotted, fill, line } from './rows.js';
import { asker, reasons, titleOf } from './sentences.js';
import { sure } from './sure.js';
import { attempt, speak, takeBack } from './toast.js';

/** @typedef {Party.State} State */

/** @typedef {import('./rows.js').Line & {parts: {why: HTMLElement, votes: HTMLElement, because: HTMLElement,
 *   cover: ReturnType<typeof cover>, handle: HTMLElement, keep: ReturnType<typeof keeping>, drop: HTMLElement,
 *   more: HTMLElement}}} QueueRow */

export class QueuePanel {
  #list = element('queue');
  #drag;
  /** @type {State | null} */
  #state = null;
  #order = new PageOrder();

  constructor() {
    this.#drag = new DragList(this.#list, '.grip', (row, from, to) => this.#move(Number(row.dataset.key), from, to));
    element('queue-undo').addEventListener('click', takeBack);
    element('queue-clear').addEventListener('click', () => this.#clear());
  }

  /** @param {State} state */
  show(state) {
    this.#state = state;
    if (this.#drag.busy) return;
    this.#order.tell(state.queue.order, performance.now());
    this.#draw();
  }

  #draw() {
    const state = this.#state;
    if (state === null) return;
    const { items, can_undo: canUndo } = state.queue;
    const order = this.#order.ids.filter((id) => items[id] !== undefined);
    fill(this.#list, order, String, (id) => this.#row(id), (row, id, at) => this.#write(row, items[id], at));
    element('queue-empty').hidden = order.length > 0;
    element('queue-clear').hidden = order.length === 0;
    element('queue-undo').hidden = !canUndo;
    element('upcoming-box').hidden = state.upcoming.length === 0 || order.length > 0 || isOver(state);
    element('queue-empty').hidden ||= isOver(state);
    fill(element('upcoming'), state.upcoming, (track) => String(track.id), () => slim(false), (row, track) => row.set(track, ''));
    element('history-box').hidden = state.history.length === 0;
    // The same song may have been played twice, so a row's key counts from the oldest.
    const age = new Map(state.history.map((played, at) => [played, state.history.length - at]));
    fill(
      element('history'),
      state.history,
      (played) => `${age.get(played)}-${played.track.id}`,
      () => slim(true),
      (row, { track, by, how, skipped_by: voters }) => {
        const skipped = voters > 0 ? count('skip.by', voters) : how === 'skipped' ? t('queue.skipped') : '';
        row.set(track, dotted(skipped, asker(by)));
      },
    );
  }

  /**
   * @param {number} id
   * @returns {QueueRow}
   */
  #row(id) {
    const handle = button('grip', () => this.#open(row), 'grip');
    handle.setAttribute('aria-describedby', 'queue-help');
    handle.setAttribute('aria-expanded', 'false');
    handle.addEventListener('keydown', (event) => this.#key(event, id));
    const votes = make('span', { class: 'votes' });
    const because = make('span', { dir: 'auto' });
    const parts = {
      handle,
      cover: cover(),
      votes,
      because,
      why: make('small', { class: 'row-why' }, votes, because),
      keep: keeping(),
      drop: button('round-button', () => this.#remove(id), 'close'),
      more: make(
        'div',
        { class: 'row-more', hidden: true },
        this.#step(id, 'top', 'queue.to_top', () => 0),
        this.#step(id, 'up', 'queue.up', (at) => at - 1),
        this.#step(id, 'down', 'queue.down', (at) => at + 1),
      ),
    };
    const row = Object.assign(line([handle, parts.cover.box], [parts.drop], parts.why), { parts });
    row.classList.add('queue-row');
    parts.more.append(parts.keep);
    row.append(parts.more);
    return row;
  }

  /**
   * @param {number} id
   * @param {string} drawn
   * @param {string} key
   * @param {(at: number) => number} to
   */
  #step(id, drawn, key, to) {
    const go = () => {
      const at = this.#order.ids.indexOf(id);
      this.#move(id, at, to(at));
    };
    const made = button('button small', go, drawn);
    made.append(make('span', { text: t(key) }));
    return made;
  }

  /**
   * @param {QueueRow} row
   * @param {Party.Item} item
   * @param {number} at
   */
  #write(row, item, at) {
    const { parts } = row;
    const title = titleOf(item.track);
    const by = asker(item.by);
    row.say(title, dotted(item.track.artist, broughtBy(item.track)));
    parts.keep.set(item.track);
    write(parts.because, dotted(by === '' ? '' : t('by.asked', { who: by }), reasons(item.why)));
    write(parts.votes, item.votes > 0 ? String(item.votes) : '');
    mark(parts.votes, 'aria-label', count('queue.votes', item.votes));
    mark(parts.votes, 'role', 'img');
    parts.cover.set(item.track.art);
    const place = { title, n: at + 1, of: this.#order.ids.length };
    mark(parts.handle, 'aria-label', t('queue.move', place));
    mark(parts.drop, 'aria-label', t('queue.remove', { title }));
    const [top, up, down] = /** @type {HTMLButtonElement[]} */ ([...parts.more.children]);
    top.disabled = up.disabled = at === 0;
    down.disabled = at === this.#order.ids.length - 1;
  }

  /** @param {QueueRow} row */
  #open(row) {
    row.parts.more.hidden = !row.parts.more.hidden;
    row.parts.handle.setAttribute('aria-expanded', String(!row.parts.more.hidden));
  }

  /**
   * @param {KeyboardEvent} event
   * @param {number} id
   */
  #key(event, id) {
    const from = this.#order.ids.indexOf(id);
    const to = keyed(event.key, from, this.#order.ids.length);
    if (to === null) return;
    event.preventDefault();
    this.#move(id, from, to);
  }

  /**
   * @param {number} id
   * @param {number} from
   * @param {number} to
   */
  async #move(id, from, to) {
    if (from === to || to < 0 || to >= this.#order.ids.length) return this.#settle();
    this.#order.move(from, to);
    this.#draw();
    const title = this.#titled(id);
    speak(t('queue.moved', { title, n: to + 1, of: this.#order.ids.length }));
    this.#order.answer(await attempt(() => move(id, to)), performance.now());
    this.#settle();
    setTimeout(() => this.#settle(), TELLING_LIMIT_MS);
  }

  #settle() {
    if (this.#state !== null) this.show(this.#state);
  }

  /** @param {number} id */
  async #remove(id) {
    const at = this.#order.ids.indexOf(id);
    await attempt(() => remove(id), { done: t('queue.removed', { title: this.#titled(id) }), undo: true });
    // The button that was tapped goes with its row; the next row takes its place for the keyboard.
    const next = this.#list.children[at + 1] ?? this.#list.children[at - 1];
    const focus = next?.querySelector('.row-line > .round-button') ?? element('queue-heading');
    if (focus instanceof HTMLElement && this.#list.contains(document.activeElement)) focus.focus({ preventScroll: true });
  }

  async #clear() {
    if (!(await sure(t('queue.clear_sure'), t('queue.clear')))) return;
    await attempt(clear, { done: t('queue.cleared'), undo: true });
    element('queue-heading').focus();
  }

  /** @param {number} id */
  #titled(id) {
    const item = this.#state?.queue.items[id];
    return item === undefined ? '' : titleOf(item.track);
  }
}

/**
 * A short row for a track that is not in the queue.
 * @param {boolean} again whether it offers to play the track again
 */
function slim(again) {
  const picture = cover();
  let id = 0;
  let title = '';
  const add = () => void attempt(() => enqueue(id, 'end'), { done: t('music.added_end', { title }), undo: true });
  const repeat = button('round-button', add, 'plus');
  const keep = keeping();
  const row = line([picture.box], again ? [keep, repeat] : []);
  const set = (/** @type {Party.Track} */ track, /** @type {string} */ note) => {
    id = track.id;
    title = titleOf(track);
    row.say(title, dotted(track.artist, note));
    keep.set(track);
    picture.set(track.art);
    mark(repeat, 'aria-label', t('music.add_end', { title }));
  };
  return Object.assign(row, { set });
}
