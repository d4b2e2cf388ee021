// Words of what pages load late (`js/late/`), in Portuguese: bars, lamp and sound check.

export default {
  'bars.on': 'Barras que se mexem com a música',
  'bars.note': 'não com a bateria fraca',

  'lamp.on': 'Fazer deste telemóvel um candeeiro',
  'lamp.label': 'Candeeiro da cor do canal',
  'lamp.out': 'Toque para apagar',

  'check.none': 'Não entra nada.',
  'check.silent': 'Ligado, mas em silêncio. Toque alguma coisa.',
  'check.quiet': 'Baixo demais. Aumente na origem.',
  'check.good': 'Está bom. Deixe assim.',
  'check.loud': 'Alto demais. Baixe um pouco na origem.',
  'check.clipping': 'Muito alto: o som é cortado e fica áspero. Baixe na origem.',
  'check.numbers': 'sonoridade {loudness} LUFS · pico {peak} dBFS',
};
