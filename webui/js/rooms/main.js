// The page of rooms: makes the parts and connects them. One phone plays and sends to each of the others, over connections that the box
// only helps to find; who that is changes while the page is open.

import { element, translate, write } from '../dom.js';
import { speak, t } from '../i18n.js';
import { keep, recall } from '../keep.js';
import { liveIsPossible } from '../whep.js';
import { Deck } from './deck.js';
import { Incoming } from './incoming.js';
import { RoomLine } from './line.js';
import { Outgoing } from './outgoing.js';
import { codeOf, next, others, outside, plays } from './room.js';
import { guide, showDeck, showPeople, showRefusal, showRoom, showSound } from './show.js';

/** Where the name is kept between visits. */
const KEPT_NAME = 'partybox.room_name';
/** How long the first sound may take before the way counts as closed, in milliseconds. */
const LATE_MS = 12000;

await speak('shared', 'rooms');
translate();
document.title = t('room.heading');

const audio = /** @type {HTMLAudioElement} */ (element('audio'));
const nameField = /** @type {HTMLInputElement} */ (element('name'));
const codeField = /** @type {HTMLInputElement} */ (element('code'));
const files = /** @type {HTMLInputElement} */ (element('files'));

let room = outside();
let reachable = true;
let title = '';
let blocked = false;
let late = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let lateTimer;
/** @type {Outgoing | null} while this phone plays */
let outgoing = null;

const line = new RoomLine(take, (answers) => {
  reachable = answers;
  if (room.code === '') write(element('say'), answers ? '' : t('refused.no_answer'));
  draw();
});
const say = (/** @type {object} */ message) => line.say(message);
const incoming = new Incoming(say, {
  onStream: (stream) => {
    audio.srcObject = stream;
    listen();
  },
  onTitle: (said) => {
    title = said;
    draw();
  },
  onChange: draw,
});
const deck = new Deck(/** @type {HTMLAudioElement} */ (element('deck-audio')), () => {
  outgoing?.tell(deck.playing ? deck.title : '');
  draw();
});

nameField.value = recall(KEPT_NAME) ?? '';
codeField.value = codeOf(new URLSearchParams(location.search).get('room') ?? '');
element('join-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const code = codeOf(codeField.value);
  if (code === '') {
    write(element('say'), t('room.refused_no-such-room'));
    codeField.focus();
  } else {
    enter((name) => ({ type: 'join', code, name }));
  }
});
element('create-form').addEventListener('submit', (event) => {
  event.preventDefault();
  enter((name) => ({ type: 'create', name }));
});
element('leave').addEventListener('click', () => line.leave());
element('take-over').addEventListener('click', () => {
  deck.open();
  say({ type: 'take-over' });
});
element('hear-tap').addEventListener('click', listen);
element('deck-play').addEventListener('click', () => (deck.playing ? deck.pause() : deck.play()));
element('deck-next').addEventListener('click', () => deck.skip());
files.addEventListener('change', () => {
  deck.load([...(files.files ?? [])]);
  // The same files may be chosen again.
  files.value = '';
});
window.addEventListener('online', () => line.nudge());
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') line.nudge();
});
element('page').removeAttribute('aria-busy');
if (!liveIsPossible()) write(element('say'), t('room.impossible'));

/**
 * Goes into a room. Within a tap, because what is heard there comes without one.
 * @param {(name: string) => import('./line.js').Wish} wish
 */
function enter(wish) {
  const name = nameField.value.trim();
  if (name === '') {
    write(element('say'), t('room.refused_no-name'));
    nameField.focus();
    return;
  }
  if (!liveIsPossible()) return;
  keep(KEPT_NAME, name);
  write(element('say'), '');
  // Tells iOS that this is music, to be played on with the screen locked and the ringer off.
  if (navigator.audioSession !== undefined) navigator.audioSession.type = 'playback';
  const wanted = wish(name);
  if (wanted.type === 'create') deck.open();
  // Before there is anything to play: this is what the phone counts as permission.
  audio.play().catch(() => {});
  line.enter(wanted);
}

function listen() {
  audio.play().then(
    () => {
      blocked = false;
      draw();
    },
    (error) => {
      // `AbortError` only says that the next thing to play came in before this one began.
      blocked ||= error.name === 'NotAllowedError';
      draw();
    },
  );
}

/** @param {import('./room.js').Told} told */
function take(told) {
  room = next(room, told);
  switch (told.type) {
    case 'room':
    case 'dj-changed':
      takePart();
      break;
    case 'participant-joined':
      outgoing?.offer(told.participant.id);
      break;
    case 'participant-left':
      outgoing?.drop(told.id);
      break;
    case 'dj-lost':
    case 'left':
      takePart();
      break;
    case 'offer':
      if (told.from === room.dj) incoming.offer(told.from, told.sdp);
      break;
    case 'answer':
      outgoing?.answer(told.from, told.sdp);
      break;
    case 'ice-candidate':
      if (outgoing === null) incoming.candidate(told.from, told.candidate);
      else outgoing.candidate(told.from, told.candidate);
      break;
    case 'refused':
      if (told.about === 'join' || told.about === 'create') {
        room = outside();
        takePart();
        showRefusal(told);
      }
      break;
  }
  draw();
  guide(room);
}

/** The room has another DJ, or none: this phone plays, listens or is silent from now on. */
function takePart() {
  incoming.close();
  outgoing?.close();
  outgoing = null;
  audio.srcObject = null;
  title = '';
  blocked = false;
  line.playing(plays(room));
  expectSound();
  const place = room.code === '' ? location.pathname : `${location.pathname}?room=${room.code}`;
  if (place !== location.pathname + location.search) history.replaceState(null, '', place);
  if (!plays(room)) {
    deck.pause();
    return;
  }
  outgoing = new Outgoing(deck.open(), say, draw);
  outgoing.tell(deck.playing ? deck.title : '');
  for (const { id } of others(room)) outgoing.offer(id);
}

/** From now on the DJ's sound is waited for, but not for ever without a word. */
function expectSound() {
  clearTimeout(lateTimer);
  late = false;
  lateTimer = setTimeout(() => {
    late = true;
    draw();
  }, LATE_MS);
}

function draw() {
  showRoom(room, reachable);
  showSound(room, { state: incoming.state, late, blocked, title });
  showDeck(deck);
  showPeople(room, (id) => outgoing?.state(id) ?? 'new', (to) => say({ type: 'hand-over', to }));
}
