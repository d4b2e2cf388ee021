// Words of the list of streams, in Portuguese.

export default {
  'streams.heading': 'Transmissões',
  'streams.tap': 'Toca no que queres ouvir.',
  'streams.none': 'Agora não toca nada.',
  'streams.waiting': 'À espera da música. Começa sozinha.',
  'streams.play': 'Ouvir {name}',
  'streams.stop': 'Parar {name}',
  'streams.since': 'desde as {time}',
  'streams.others': 'Para outros leitores:',
  'streams.party': 'Abrir a página da festa',
  'streams.all': 'Todas as transmissões',
};
