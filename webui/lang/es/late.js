// Words of what pages load late (`js/late/`), in Spanish: bars, lamp and sound check.

export default {
  'bars.on': 'Barras que se mueven con la música',
  'bars.note': 'no con poca batería',

  'lamp.on': 'Convertir este móvil en lámpara',
  'lamp.label': 'Lámpara del color del canal',
  'lamp.out': 'Toca para apagarla',

  'check.none': 'No entra nada.',
  'check.silent': 'Conectado, pero en silencio. Pon algo.',
  'check.quiet': 'Demasiado bajo. Súbelo en el aparato de origen.',
  'check.good': 'Bien. Déjalo así.',
  'check.loud': 'Demasiado alto. Bájalo un poco en el aparato de origen.',
  'check.clipping': 'Altísimo: se recorta y suena áspero. Bájalo en el aparato de origen.',
  'check.numbers': 'sonoridad {loudness} LUFS · pico {peak} dBFS',
};
