// The four parts of the page. The part is in the address, so that the phone's own back button works; the slash in it keeps
// the browser from scrolling to an element of that name.

import { mark } from '../dom.js';
import { element } from './page.js';

const VIEWS = ['listen', 'queue', 'music', 'more'];

/**
 * Shows the part that the address names, now and whenever it changes.
 * @param {() => boolean} isShown whether the address is this page's now
 */
export function followAddress(isShown) {
  window.addEventListener('hashchange', () => {
    if (!isShown()) return;
    const view = openPart();
    scrollTo(0, 0);
    // A screen reader goes on where the eye does.
    const heading = view === 'listen' ? element('play') : element(`${view}-heading`);
    heading.focus({ preventScroll: true });
  });
  openPart();
}

/** Shows the part that the address names. */
export function openPart() {
  const named = location.hash.replace(/^#\/?/, '');
  const view = VIEWS.includes(named) ? named : 'listen';
  element('page').dataset.view = view;
  for (const tab of document.querySelectorAll('[data-tab]')) {
    mark(tab, 'aria-current', tab.getAttribute('data-tab') === view ? 'page' : null);
  }
  return view;
}
