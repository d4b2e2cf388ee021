// What comes next and why, votes for it, and what became of this phone's own wishes.

import { boost, request, takeBack, vote, withdraw } from '../api.js';
import { fill, icon, make, mark, write } from '../dom.js';
import { count, t, timeOfDay } from '../i18n.js';
import { onWall } from '../list-file.js';
import { isOver } from '../words.js';
import { element } from './page.js';
import { reason } from './reasons.js';
import { actions, joined, row, show, whoAsked } from './rows.js';
import { attempt, say } from './toast.js';

/** @typedef {import('../api.js').State} State */
/** @typedef {import('../api.js').You} You */

/**
 * @param {State} state
 * @param {You} you
 * @param {number | null} boxMs the box's clock now
 */
export function showQueue(state, you, boxMs) {
  const over = isOver(state);
  const order = state.queue?.order ?? [];
  const items = state.queue?.items ?? {};
  const there = order.filter((id) => items[id] !== undefined);
  fill(element('queue-list'), there, (id) => id, queueRow, (item, id, n) => drawQueued(item, id, items[id], n, you));
  element('queue-over').hidden = !over;
  const off = !over && state.settings?.requests === 'off';
  for (const id of ['queue-off', 'music-off']) element(id).hidden = !off;
  const waits = (you.requests ?? []).some((wish) => wish.state === 'pending');
  element('queue-empty').hidden = there.length > 0 || over || waits;
  element('queue-wish').hidden = over || off;
  showWishes(you);
  plainList('upcoming', over ? [] : (state.upcoming ?? []), (track) => track.artist);
  showHistory(over ? [] : (state.history ?? []), you, boxMs, !off);
}

/** @typedef {NonNullable<State['history']>[number]} Played */

/**
 * What was heard, when by this phone's clock, and how it was liked; the same may be wished for again.
 * @param {Played[]} history
 * @param {You} you
 * @param {number | null} boxMs
 * @param {boolean} mayWish
 */
function showHistory(history, you, boxMs, mayWish) {
  element('history').hidden = history.length === 0;
  const make_ = (/** @type {Played} */ { track }) => {
    const item = row();
    item.dataset.track = String(track.id);
    const again = make('button', { type: 'button', class: 'button bare' }, icon('plus'));
    again.addEventListener('click', async () => {
      if (await attempt(() => request(track.id), again)) say(t('music.asked', { title: track.title }));
    });
    actions(item).append(make('span', { class: 'soft hearts' }), again);
    return item;
  };
  fill(element('history-list'), history, ({ track, at_ms: at }) => `${track.id}.${at}`, make_, (item, played) => {
    const { track, how, skipped_by: voters, hearts, at_ms: atMs, by } = played;
    const skipped = voters > 0 ? count('skip.by', voters) : how === 'skipped' ? t('queue.skipped') : '';
    const when = boxMs === null ? '' : timeOfDay(onWall(atMs, boxMs, Date.now()));
    show(item, track, joined(when, track.artist), joined(whoAsked(by, you.label), skipped));
    const [liked, again] = actions(item).children;
    write(liked, hearts > 0 ? `♥ ${hearts}` : '');
    mark(liked, 'aria-label', hearts > 0 ? count('heart.count', hearts) : null);
    mark(liked, 'role', hearts > 0 ? 'img' : null);
    mark(again, 'hidden', mayWish ? null : '');
    mark(again, 'aria-label', t('queue.again', { title: track.title }));
  });
}

/** @param {number} id */
function queueRow(id) {
  const item = row();
  const heart = make('button', { type: 'button', class: 'button vote' }, icon('heart'), make('span'));
  heart.addEventListener('click', () => {
    if (heart.getAttribute('aria-disabled') === 'true') return;
    attempt(() => vote(id, heart.getAttribute('aria-pressed') !== 'true'), heart);
  });
  const push = make('button', { type: 'button', class: 'button bare boost', hidden: true }, icon('rocket'));
  push.addEventListener('click', () => attempt(() => boost(id), push));
  const away = make('button', { type: 'button', class: 'button bare away', hidden: true }, icon('close'));
  away.addEventListener('click', () => attempt(() => withdraw(id), away));
  actions(item).append(push, away, heart);
  return item;
}

/**
 * @param {HTMLElement} item
 * @param {number} id
 * @param {import('../api.js').QueueItem} queued
 * @param {number} n
 * @param {You} you
 */
function drawQueued(item, id, queued, n, you) {
  const mine = you.items?.includes(id) ?? false;
  const { key, n: number } = reason(queued.why);
  const why = key === '' ? '' : number === null ? t(key) : count(key, number);
  show(item, queued.track, joined(queued.track.artist, whoAsked(queued.by, you.label)), why);
  item.classList.toggle('mine', mine);
  const { title } = queued.track;
  const [push, away, heart] = actions(item).children;
  const voted = you.votes?.includes(id) ?? false;
  mark(heart, 'aria-pressed', String(voted));
  // Nobody votes for a wish of their own; how many others did is still told.
  mark(heart, 'aria-disabled', mine ? 'true' : null);
  mark(heart, 'aria-label', count('queue.vote', queued.votes, { title }));
  write(heart.children[1], String(queued.votes));
  // A push is for what this guest likes: shown where they have said so, and where it would change something.
  const mayPush = (mine || voted) && !queued.boosted && (you.boosts_left ?? 0) > 0 && n > 0;
  mark(push, 'hidden', mayPush ? null : '');
  mark(push, 'aria-label', t('queue.boost', { title }));
  mark(push, 'title', t('queue.boost', { title }));
  mark(away, 'hidden', mine ? null : '');
  mark(away, 'aria-label', t('queue.withdraw', { title }));
}

/** @param {You} you */
function showWishes(you) {
  // What stands in the queue is shown there.
  const open = (you.requests ?? []).filter(({ state }) => state !== 'queued');
  element('wishes').hidden = open.length === 0;
  fill(
    element('wish-list'),
    open,
    ({ id }) => id,
    ({ id }) => {
      const item = row();
      const away = make('button', { type: 'button', class: 'button bare' }, icon('close'));
      away.addEventListener('click', () => attempt(() => takeBack(id), away));
      actions(item).append(away);
      return item;
    },
    (item, { track, state, why }) => {
      show(item, track, track.artist, t(`wishes.${state === 'declined' ? (why ?? state) : state}`));
      item.dataset.state = state;
      const [away] = actions(item).children;
      mark(away, 'aria-label', t(state === 'declined' ? 'wishes.forget' : 'queue.withdraw', { title: track.title }));
    },
  );
}

/**
 * @param {'upcoming'} id
 * @param {import('../api.js').Track[]} tracks
 * @param {(track: import('../api.js').Track, n: number) => string} line
 */
function plainList(id, tracks, line) {
  element(id).hidden = tracks.length === 0;
  const keyed = tracks.map((track, n) => ({ track, n }));
  fill(element(`${id}-list`), keyed, ({ track, n }) => `${track.id}.${tracks.length - n}`, row, (item, { track, n }) => {
    show(item, track, line(track, n));
  });
}
