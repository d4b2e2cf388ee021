// Every stream of the box, one tap away from being heard: name, colour and shape, cover, what plays and since when, how many
// listen, and the addresses for other players. What a stream of a party can do beyond being heard is the party's page.

import { pocketUrl, smallArt } from '../api.js';
import { dress, nameOf, playsNow, sign } from '../channels.js';
import { dotted, element, fill, icon, make, mark, redraw, translate, write } from '../dom.js';
import { count, speak, t, timeOfDay } from '../i18n.js';
import { boxAnswers, heardStream, player, toggleListening, tuneTo, watchListening } from '../listen.js';
import { tellThePhone } from '../lockscreen.js';
import { watchStreams } from './watch.js';

/** @typedef {import('./api.js').Stream} Stream */

/** The colour of a stream that is no channel's. */
const SENDERS = 'teal';

/** @type {import('./api.js').Streams | null} */
let said = null;

await speak('shared', 'streams');
translate();
document.title = t('streams.heading');
watchListening(draw);
watchStreams((news) => {
  said = news;
  // Its own end is no reason to go on with silence.
  if (player.active && !news.streams.some(({ id }) => id === heardStream())) player.stop();
  draw();
}, draw);

/** @param {string} id */
const isHeard = (id) => player.active && heardStream() === id;

/** @param {string} id */
function tap(id) {
  const stops = isHeard(id);
  tuneTo(id);
  if (stops || !player.active) toggleListening();
  draw();
}

function draw() {
  mark(element('page'), 'aria-busy', said === null ? 'true' : null);
  const streams = said?.streams ?? [];
  const { phase } = player.state;
  const nothing = said !== null && !said.active;
  write(element('state'), !boxAnswers() ? t('state.reconnecting') : phase !== 'idle' ? t(`state.${phase}`) : t(nothing ? 'streams.none' : 'streams.tap'));
  fill(element('streams'), streams, ({ id }) => id, card, update);
  const heard = streams.find(({ id }) => id === heardStream());
  if (heard !== undefined && player.active) {
    tellThePhone({ title: heard.title || nameOf(heard), artist: heard.artist, album: nameOf(heard), art: heard.art }, true);
  }
}

/** @param {Stream} stream */
function card({ id }) {
  const picture = make('div', { class: 'picture', 'aria-hidden': 'true' }, make('img', { alt: '' }), sign());
  const about = make('div', { class: 'about' }, make('h2', { dir: 'auto' }), make('p', { dir: 'auto' }), make('small'));
  const button = make('button', { class: 'button primary', type: 'button', click: () => tap(id) }, icon('play'));
  const link = (/** @type {string} */ ending) => make('a', { href: pocketUrl(id).replace(/mp3$/, ending), text: ending.toUpperCase() });
  const others = make('p', { class: 'others' }, make('span'), ...['mp3', 'm3u', 'pls'].map(link));
  return make('li', { class: 'stream' }, picture, about, button, others);
}

/**
 * @param {HTMLElement} where
 * @param {Stream} stream
 */
function update(where, stream) {
  dress(where, stream.color ?? SENDERS);
  const [picture, about, button, others] = where.children;
  const [image, shape] = picture.children;
  mark(image, 'src', stream.art === null ? null : smallArt(stream.art));
  image.toggleAttribute('hidden', stream.art === null);
  shape.toggleAttribute('hidden', stream.art !== null);
  const [name, plays, facts] = about.children;
  write(name, nameOf(stream));
  write(plays, dotted(playsNow({ ...stream, playing: stream.active }), stream.artist));
  const since = t('streams.since', { time: timeOfDay(Date.now() - ((said?.time_ms ?? 0) - stream.since_ms)) });
  write(facts, dotted(count('listeners', stream.listeners), since, ...stream.tags));
  const heard = isHeard(stream.id);
  redraw(button.children[0], heard ? 'pause' : 'play');
  mark(button, 'aria-label', t(heard ? 'streams.stop' : 'streams.play', { name: nameOf(stream) }));
  write(others.children[0], t('streams.others'));
}
