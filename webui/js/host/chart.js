// How many listened to each channel, as lines, and between which channels people switched. A line is told apart by the shape
// at its end and its dashes, not by its colour alone; every number stands in words below it.

import { COLOURS, dress, nameOf, sign } from '../channels.js';
import { count, t } from '../i18n.js';
import { fill, icon, isolated, make, write } from '../dom.js';
import { tones } from '../tint.js';
import { element } from './page.js';
import { line } from './rows.js';

const SVG = 'http://www.w3.org/2000/svg';
/** The size of the drawing in its own units, and what stays free around the lines. */
const WIDTH = 320;
const HEIGHT = 110;
const MARGIN = 12;
/** The size of the shape at the end of a line. */
const SHAPE = 12;
/** How the lines of the first channels, and so on, are dashed. */
const DASHES = ['none', '7 4', '2 4', '10 3 2 3'];
/** The newest values of a line that are drawn: two hours of one a minute. */
const VALUES_MAX = 120;
/** More switches are not listed. */
const SWITCHES_MAX = 5;

/** @typedef {Party.Channel} Channel */

/**
 * Where the values of a line lie; the newest is at the right, so that lines of different age end together. Pure.
 * @param {number[]} values
 * @param {number} length of the longest line, in values
 * @param {number} most the largest value of all lines
 * @returns {[number, number][]}
 */
export function points(values, length, most) {
  const step = (WIDTH - 2 * MARGIN) / Math.max(1, length - 1);
  const scale = (HEIGHT - 2 * MARGIN) / Math.max(1, most);
  return values.map((value, at) => [
    Math.round(WIDTH - MARGIN - (values.length - 1 - at) * step),
    Math.round(HEIGHT - MARGIN - value * scale),
  ]);
}

/**
 * @param {Party.ChannelStatistics} statistics
 * @param {Channel[]} channels
 */
export function showStatistics({ every_ms: everyMs, channels: lines, switches }, channels) {
  const shown = lines.flatMap(({ id, listeners }) => {
    const channel = channels.find((each) => each.id === id);
    return channel === undefined ? [] : [{ channel, listeners: listeners.slice(-VALUES_MAX) }];
  });
  const length = Math.max(0, ...shown.map(({ listeners }) => listeners.length));
  const most = Math.max(0, ...shown.flatMap(({ listeners }) => listeners));
  const chart = draw('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'chart-lines', 'aria-hidden': 'true' });
  for (const y of [MARGIN, HEIGHT - MARGIN]) {
    chart.append(draw('path', { d: `M${MARGIN} ${y}H${WIDTH - MARGIN}`, class: 'chart-rule' }));
  }
  shown.forEach(({ channel, listeners }, at) => chart.append(...drawLine(channel, points(listeners, length, most), at)));
  element('chart').replaceChildren(chart);
  // One value makes no line.
  for (const id of ['chart', 'chart-span']) element(id).hidden = length < 2;
  write(element('chart-span'), count('channels.span', Math.max(1, Math.round((Math.max(0, length - 1) * everyMs) / 60000))));
  fill(element('chart-key'), shown, ({ channel }) => channel.id, keyRow, (row, { channel, listeners }) => {
    dress(row, channel.color);
    const counts = { now: channel.listeners, most: Math.max(channel.listeners, ...listeners) };
    say(row, nameOf(channel), t('channels.counts', counts));
  });
  showSwitches(switches, channels);
}

/**
 * @param {Channel} channel
 * @param {[number, number][]} places
 * @param {number} at which line it is
 */
function drawLine({ color }, places, at) {
  const end = places.at(-1);
  if (end === undefined || COLOURS[color] === undefined) return [];
  const ink = tones(COLOURS[color]?.paint ?? '', matchMedia('(prefers-color-scheme: light)').matches)['--fill'];
  const dash = { stroke: ink, 'stroke-dasharray': DASHES[at % DASHES.length] };
  const use = icon(COLOURS[color].shape).firstElementChild;
  const shape = { x: end[0] - SHAPE / 2, y: end[1] - SHAPE / 2, width: SHAPE, height: SHAPE, fill: ink };
  for (const [name, value] of Object.entries(shape)) use?.setAttribute(name, String(value));
  return [draw('polyline', { points: places.join(' '), class: 'chart-line', ...dash }), ...(use === null ? [] : [use])];
}

/**
 * @param {Party.ChannelStatistics['switches']} switches
 * @param {Channel[]} channels
 */
function showSwitches(switches, channels) {
  const named = switches.flatMap(({ from, to, count: times }) => {
    const [one, other] = [from, to].map((id) => channels.find((channel) => channel.id === id));
    return one === undefined || other === undefined || times === 0 ? [] : [{ one, other, times }];
  });
  const most = named.sort((a, b) => b.times - a.times).slice(0, SWITCHES_MAX);
  element('switches-box').hidden = most.length === 0;
  fill(element('switches'), most, ({ one, other }) => `${one.id}.${other.id}`, switchRow, (row, { one, other, times }) => {
    const [left, , right] = /** @type {HTMLElement[]} */ ([...row.children[0].children]);
    dress(left, one.color);
    dress(right, other.color);
    const names = { from: isolated(nameOf(one)), to: isolated(nameOf(other)) };
    say(row, count('channels.switched', times, names), '');
  });
}

const keyRow = () => line([make('span', { class: 'swatch' }, sign())], []);

function switchRow() {
  const arrow = icon('arrow');
  arrow.classList.add('turn');
  return line([make('span', { class: 'swatch' }, sign()), arrow, make('span', { class: 'swatch' }, sign())], []);
}

/**
 * @param {HTMLElement} row made by `line`
 * @param {string} title
 * @param {string} sub
 */
const say = (row, title, sub) => /** @type {import('./rows.js').Line} */ (row).say(title, sub);

/**
 * A part of a drawing.
 * @param {string} tag
 * @param {Record<string, string>} properties
 */
function draw(tag, properties) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) made.setAttribute(name, value);
  return made;
}
