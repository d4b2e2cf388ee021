// The four parts of the page. The part is in the address, so that the phone's own back button works; the slash in it keeps
// the browser from scrolling to an element of that name.

import { element, mark } from '../dom.js';

const VIEWS = ['listen', 'queue', 'music', 'more'];

/** Shows the part that the address names, now and whenever it changes. */
export function followAddress() {
  window.addEventListener('hashchange', () => {
    const view = open();
    scrollTo(0, 0);
    // A screen reader goes on where the eye does.
    const heading = view === 'listen' ? element('play') : element(`${view}-heading`);
    heading.focus({ preventScroll: true });
  });
  open();
}

function open() {
  const named = location.hash.replace(/^#\/?/, '');
  const view = VIEWS.includes(named) ? named : 'listen';
  element('page').dataset.view = view;
  for (const tab of document.querySelectorAll('[data-tab]')) {
    mark(tab, 'aria-current', tab.getAttribute('data-tab') === view ? 'page' : null);
  }
  return view;
}
