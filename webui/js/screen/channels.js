// All channels on the party screen, as fields of colour that are seen from the dance floor.

import { dress, nameOf, playsNow, sign } from '../channels.js';
import { element, fill, make, mark, write } from '../dom.js';
import { count } from '../i18n.js';

/** More fields than this do not stand in one row, or one column, and stay large. */
const IN_LINE_MAX = 4;

/**
 * @param {Party.Channel[]} channels shown only if there are several; else what the one plays has the screen to itself
 */
export function showChannels(channels) {
  const several = channels.length > 1;
  document.body.dataset.channels = several ? 'several' : 'one';
  element('channels-box').hidden = !several;
  element('stage').hidden = several;
  if (!several) return;
  const list = element('channels');
  list.dataset.room = channels.length <= IN_LINE_MAX ? 'much' : 'little';
  list.style.setProperty('--columns', String(columns(channels.length)));
  list.style.setProperty('--columns-upright', channels.length <= IN_LINE_MAX ? '1' : '2');
  list.style.setProperty('--rows', String(Math.ceil(channels.length / columns(channels.length))));
  fill(list, channels, ({ id }) => id, field, (item, channel) => {
    const [head, title, artist, listeners] = item.children;
    dress(item, channel.color);
    write(head.children[1], nameOf(channel));
    write(title, playsNow(channel));
    write(artist, channel.playing ? channel.artist : '');
    write(listeners, count('listeners', channel.listeners));
    mark(item, 'data-line', isLine(channel) ? '' : null);
  });
}

/** Whether a channel plays what has no title. @param {Party.Channel} channel */
const isLine = ({ playing, source, title }) => playing && source === 'line-in' && title === '';

/**
 * The fields that are shown, for what moves in them.
 * @param {Party.Channel[]} channels
 */
export function fieldsOf(channels) {
  const box = (/** @type {string} */ id) => element('channels').querySelector(`[data-key="${id}"]`);
  return channels.flatMap((channel) => {
    const field = channels.length > 1 ? box(channel.id) : null;
    return field instanceof HTMLElement ? [{ id: channel.id, box: field, ambient: isLine(channel), hears: channel.playing }] : [];
  });
}

/**
 * In how many columns so many fields are about as wide as high on a wide screen.
 * @param {number} many
 */
export const columns = (many) => (many <= IN_LINE_MAX ? many : Math.ceil(many / 2));

function field() {
  const head = make('h3', { class: 'field-name' }, sign(), make('span', { dir: 'auto' }));
  const texts = ['field-title', 'field-artist', 'field-listeners'].map((name) => make('p', { class: name, dir: 'auto' }));
  return make('li', { class: 'field-of' }, head, ...texts);
}
