// The first script, which arrives long before the rest. Where the guest page is what was opened it remembers a tap on the big
// button, and has the phone count it as permission for sound. What the tap means is decided by the page itself (`guest/main.js`). It also asks for the
// page's words, which would else be asked for only when all the rest is there.

import { foresee } from './i18n.js';

const play = document.querySelector('[data-page="guest"] #play');
if (play !== null) {
  play.addEventListener('click', remember);
  document.addEventListener('ready-to-play', () => play.removeEventListener('click', remember), { once: true });
  // What fails here fails again where the words are wanted.
  foresee('shared', 'guest').catch(() => {});
}

function remember() {
  document.documentElement.dataset.tapped = 'early';
  for (const audio of document.querySelectorAll('audio')) audio.play().catch(() => {});
}
