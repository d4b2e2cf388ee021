// The first script of the guest page, which arrives long before the rest: remembers a tap on the big button, and has the phone
// count it as permission for sound. What the tap means is decided by the page itself (`guest/main.js`).

const play = document.getElementById('play');
play?.addEventListener('click', remember);
document.addEventListener('ready-to-play', () => play?.removeEventListener('click', remember), { once: true });

function remember() {
  document.documentElement.dataset.tapped = 'early';
  for (const audio of document.querySelectorAll('audio')) audio.play().catch(() => {});
}
