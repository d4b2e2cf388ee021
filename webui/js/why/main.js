// Why there is no sound, in plain sentences: asks the box, looks at this phone, tries the way of the sound. It plays nothing.

import { MAIN_STREAM, readStatus, readWhy, RefusedError } from '../api.js';
import { chosenChannel } from '../chosen.js';
import { fill, icon, make, translate, write } from '../dom.js';
import { count, known, speak, t } from '../i18n.js';
import { isApplePhone } from '../phone.js';
import { askOthers, recallReport } from '../report.js';
import { settle } from '../shell.js';
import { tint } from '../tint.js';
import { isOver } from '../words.js';
import { liveIsPossible, WhepListener } from '../whep.js';
import { element } from './page.js';
import { reasons } from './reasons.js';

/** How long other tabs may take to answer; they are on this phone. */
const TABS_LIMIT_MS = 400;
/** How long the first sound may take to arrive before the way counts as closed. */
const SOUND_LIMIT_MS = 7000;

element('again').addEventListener('click', look);
// Where the way back cannot be had the box is away, which is what is said here.
settle({ enter: begin, leave: () => {}, lost: look });
await begin();

/** The page is shown, for the first time or again: what was so a while ago says nothing. */
async function begin() {
  await speak('shared', 'guest');
  translate(element('page').parentElement ?? document);
  document.title = t('silence.heading');
  showChecks();
  look();
}

async function look() {
  element('page').setAttribute('aria-busy', 'true');
  write(element('verdict'), t('silence.looking'));
  const asked = readStatus().catch(() => null);
  const [box, status, others, live] = await Promise.all([
    readWhy().then(
      (list) => list.map(({ code }) => code),
      // A box that refuses answers; one that is away does not.
      (error) => (error instanceof RefusedError ? [] : null),
    ),
    asked,
    askOthers(TABS_LIMIT_MS),
    asked.then((said) => tryLive(channelOf(said)?.id ?? MAIN_STREAM)),
  ]);
  if (status !== null) {
    const here = channelOf(status)?.id;
    // What the box says is about one channel; this phone may listen to another.
    tint(status.channels, here, isOver(status) || here !== status.channel ? null : (status.track?.art ?? null));
  }
  const report = recallReport() ?? others[0] ?? null;
  const playing = others.filter((other) => other.phase === 'live' || other.phase === 'pocket').length;
  const found = reasons({ box, report, playingElsewhere: playing, live });
  element('page').removeAttribute('aria-busy');
  write(element('verdict'), found.length === 0 ? t('silence.none') : count('silence.found', found.length));
  const isHost = status?.you_are_host ?? false;
  fill(element('reasons'), found, (code) => code, reasonCard, (card, code) => {
    const [, what, todo] = card.children;
    write(what, t(`silence.${code}`));
    const forHost = `silence.${code}_host`;
    write(todo, t(isHost && known(forHost) ? forHost : `silence.${code}_do`));
  });
  showFacts(box !== null, live, playing);
  element('page').dataset.looked = '';
}

/**
 * The channel this phone listens to.
 * @param {import('../api.js').Status | null} status
 */
function channelOf(status) {
  return status?.channels.find(({ id }) => id === chosenChannel()) ?? status?.channels[0];
}

/** @param {string} code */
function reasonCard(code) {
  const name = code === 'paused' ? 'pause' : code.startsWith('volume') || code.startsWith('muted') ? 'speaker' : 'why';
  return make('li', { class: 'card reason' }, icon(name), make('h2'), make('p'));
}

/**
 * Joins as a listener for a moment, to see whether sound gets through; nothing is played.
 * @param {string} stream
 * @returns {Promise<import('./reasons.js').LiveWay>}
 */
function tryLive(stream) {
  if (!liveIsPossible()) return Promise.resolve('impossible');
  return new Promise((resolve) => {
    const done = (/** @type {import('./reasons.js').LiveWay} */ way) => {
      clearTimeout(timer);
      listener.stop();
      resolve(way);
    };
    const timer = setTimeout(() => done('blocked'), SOUND_LIMIT_MS);
    const listener = new WhepListener(stream, {
      onStream: () => {},
      onLive: () => done('open'),
      onLost: (loss) => done(loss === 'full' ? 'full' : loss === 'unreachable' ? 'unreachable' : 'blocked'),
    });
    listener.start();
  });
}

/** What only the person can see, the phone's own switches. */
function showChecks() {
  const checks = ['keys', ...(isApplePhone() ? ['switch'] : []), 'bluetooth', 'delay'];
  fill(element('checks'), checks, (check) => check, () => make('li', {}, icon('speaker'), make('span')), (item, check) => {
    write(item.children[1], t(`silence.check_${check}`));
  });
}

/**
 * @param {boolean} answers
 * @param {import('./reasons.js').LiveWay} live
 * @param {number} playing
 */
function showFacts(answers, live, playing) {
  const facts = [
    { name: 'box', good: answers, text: t(answers ? 'silence.fact_answers' : 'silence.fact_silent') },
    { name: 'live', good: live === 'open', text: t(`silence.fact_live_${live}`) },
    { name: 'tabs', good: playing === 0, text: t(playing === 0 ? 'silence.fact_alone' : 'silence.fact_others') },
  ];
  fill(element('facts'), facts, ({ name }) => name, () => make('li', {}, make('span'), make('span', { class: 'badge' })), (item, { name, good, text }) => {
    const [label, badge] = item.children;
    write(label, t(`silence.about_${name}`));
    badge.className = `badge ${good ? 'good' : 'wait'}`;
    write(badge, text);
  });
}
