// What the page of rooms shows of a room: made of what this phone knows, and drawn as often as anything changes. It decides nothing.

import { element, fill, make, mark, redraw, write } from '../dom.js';
import { known, t } from '../i18n.js';
import { codePicture, roomsAddress } from './api.js';
import { djName, plays } from './room.js';

/**
 * @typedef {object} Sound as this phone hears it
 * @property {RTCPeerConnectionState} state
 * @property {boolean} late whether it has not come for long
 * @property {boolean} blocked whether the phone wants a tap first
 * @property {string} title what the DJ says that plays; empty: nothing does
 */

/** What was shown when the focus last went there. */
let shown = ' ';

/**
 * The way in or the room.
 * @param {import('./room.js').Room} room
 * @param {boolean} reachable whether the box answers
 */
export function showRoom(room, reachable) {
  const inside = room.code !== '';
  element('page').dataset.phase = inside ? 'inside' : 'outside';
  element('outside').hidden = inside;
  element('inside').hidden = !inside;
  if (inside) {
    write(element('say'), reachable ? '' : t('room.unreachable'));
    write(element('room-code'), room.code);
    write(element('room-address'), roomsAddress());
    mark(element('room-picture'), 'src', codePicture(room.code));
  }
  element('hear').hidden = !inside || plays(room) || room.dj === null;
  element('deck').hidden = !plays(room);
  element('lost').hidden = !inside || room.dj !== null;
  write(element('lost-heading'), room.lost === '' ? t('room.no_dj') : t('room.lost', { name: room.lost }));
}

/**
 * Puts the focus where the room now begins, so that a screen reader goes on there; once for each change.
 * @param {import('./room.js').Room} room
 */
export function guide(room) {
  const part = ['hear', 'deck', 'lost'].find((part) => !element(part).hidden) ?? '';
  const now = `${room.code} ${part}`;
  if (now === shown) return;
  shown = now;
  element(part === '' ? 'heading' : `${part}-heading`).focus({ preventScroll: true });
}

/**
 * @param {import('./room.js').Room} room
 * @param {Sound} sound
 */
export function showSound(room, { state, late, blocked, title }) {
  const name = djName(room);
  write(element('hear-heading'), t('room.plays', { name }));
  write(element('hear-title'), state === 'connected' ? title : '');
  element('hear-tap').hidden = !blocked;
  let say = t('room.connecting', { name });
  if (state === 'connected') say = t(title === '' ? 'room.paused' : 'room.heard', { name });
  else if (state === 'failed' || late) say = t('room.no_way', { name });
  write(element('hear-say'), blocked ? '' : say);
}

/** @param {import('./deck.js').Deck} deck */
export function showDeck(deck) {
  write(element('deck-title'), deck.title);
  const [picture, label] = element('deck-play').children;
  element('deck-play').hidden = !deck.loaded;
  redraw(picture, deck.playing ? 'pause' : 'play');
  write(label, t(deck.playing ? 'room.pause' : 'room.play'));
  element('deck-next').hidden = !deck.hasNext;
  let say = 'room.deck_empty';
  if (deck.broken) say = 'room.deck_broken';
  else if (deck.loaded) say = deck.playing ? 'room.deck_plays' : 'room.deck_paused';
  write(element('deck-say'), t(say));
}

/** How far a DJ's sound gets, as words and as a colour. @type {Record<string, [string, string]>} */
const REACHED = { connected: ['room.hears', 'good'], failed: ['room.unreached', 'bad'], disconnected: ['room.unreached', 'wait'] };

/**
 * @param {import('./room.js').Room} room
 * @param {(id: number) => RTCPeerConnectionState} state how far a DJ's sound gets to somebody
 * @param {(id: number) => void} handOver
 */
export function showPeople(room, state, handOver) {
  const mine = plays(room);
  const row = () =>
    make('li', { class: 'item' }, make('span', { class: 'texts' }, make('b', {}, make('bdi')), make('small')), make('span', { class: 'actions' }));
  fill(element('people'), room.participants, ({ id }) => id, row, (item, { id, name }) => {
    const [texts, actions] = item.children;
    const [called, about] = texts.children;
    write(called.children[0], name);
    write(about, [id === room.dj ? t('room.dj') : '', id === room.you ? t('room.you') : ''].filter((word) => word !== '').join(' · '));
    const badge = mine && id !== room.you ? [REACHED[state(id)] ?? ['room.reaching', 'wait']] : [];
    fill(actions, [...badge.map(([words, kind]) => ({ key: 'badge', words, kind })), ...(mine && id !== room.you ? [{ key: 'give', words: 'room.hand_over', kind: '' }] : [])],
      ({ key }) => key,
      ({ key }) => (key === 'badge' ? make('span', { class: 'badge' }) : make('button', { class: 'button quiet', type: 'button', click: () => handOver(id) })),
      (child, { key, words, kind }) => {
        write(child, t(words));
        if (key === 'badge') child.className = `badge ${kind}`;
        else mark(child, 'aria-label', `${t('room.hand_over')}: ${name}`);
      });
  });
}

/**
 * Why the box let nobody in.
 * @param {{code: string, max?: number}} refused
 */
export function showRefusal({ code, max = 0 }) {
  const key = `room.refused_${code}`;
  write(element('say'), known(key) ? t(key, { n: max }) : t('room.refused_other'));
  element('say').scrollIntoView({ block: 'nearest' });
}
