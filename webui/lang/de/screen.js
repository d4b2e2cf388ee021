// Words of the party screen and the poster, in German.

export default {
  'screen.next': 'Als Nächstes',
  'screen.paused': 'Pause',
  'screen.over': 'Die Party ist vorbei. Gute Nacht!',
  'screen.wifi': '1. Ins WLAN',
  'screen.page': 'Scannen, hören, wünschen',
  'screen.page_second': '2. Seite öffnen',
  'screen.channels': 'Eine Party, mehrere Kanäle: such dir deinen aus',
  'screen.lost': 'Die Box ist gleich wieder da.',

  'poster.listen': 'Hör die Party auf deinem eigenen Handy.',
  'poster.wifi': 'Scanne das, dann bist du im WLAN der Party.',
  'poster.page': 'Dann scanne das, tippe einmal und hör zu.',
  'poster.page_only': 'Scanne das, tippe einmal und hör zu.',
  'poster.print': 'Drucken',
  'poster.paper': 'Papier',
  'poster.four': '4 × A6 auf A4',
  'poster.how': 'Papier wählen, in voller Größe drucken, ausschneiden und hinhängen, wo Leute stehen.',
  'poster.no_wifi':
    'Nur das Handy eines Gastgebers darf den WLAN-Code drucken. Öffne diese Seite auf so einem Handy.',
};
