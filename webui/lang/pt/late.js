// Words of what pages load late (`js/late/`), in Portuguese: bars, lamp and sound check.

export default {
  'bars.on': 'Barras que se mexem com a música',
  'bars.note': 'não com a bateria fraca',

  'lamp.on': 'Fazer deste telemóvel um candeeiro',
  'lamp.label': 'Candeeiro da cor do canal',
  'lamp.out': 'Toca para apagar',

  'check.none': 'Não entra nada.',
  'check.silent': 'Ligado, mas em silêncio. Toca alguma coisa.',
  'check.quiet': 'Baixo demais. Aumenta na origem.',
  'check.good': 'Está bom. Deixa assim.',
  'check.loud': 'Alto demais. Baixa um pouco na origem.',
  'check.clipping': 'Muito alto: o som é cortado e fica áspero. Baixa na origem.',
  'check.numbers': 'sonoridade {loudness} LUFS · pico {peak} dBFS',
};
