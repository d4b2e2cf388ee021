// The button that a host holds to speak over the music: line-in is heard meanwhile, and the music steps back. It says again
// and again that it is held, because the box takes a phone that says nothing any more for gone.

import { t } from '../i18n.js';
import { icon, make, mark, write } from '../dom.js';
import { talkOver } from './api.js';
import { element } from './page.js';
import { attempt } from './toast.js';

/** How often a held button says so, in milliseconds: twice before the box would end the talk. */
const AGAIN_MS = 2000;

export class VoiceButton {
  #button = make('button', { type: 'button', class: 'button talk' }, icon('mic'), make('span'));
  #hint = make('p', { class: 'note' });
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #again;

  constructor() {
    const button = this.#button;
    element('source-note').before(button, this.#hint);
    button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      // The finger may slide off it while somebody speaks.
      button.setPointerCapture(event.pointerId);
      this.#begin();
    });
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture', 'keyup', 'blur']) button.addEventListener(end, () => this.#end());
    button.addEventListener('keydown', (event) => {
      if (event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      if (!event.repeat) this.#begin();
    });
    // Some screen readers only click: then it is a switch.
    button.addEventListener('click', (event) => {
      if (event.detail !== 0) return;
      if (this.#again === undefined) this.#begin();
      else this.#end();
    });
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    document.addEventListener('visibilitychange', () => this.#end());
  }

  /** @param {Party.State} state */
  show(state) {
    const isThere = state.sources.some(({ id, state: how }) => id === 'line-in' && how !== 'off') && state.source !== 'line-in';
    for (const part of [this.#button, this.#hint]) part.hidden = !isThere;
    if (!isThere) this.#end();
    mark(this.#button, 'aria-pressed', String(state.talk_over));
    write(this.#button.children[1], t(state.talk_over ? 'talk.on' : 'talk.hold'));
    write(this.#hint, t('talk.hint'));
  }

  #begin() {
    if (this.#again !== undefined) return;
    const speak = async () => {
      if (!(await attempt(() => talkOver(true)))) this.#end();
    };
    this.#again = setInterval(speak, AGAIN_MS);
    speak();
  }

  #end() {
    if (this.#again === undefined) return;
    clearInterval(this.#again);
    this.#again = undefined;
    attempt(() => talkOver(false));
  }
}
