// The channels to choose from, as big fields of colour, when there is a choice.

import { COLOURS, dress, nameOf, playsNow, sign } from '../channels.js';
import { fill, make, mark, write } from '../dom.js';
import { count } from '../i18n.js';
import { element } from './page.js';

/** So many have room for what plays; one more has some, and beyond that a field has little. */
const ROOMY = 3;

/** The one that was brought into sight last. */
let inSight = '';

/** @typedef {import('../channels.js').Channel} Channel */

/**
 * @param {Channel[]} channels
 * @param {string} chosen
 * @param {(id: string) => void} choose
 */
export function showChannels(channels, chosen, choose) {
  const several = channels.length > 1;
  element('channels').hidden = !several;
  showBadge(several ? channels.find(({ id }) => id === chosen) : undefined);
  if (!several) return;
  const list = element('channel-list');
  list.dataset.room = channels.length <= ROOMY ? 'much' : channels.length === ROOMY + 1 ? 'some' : 'little';
  fill(list, channels, ({ id }) => id, ({ id }) => field(id, choose), (label, channel) => draw(label, channel, chosen));
  if (chosen === inSight || list.clientWidth === 0) return;
  inSight = chosen;
  // Where they stand in a row that is pushed, the one that is heard is in it.
  if (list.scrollWidth > list.clientWidth) list.querySelector(`[data-key="${chosen}"]`)?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

/**
 * @param {string} id
 * @param {(id: string) => void} choose
 */
function field(id, choose) {
  const radio = make('input', { type: 'radio', name: 'channel', value: id, class: 'unseen', change: () => choose(id) });
  // Texts come from people and files, in any direction.
  const listeners = make('small', {}, make('span', { class: 'full' }), make('span', { class: 'brief', 'aria-hidden': 'true' }));
  const texts = [make('b', { dir: 'auto' }), make('span', { class: 'plays', dir: 'auto' }), listeners];
  return make('label', { class: 'channel' }, radio, sign(), ...texts);
}

/**
 * @param {HTMLElement} label
 * @param {Channel} channel
 * @param {string} chosen
 */
function draw(label, channel, chosen) {
  const [radio, , name, plays, listeners] = label.children;
  if (radio instanceof HTMLInputElement) radio.checked = channel.id === chosen;
  dress(label, channel.color);
  write(name, nameOf(channel));
  write(plays, playsNow(channel));
  const [full, brief] = listeners.children;
  write(full, count('listeners', channel.listeners));
  write(brief, String(channel.listeners));
}

/**
 * Which channel is heard, at the head of every part of the page.
 * @param {Channel | undefined} channel
 */
function showBadge(channel) {
  const badge = element('channel-now');
  badge.hidden = channel === undefined;
  mark(document.documentElement, 'data-channels', channel === undefined ? null : 'several');
  colourBars(channel === undefined ? null : (COLOURS[channel.color]?.paint ?? null));
  if (channel === undefined) return;
  if (badge.querySelector('.shape') === null) badge.prepend(sign());
  dress(badge, channel.color);
  write(element('channel-name'), nameOf(channel));
}

/**
 * Gives the browser's own bars a colour, or back what the page gives them; there is one for the dark and one for the light.
 * @param {string | null} paint
 */
function colourBars(paint) {
  for (const bar of document.querySelectorAll('meta[name="theme-color"]')) {
    if (!(bar instanceof HTMLMetaElement)) continue;
    bar.dataset.plain ??= bar.content;
    mark(bar, 'content', paint ?? bar.dataset.plain);
  }
}
