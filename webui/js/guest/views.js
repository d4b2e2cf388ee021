// The four parts of the page. The part and the place in it are in the address, so that the phone's own back button works; the
// slash in it keeps the browser from scrolling to an element of that name.

import { mark } from '../dom.js';
import { element } from './page.js';

const VIEWS = ['listen', 'queue', 'music', 'more'];

/**
 * Shows the part that the address names, now and whenever it changes.
 * @param {() => boolean} isShown whether the address is this page's now
 * @param {(view: string, place: string[]) => void} onPart told of the part, and of where in it
 */
export function followAddress(isShown, onPart) {
  window.addEventListener('hashchange', () => {
    if (!isShown()) return;
    const before = element('page').dataset.view;
    const view = openPart(onPart);
    if (view === before && view === 'music') return;
    scrollTo(0, 0);
    // A screen reader goes on where the eye does.
    const heading = view === 'listen' ? element('play') : element(`${view}-heading`);
    heading.focus({ preventScroll: true });
  });
  openPart(onPart);
}

/**
 * Shows the part that the address names.
 * @param {(view: string, place: string[]) => void} onPart
 */
export function openPart(onPart) {
  const [named, ...place] = location.hash.replace(/^#\/?/, '').split('/');
  const view = VIEWS.includes(named) ? named : 'listen';
  element('page').dataset.view = view;
  for (const tab of document.querySelectorAll('[data-tab]')) {
    mark(tab, 'aria-current', tab.getAttribute('data-tab') === view ? 'page' : null);
  }
  onPart(view, place.map(readable));
  return view;
}

/** @param {string} text as it stands in an address */
function readable(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    // Somebody typed it.
    return text;
  }
}
