// Words of the list of streams, in Italian.

export default {
  'streams.heading': 'Flussi',
  'streams.tap': 'Tocca quello che vuoi sentire.',
  'streams.none': 'Adesso non suona niente.',
  'streams.waiting': 'In attesa della musica. Parte da sola.',
  'streams.play': 'Ascolta {name}',
  'streams.stop': 'Ferma {name}',
  'streams.since': 'dalle {time}',
  'streams.others': 'Per altri lettori:',
  'streams.party': 'Apri la pagina della festa',
  'streams.all': 'Tutti i flussi',
};
