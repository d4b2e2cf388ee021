// Words of what pages load late (`js/late/`), in German: bars, lamp and sound check.

export default {
  'bars.on': 'Balken, die sich zur Musik bewegen',
  'bars.note': 'nicht bei schwachem Akku',

  'lamp.on': 'Dieses Handy wird zur Lampe',
  'lamp.label': 'Lampe in der Farbe des Kanals',
  'lamp.out': 'Tippen macht sie aus',

  'check.none': 'Hier kommt nichts an.',
  'check.silent': 'Angeschlossen, aber still. Spiel etwas ab.',
  'check.quiet': 'Zu leise. Dreh es dort lauter, wo es herkommt.',
  'check.good': 'Gut so. Lass es so.',
  'check.loud': 'Zu laut. Dreh es dort etwas leiser, wo es herkommt.',
  'check.clipping': 'Viel zu laut: Es wird abgeschnitten und klingt hart. Dreh es dort leiser, wo es herkommt.',
  'check.numbers': 'Lautheit {loudness} LUFS · Spitze {peak} dBFS',
};
