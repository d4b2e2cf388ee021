import { element } from './page.js';
// The parts of the page, one at a time on a phone; on a wide page the queue stands beside them for good.


/** From here on the queue has a column of its own, as in `host.css`. */
const WIDE = matchMedia('(min-width: 80rem)');
/** Where the open part is kept in the address, so that a reload stays there. */
const NAMES = ['queue', 'asks', 'music', 'people', 'box'];

export class Tabs {
  #onChange;
  #open = NAMES.includes(location.hash.slice(1)) ? location.hash.slice(1) : 'queue';

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    for (const name of NAMES) element(`tab-${name}`).addEventListener('click', () => this.open(name));
    element('tabs').addEventListener('keydown', (event) => this.#key(event));
    WIDE.addEventListener('change', () => this.#draw());
    this.#draw();
  }

  /** Whether somebody sees this part. */
  shows(/** @type {string} */ name) {
    return document.visibilityState === 'visible' && !element(`panel-${name}`).hidden;
  }

  /** @param {string} name */
  open(name) {
    this.#open = name;
    history.replaceState(history.state, '', `#${name}`);
    this.#draw();
    if (!WIDE.matches) window.scrollTo(0, 0);
    this.#onChange();
  }

  /** To be called when the role has changed, and with it which tabs there are. */
  refresh() {
    this.#draw();
  }

  /** @returns {string[]} */
  #names() {
    return NAMES.filter((name) => !element(`tab-${name}`).hidden);
  }

  #draw() {
    element('tab-queue').hidden = WIDE.matches;
    const names = this.#names();
    const open = names.includes(this.#open) ? this.#open : names[0];
    for (const name of NAMES) {
      const tab = element(`tab-${name}`);
      tab.setAttribute('aria-selected', String(name === open));
      tab.tabIndex = name === open ? 0 : -1;
      element(`panel-${name}`).hidden = name !== open && !(name === 'queue' && WIDE.matches);
    }
    element('page').dataset.tab = open;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const names = this.#names();
    const at = names.findIndex((name) => element(`tab-${name}`) === document.activeElement);
    const step = getComputedStyle(document.body).direction === 'rtl' ? -1 : 1;
    const to = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: names.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const name = names[(to + names.length) % names.length];
    this.open(name);
    element(`tab-${name}`).focus();
  }
}
