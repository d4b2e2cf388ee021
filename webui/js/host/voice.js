// The button that a host holds to speak over the music, which steps back meanwhile: with this phone's microphone where the page may
// use it and has one, else with one at line-in. It says again and again that it is held, because the box takes a phone that says nothing any
// more for gone. Where only a secure page may use the microphone, there is the way to that. How the voice gets to the box is
// `talk.js`'s business, which comes when it is wanted.

import { mayListen, secureAddress } from '../dj/microphone.js';
import { t } from '../i18n.js';
import { icon, make, mark, write } from '../dom.js';
import { talkOver } from './api.js';
import { element } from './page.js';
import { attempt, tell } from './toast.js';

/** How often a held button says so, in milliseconds: twice before the box would end the talk. */
const AGAIN_MS = 2000;

export class VoiceButton {
  #button = make('button', { id: 'talk', type: 'button', class: 'button talk' }, icon('mic'), make('span'));
  #hint = make('p', { class: 'note' });
  #secure = make('div', { class: 'field' }, make('p', { class: 'note' }), make('a', { id: 'talk-secure', class: 'button' }));
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #again;
  #isHeld = false;
  /** Whether something comes in on line-in, where a microphone may be. */
  #hasLine = false;
  /** Whether this phone's microphone was not to be had, and that at line-in is taken instead. */
  #byLine = false;
  /** Whether the box does not get the voice yet. */
  #waits = false;
  /** The microphone of this phone, once it was wanted. @type {import('./talk.js').Talk | null} */
  #talk = null;
  /** @type {Party.State | null} */
  #state = null;

  constructor() {
    const button = this.#button;
    element('source-note').before(button, this.#hint, this.#secure);
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
      if (this.#isHeld) this.#end();
      else this.#begin();
    });
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    document.addEventListener('visibilitychange', () => this.#end());
  }

  /** @param {Party.State} state */
  show(state) {
    this.#state = state;
    this.#hasLine = state.sources.some(({ id, state: how }) => id === 'line-in' && how !== 'off') && state.source !== 'line-in';
    const byPhone = this.#isByPhone();
    const isThere = this.#hasLine || byPhone;
    for (const part of [this.#button, this.#hint]) part.hidden = !isThere;
    if (!isThere) this.#end();
    const port = state.session.https_port ?? null;
    this.#secure.hidden = mayListen() || port === null;
    const [why, way] = this.#secure.children;
    write(why, t('talk.secure'));
    write(way, t('talk.open'));
    if (port !== null) mark(way, 'href', secureAddress(location.href, port));
    write(this.#hint, t(byPhone ? 'talk.phone_hint' : 'talk.hint'));
    this.#draw();
  }

  #isByPhone() {
    return mayListen() && !(this.#byLine && this.#hasLine);
  }

  #draw() {
    const speaks = this.#state?.talk_over === true && !this.#waits;
    mark(this.#button, 'aria-pressed', String(speaks));
    write(this.#button.children[1], t(this.#waits ? 'talk.wait' : speaks ? 'talk.on' : 'talk.hold'));
  }

  async #begin() {
    if (this.#isHeld) return;
    this.#isHeld = true;
    const isThere = !this.#isByPhone() || (await this.#connect());
    // Whoever let go meanwhile has said nothing.
    if (!this.#isHeld) this.#talk?.end();
    else if (!isThere) this.#end();
    if (!this.#isHeld || this.#again !== undefined) return;
    const speak = async () => {
      if (!(await attempt(() => talkOver(true)))) this.#end();
    };
    this.#again = setInterval(speak, AGAIN_MS);
    speak();
  }

  /** Returns whether the box gets this phone's voice. */
  async #connect() {
    this.#waits = true;
    this.#draw();
    let how = 'failed';
    try {
      this.#talk ??= new (await import('./talk.js')).Talk();
      how = await this.#talk.begin(this.#state?.channel ?? 'main');
    } catch {
      // The module did not come: the network is away.
    }
    this.#waits = false;
    this.#byLine = how !== 'there' && this.#hasLine;
    this.#draw();
    if (how === 'there' || this.#byLine) return true;
    tell(t(how === 'denied' ? 'talk.denied' : 'talk.failed'), { bad: true });
    return false;
  }

  #end() {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#talk?.end();
    if (this.#again === undefined) return;
    clearInterval(this.#again);
    this.#again = undefined;
    attempt(() => talkOver(false));
  }
}
