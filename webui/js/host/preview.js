// A song that a guest has brought, for the host's ears before the host says yes: on this phone alone, one at a time, and only while
// it waits. The sound of the party steps aside on this phone meanwhile. The bytes are the guest's own, so the phone may not know
// their kind: then it says so, and the box plays it all the same.

import { icon, make, mark, write } from '../dom.js';
import { t } from '../i18n.js';
import { player } from '../listen.js';
import { soundOf } from './api.js';
import { element } from './page.js';
import { titleOf } from './sentences.js';
import { tell } from './toast.js';

/** What is heard now. @type {HTMLAudioElement | null} */
let heard = null;

/** What lets a host hear a guest's file; hidden where a song is none. */
export function preview() {
  /** @type {Party.Track | null} */
  let track = null;
  const words = make('span');
  const listen = make('button', { type: 'button', class: 'button small', click: () => begin() }, icon('headphones'), words);
  const root = make('div', { class: 'preview', hidden: true }, listen);

  function begin() {
    if (track === null) return;
    const { id } = track;
    const title = titleOf(track);
    heard?.pause();
    const sound = make('audio', { controls: true, controlslist: 'nodownload', preload: 'auto', src: soundOf(id), 'aria-label': t('asks.listen', { title }) });
    heard = sound;
    const end = () => {
      if (heard !== sound) return;
      heard = null;
      player.hush(false);
    };
    sound.addEventListener('play', () => {
      if (heard !== sound) heard?.pause();
      heard = sound;
      player.hush(true);
    });
    // A row that goes takes its sound along: what is no more in the page is paused by the browser.
    for (const kind of ['pause', 'ended']) sound.addEventListener(kind, end);
    sound.addEventListener('error', () => {
      end();
      tell(t('asks.listen_failed', { title }), { bad: true });
      if (root.contains(document.activeElement)) listen.focus();
      sound.replaceWith(listen);
    });
    listen.replaceWith(sound);
    sound.focus();
    // Where the phone wants another tap, the controls are there for it.
    sound.play().catch(() => {});
  }

  const set = (/** @type {Party.Track} */ now) => {
    track = now;
    root.hidden = now.brought !== true || element('page').dataset.role !== 'host';
    write(words, t('button.listen'));
    mark(listen, 'aria-label', t('asks.listen', { title: titleOf(now) }));
  };
  return Object.assign(root, { set });
}
