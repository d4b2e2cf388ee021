// Words of what pages load late (`js/late/`), in Italian: bars, lamp and sound check.

export default {
  'bars.on': 'Barre che si muovono con la musica',
  'bars.note': 'non con la batteria scarica',

  'lamp.on': 'Trasforma questo telefono in una lampada',
  'lamp.label': 'Lampada del colore del canale',
  'lamp.out': 'Tocca per spegnerla',

  'check.none': 'Non arriva niente.',
  'check.silent': 'Collegato, ma muto. Fai suonare qualcosa.',
  'check.quiet': 'Troppo basso. Alzalo alla fonte.',
  'check.good': 'Va bene. Lascialo così.',
  'check.loud': 'Troppo alto. Abbassalo un po’ alla fonte.',
  'check.clipping': 'Davvero troppo alto: il suono è tagliato e aspro. Abbassalo alla fonte.',
  'check.numbers': 'volume {loudness} LUFS · picco {peak} dBFS',
};
