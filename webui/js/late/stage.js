// The guest page's bars and lamp: where they stand, when they are drawn, and what switches them. Loaded after the first sound.

import { make } from '../dom.js';
import { element } from '../guest/page.js';
import { t } from '../i18n.js';
import { keep, recall } from '../keep.js';
import { Bars, mirrored } from './bars.js';
import { light } from './lamp.js';

/** Where it is kept that somebody wants no bars. */
const KEPT = 'partybox.bars';

/** How far the bars reach beyond the cover's room, so that they go from edge to edge. */
const STYLE =
  'position:absolute;z-index:-1;inset:-.25rem calc(-1 * var(--space)) 0;width:calc(100% + 2 * var(--space));height:calc(100% + .25rem);color:var(--accent);opacity:.55;pointer-events:none';

/**
 * @typedef {object} Tools what the page hands over
 * @property {(yes: boolean) => void} look
 * @property {(near: number) => number | null} heard ticks of what is heard now
 * @property {() => string} paint the channel's colour
 */

export class Stage {
  #tools;
  #bars;
  #hears = false;
  #inSight = false;
  #lit = false;
  #on;

  /** @param {Tools} tools */
  constructor(tools) {
    this.#tools = tools;
    this.#on = recall(KEPT) !== 'off';
    const canvas = make('canvas', { id: 'bars', 'aria-hidden': 'true', hidden: true });
    canvas.style.cssText = STYLE;
    const sleeve = /** @type {HTMLElement} */ (element('cover').closest('.sleeve'));
    // Behind the cover, before the page's ground.
    sleeve.style.zIndex = '0';
    sleeve.prepend(canvas);
    this.#bars = new Bars(canvas, { look: tools.look, heard: tools.heard, draw: mirrored });
    const seen = new IntersectionObserver((entries) => {
      this.#inSight = entries[entries.length - 1].isIntersecting;
      this.#settle();
    });
    seen.observe(sleeve);
    const box = make('input', { id: 'bars-on', type: 'checkbox' });
    box.checked = this.#on;
    // A target for a thumb, whatever the browser draws.
    box.style.height = '2.75rem';
    box.addEventListener('change', () => {
      this.#on = box.checked;
      keep(KEPT, this.#on ? 'on' : 'off');
      this.#settle();
    });
    const words = (/** @type {string} */ key, /** @type {'span' | 'small'} */ tag = 'span') =>
      make(tag, { 'data-t': key, text: t(key), ...(tag === 'small' ? { class: 'soft' } : {}) });
    const label = make('label', { class: 'choice' }, box, make('span', {}, words('bars.on'), ' ', words('bars.note', 'small')));
    const lamp = make('button', { id: 'lamp-on', type: 'button', class: 'button', click: () => this.#light() }, words('lamp.on'));
    element('share').before(label, lamp);
  }

  /** @param {boolean} hears whether this phone plays the party, and the page is the one shown */
  show(hears) {
    this.#hears = hears;
    this.#settle();
  }

  /** @param {import('./bars.js').Spectrum} spectrum */
  take(spectrum) {
    this.#bars.take(spectrum);
  }

  #settle() {
    this.#bars.want(this.#hears && (this.#lit || (this.#on && this.#inSight)));
  }

  #light() {
    const { paint } = this.#tools;
    this.#lit = true;
    this.#settle();
    const onOut = () => {
      this.#lit = false;
      this.#settle();
      element('lamp-on').focus();
    };
    light({ paint, level: () => this.#bars.now()?.level ?? null, label: t('lamp.label'), close: t('lamp.out'), onOut });
  }
}
