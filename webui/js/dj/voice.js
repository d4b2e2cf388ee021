// The microphone of the DJ's page: a button where the browser gives one out, else the way to the page where it does.

import { element, icon, make, mark, write } from '../dom.js';
import { t } from '../i18n.js';
import { closeMicrophone, mayListen, openMicrophone, secureAddress } from './microphone.js';
import { DUCK_DB } from './mix.js';

export class Voice {
  #booth;
  #duckDb;
  /** @type {MediaStream | null} */
  #stream = null;
  #isAsking = false;
  #button = make('button', { id: 'speak', type: 'button', class: 'button', 'aria-pressed': 'false' }, icon('mic'), make('span'));
  #say = make('p', { class: 'note' });
  #trouble = make('p', { class: 'notice', role: 'status' });
  #link = make('a', { id: 'secure', class: 'button', hidden: true });

  /**
   * @param {import('./booth.js').Booth} booth
   * @param {() => number | undefined} duckDb how far the host lets music step back under a voice
   */
  constructor(booth, duckDb) {
    this.#booth = booth;
    this.#duckDb = duckDb;
    element('voice').append(this.#say, this.#trouble, this.#button, this.#link);
    this.#button.addEventListener('click', () => {
      if (this.#stream === null) this.#begin();
      else this.#end();
    });
    window.addEventListener('pagehide', () => this.#end());
  }

  /** @param {number | null} port of the box's secure page; `null`: it has none */
  show(port) {
    const may = mayListen();
    this.#button.hidden = !may;
    this.#link.hidden = may || port === null;
    const speaks = this.#stream !== null;
    mark(this.#button, 'aria-pressed', String(speaks));
    write(this.#button.children[1], t(speaks ? 'voice.stop' : 'voice.speak'));
    write(this.#link, t('voice.open'));
    if (port !== null) mark(this.#link, 'href', secureAddress(location.href, port));
    write(this.#say, t(may ? 'voice.hint' : port === null ? 'voice.none' : 'voice.warning'));
  }

  async #begin() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#booth.open();
    write(this.#trouble, '');
    try {
      this.#stream = await openMicrophone();
      this.#booth.speak(this.#stream, this.#duckDb() ?? DUCK_DB);
      // A phone call takes the microphone away.
      for (const track of this.#stream.getTracks()) track.addEventListener('ended', () => this.#end());
    } catch {
      write(this.#trouble, t('voice.denied'));
    }
    this.#isAsking = false;
    this.#draw();
  }

  #end() {
    if (this.#stream === null) return;
    this.#booth.speak(null, 0);
    closeMicrophone(this.#stream);
    this.#stream = null;
    this.#draw();
  }

  #draw() {
    const speaks = this.#stream !== null;
    mark(this.#button, 'aria-pressed', String(speaks));
    write(this.#button.children[1], t(speaks ? 'voice.stop' : 'voice.speak'));
  }
}
