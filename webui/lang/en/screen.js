// Words of the party screen and the poster, in English.

export default {
  'screen.next': 'Coming up',
  'screen.paused': 'Paused',
  'screen.over': 'The party is over. Good night!',
  'screen.wifi': '1. Join the Wi‑Fi',
  'screen.page': 'Scan, listen, wish',
  'screen.page_second': '2. Open the page',
  'screen.channels': 'One party, several channels: choose yours',
  'screen.lost': 'The box is on its way back.',

  'poster.listen': 'Hear the party on your own phone.',
  'poster.wifi': 'Scan this to join the party’s Wi‑Fi.',
  'poster.page': 'Then scan this, tap once, and listen.',
  'poster.page_only': 'Scan this, tap once, and listen.',
  'poster.print': 'Print',
  'poster.paper': 'Paper',
  'poster.four': '4 × A6 on A4',
  'poster.how': 'Choose the paper, print it at full size, cut it out, and put it where people stand.',
  'poster.no_wifi': 'Only a host’s phone may print the Wi‑Fi’s code. Open this page on a phone that is host.',
};
